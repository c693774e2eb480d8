"""The loop: minibatches, epochs, the best so far, and checkpoints from which it goes on."""

import time
from typing import Any, Dict, List

import cntk as C  # noqa: N812
import numpy as np

from app.engines.cntk_training.channel import Cancelled, Channel
from app.engines.cntk_training.checkpoints import Progress
from app.engines.cntk_training.task import Task, epoch_order, rate_of
from app.engines.recalls import validation_shares
from app.engines.resident_memory import resident_mb

SLOW_S = 1.0  # who asks to stop does not wait for the end of such steps: a state is kept after each
TEMPERATURES = np.logspace(-1, 1, 41)


class Lesson:
    """What is to be learnt: a graph from `image` and `kept` to `logits`, and what its inputs are fed with.

    `batch` gives the values of `image` for places in the training part and a source of chance; `validate` gives the
    logits of the validation part. `constants` are learnt as well: running statistics.
    """

    def __init__(
        self, image: Any, kept: Any, logits: Any, parameters: List[Any], constants: List[Any], batch: Any, validate: Any
    ) -> None:
        self.image = image
        self.kept = kept
        self.logits = logits
        self.parameters = parameters
        self.constants = constants
        self.batch = batch
        self.validate = validate


class Loop:
    """Learns a lesson in place; `run` leaves the network with the best weights."""

    def __init__(
        self, task: Task, lesson: Lesson, rates: List[float], epochs: int, channel: Channel, checkpoints: Any
    ) -> None:
        self._task = task
        self._lesson = lesson
        self._rates = rates
        self._epochs = epochs
        self._channel = channel
        self._checkpoints = checkpoints  # None for a training of seconds, which is done anew
        self._tells = checkpoints is not None
        self._truth = C.input_variable(task.classes)
        self._trainer = self._make_trainer()
        self._best = self._values()
        self.progress = Progress()

    def _make_trainer(self) -> Any:
        settings = self._task.settings
        loss = C.cross_entropy_with_softmax(self._lesson.logits, self._truth)
        error = C.classification_error(self._lesson.logits, self._truth)
        learner = C.momentum_sgd(
            self._lesson.parameters,
            C.learning_parameter_schedule(self._rates[0]),
            C.momentum_schedule(settings["momentum"]),
            l2_regularization_weight=settings["l2"],
        )
        return C.Trainer(self._lesson.logits, (loss, error), [learner])

    def run(self) -> Progress:
        """Train to the end, or until asked to finish; raises Cancelled, with a checkpoint, when asked to stop."""
        restored = self._checkpoints.restore(self._trainer) if self._checkpoints else None
        if restored:
            self.progress, self._best = restored
            for epoch in range(1, self.progress.epoch + 1):
                self._tell_epoch(epoch)
        else:
            self._judge(0)  # the start is what training has to beat
        while self.progress.epoch < self._epochs:
            self._epoch()
            if self._tells and self._task.finishing:
                break
        self._load(self._best)
        return self.progress

    def _epoch(self) -> None:
        progress, task = self.progress, self._task
        order = epoch_order(task.truth, task.seed, progress.epoch, task.settings["balance"])
        rate = rate_of(self._rates, progress.epoch)
        for learner in self._trainer.parameter_learners:
            learner.reset_learning_rate(C.learning_parameter_schedule(rate))
        start, start_place = time.time(), progress.place
        while progress.place < len(order):
            if self._channel.cancel.is_set():
                self._save()
                raise Cancelled
            began = time.time()
            self._step(order[progress.place : progress.place + task.settings["minibatch"]])
            speed = (progress.place - start_place) / max(time.time() - start, 1e-9)
            self._tell_step(len(order), rate, speed)
            if self._checkpoints and (self._checkpoints.due or time.time() - began > SLOW_S):
                self._save()
        self._end_epoch(len(order), rate, (len(order) - start_place) / max(time.time() - start, 1e-9))

    def _step(self, places: Any) -> None:
        progress, task, lesson = self.progress, self._task, self._lesson
        seed = (task.seed * 1009 + progress.epoch) * 1000003 + progress.place
        chance = np.random.RandomState(seed % (1 << 32))
        hidden = task.settings["dropout"]
        kept = (chance.uniform(size=lesson.kept.shape) >= hidden).astype(np.float32) / (1 - hidden)
        values = {
            lesson.image: lesson.batch(places, chance),
            lesson.kept: np.repeat(kept[None], len(places), axis=0),
            self._truth: np.eye(task.classes, dtype=np.float32)[task.truth[places]],
        }
        self._trainer.train_minibatch(values)
        loss = float(self._trainer.previous_minibatch_loss_average)
        progress.losses.append(loss)
        progress.loss_sum += loss * len(places)
        progress.error_sum += float(self._trainer.previous_minibatch_evaluation_average) * len(places)
        progress.place += len(places)

    def _tell_step(self, count: int, rate: float, speed: float) -> None:
        if self._tells:
            progress = self.progress
            values = {"loss": progress.losses[-1], "error": progress.error_sum / progress.place, "learning_rate": rate}
            values["memory_mb"] = resident_mb()
            done, total = progress.epoch * count + progress.place, self._epochs * count
            self._channel.progress("tune", done, total, images_per_second=speed, epochs=self._epochs, **values)

    def _end_epoch(self, count: int, rate: float, speed: float) -> None:
        progress = self.progress
        values = {"loss": progress.loss_sum / count, "error": progress.error_sum / count}
        values.update(learning_rate=rate, images_per_second=speed, memory_mb=resident_mb())
        try:
            values.update(self._judge(progress.epoch + 1))
        except Cancelled:
            self._save()
            raise
        progress.epoch += 1
        progress.place, progress.loss_sum, progress.error_sum = 0, 0.0, 0.0
        progress.history.append(values)
        self._tell_epoch(progress.epoch)
        self._save()

    def _tell_epoch(self, epoch: int) -> None:
        if self._tells:
            values = self.progress.history[epoch - 1]
            self._channel.send("progress", stage="epoch", done=epoch, total=self._epochs, values=values)

    # -- weights

    def _values(self) -> List[Any]:
        lesson = self._lesson
        return [np.array(one.value) for one in lesson.parameters + lesson.constants]

    def _load(self, values: List[Any]) -> None:
        lesson = self._lesson
        for one, value in zip(lesson.parameters + lesson.constants, values):
            one.value = value

    def _judge(self, epoch: int) -> Dict[str, Any]:
        """Score the validation part, and keep the weights if they are the best so far."""
        logits, truth = self._lesson.validate(), self._task.judged
        if not len(truth):  # nothing to choose by: the last is taken
            self._keep(epoch, -float(epoch))
            return {}
        loss = calibrated_loss(logits, truth)
        if loss < self.progress.best_loss:
            self._keep(epoch, loss)
        return {"validation_loss": loss, **validation_shares(logits, truth)}

    def _keep(self, epoch: int, loss: float) -> None:
        self.progress.best_epoch, self.progress.best_loss = epoch, loss
        self._best = self._values()

    def _save(self) -> None:
        if self._checkpoints:
            self._checkpoints.save(self.progress, self._trainer, self._best)


def calibrated_loss(logits: Any, truth: Any) -> float:
    """Return the log loss at the temperature that suits best: confidence is calibrated later anyhow."""
    losses = []
    for temperature in TEMPERATURES:
        scores = logits.astype(np.float64) / temperature
        scores -= scores.max(axis=1, keepdims=True)
        picked = scores[np.arange(len(truth)), truth]
        losses.append(float(np.mean(np.log(np.exp(scores).sum(axis=1)) - picked)))
    return min(losses)
