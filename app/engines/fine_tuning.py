"""The loop of fine-tuning: steps, epochs, the best so far, and checkpoints from which it goes on to the bit."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from app.engines.checkpoint import Checkpoint, TuningState, Weights, read_checkpoint, write_checkpoint
from app.engines.progress import Throttle
from app.engines.protocol import Checkpoint as CheckpointEvent
from app.engines.protocol import Note, OnEvent, Progress
from app.engines.tuned_network import UPPER_START, TunedNetwork
from app.engines.tuning_data import Source
from app.errors import Cancelled
from app.settings import TorchSettings

CHECKPOINT_EVERY_S = 60.0
WARM_UP = 0.2  # of all steps, until the learning rate is at its largest
LOWEST_RATE = 0.01  # of the largest, at the end
TEMPERATURES = torch.logspace(-1, 1, 41)
OUT_OF_MEMORY = ("allocate memory", "out of memory")  # in the words of torch


@dataclass(frozen=True)
class Asked:
    """What is asked of the loop from outside, looked at between steps."""

    stop: Callable[[], bool]
    finish: Callable[[], bool]


@dataclass(frozen=True)
class Task:
    """What is to be learnt: the source of batches, targets [N] and the weight of each class [C]."""

    source: Source
    truth: Tensor
    class_weights: Tensor
    validate: Callable[[], tuple[Tensor, Tensor]]  # logits [M, C] and truth [M] of the validation part


class FineTuning:
    """Fine-tunes a network in place; `run` leaves it with the best weights."""

    def __init__(
        self, network: TunedNetwork, task: Task, settings: TorchSettings, seed: int, checkpoint: Path, on_event: OnEvent
    ):
        self._network = network
        self._task = task
        self._settings = settings
        self._seed = seed
        self._path = checkpoint
        self._on_event = on_event
        self._throttle = Throttle(on_event)
        self._trained = self._choose_trained()
        self._optimiser = torch.optim.AdamW(list(self._groups()))
        self._average = self._copy()
        self._best = self._copy()
        self.state = TuningState(batch_size=settings.batch_size)
        self._saved_at = time.monotonic()

    def _choose_trained(self) -> dict[str, Tensor]:
        """Freeze what stays as it is; return the rest by name."""
        layers = self._network.backbone.layers()
        lowest = 1 + UPPER_START if self._settings.trained == "upper" else 0
        for depth, layer in enumerate(layers):
            layer.requires_grad_(depth >= lowest)
        return {name: weight for name, weight in self._network.named_parameters() if weight.requires_grad}

    def _groups(self) -> Iterator[dict[str, object]]:
        """Yield groups of weights with the share of the learning rate that their depth has."""
        layers = [*self._network.backbone.layers(), self._network.classifier]
        for depth, layer in enumerate(layers):
            share = self._settings.lower_rate ** (1 - depth / (len(layers) - 1))
            weights = [one for one in layer.parameters() if one.requires_grad]
            for decays in (True, False):
                chosen = [one for one in weights if (one.ndim > 1) == decays]
                if chosen:
                    decay = self._settings.weight_decay if decays else 0.0
                    yield {"params": chosen, "share": share, "weight_decay": decay, "lr": 0.0}

    # -- the loop

    def run(self, asked: Asked) -> TuningState:
        """Train to the end, or until asked to finish; raises Cancelled, with a checkpoint, when asked to stop."""
        if self._path.exists():
            self._restore(read_checkpoint(self._path))
        else:
            self._judge(0)  # the head start: what fine-tuning has to beat
        while self.state.epoch < self._epochs and not self._overdue():
            self._epoch(asked)
            if asked.finish():
                break
        self._load(self._best)
        return self.state

    @property
    def _epochs(self) -> int:
        return self._settings.head_epochs + self._settings.epochs

    def _overdue(self) -> bool:
        return self.state.epoch - max(self.state.best_epoch, self._settings.head_epochs) >= self._settings.patience

    def _epoch(self, asked: Asked) -> None:
        state, count = self.state, len(self._task.truth)
        head_only = state.epoch < self._settings.head_epochs
        for name, weight in self._trained.items():
            weight.requires_grad_(not head_only or name.startswith("classifier"))
        chance = torch.Generator().manual_seed(self._seed * 100_003 + state.epoch)
        order = torch.randperm(count, generator=chance).tolist()
        start, start_place = time.monotonic(), state.place
        while state.place < count:
            if asked.stop():
                self._save()
                raise Cancelled
            rate = self._set_rate()
            loss = self._step(order[state.place : state.place + state.batch_size])
            if loss is None:
                continue
            speed = (state.place - start_place) / max(time.monotonic() - start, 1e-9)
            values = {"loss": loss, "learning_rate": rate, "images_per_second": speed, "epochs": self._epochs}
            self._throttle.progress("tune", state.epoch * count + state.place, self._epochs * count, **values)
            if time.monotonic() - self._saved_at > CHECKPOINT_EVERY_S:
                self._save()
        loss, rate = state.loss_sum / count, self._rate()
        speed = (count - start_place) / max(time.monotonic() - start, 1e-9)
        try:
            validation = self._judge(state.epoch + 1)
        except Cancelled:
            self._save()
            raise
        state.epoch += 1
        state.place, state.loss_sum = 0, 0.0
        state.history.append({"loss": loss, "learning_rate": rate, "images_per_second": speed, **validation})
        self._tell_epoch(state.epoch)
        self._save()

    def _tell_epoch(self, epoch: int) -> None:
        self._on_event(Progress("epoch", epoch, self._epochs, dict(self.state.history[epoch - 1])))

    def _step(self, places: Sequence[int]) -> float | None:
        """Learn from one batch and return its loss; None where memory did not suffice, and batches are smaller now."""
        state, settings, task = self.state, self._settings, self._task
        torch.manual_seed((self._seed * 1_009 + state.epoch) * 1_000_003 + state.place)
        try:
            classes = len(task.class_weights)
            targets = functional.one_hot(task.truth[places], classes).float()
            inputs, targets = task.source.batch(places, targets, state.epoch)
            smooth = targets * (1 - settings.label_smoothing) + settings.label_smoothing / classes
            weights = task.class_weights[task.truth[places]]
            logits = task.source.logits(self._network, inputs)
            losses = -(smooth * functional.log_softmax(logits, dim=1)).sum(dim=1)
            loss = (losses * weights).sum() / weights.sum()
            self._optimiser.zero_grad(set_to_none=True)
            loss.backward()
        except RuntimeError as error:
            if state.batch_size < 4 or not any(words in str(error) for words in OUT_OF_MEMORY):
                raise
            state.batch_size //= 2
            self._on_event(Note(f"Memory did not suffice; batches have {state.batch_size} images now."))
            return None
        self._optimiser.step()
        state.place += len(places)
        state.steps += 1
        self._add_to_average()
        value = float(loss.detach())
        state.losses.append(value)
        state.loss_sum += value * len(places)
        return value

    def _rate(self) -> float:
        """Return the learning rate of the highest layer here: one cycle for the head alone, another for the rest."""
        state, heads = self.state, self._settings.head_epochs
        position = state.epoch + state.place / len(self._task.truth)
        done = position / heads if position < heads else (position - heads) / max(1, self._epochs - heads)
        if done < WARM_UP:
            share = LOWEST_RATE + (1 - LOWEST_RATE) * done / WARM_UP
        else:
            cosine = (1 + math.cos(math.pi * min(1.0, (done - WARM_UP) / (1 - WARM_UP)))) / 2
            share = LOWEST_RATE + (1 - LOWEST_RATE) * cosine
        return self._settings.learning_rate * share

    def _set_rate(self) -> float:
        rate = self._rate()
        for group in self._optimiser.param_groups:
            group["lr"] = rate * group["share"]
        return rate

    # -- weights

    def _copy(self) -> Weights:
        return {name: weight.detach().clone() for name, weight in self._trained.items()}

    @torch.no_grad()
    def _load(self, weights: Weights) -> None:
        for name, weight in self._trained.items():
            weight.copy_(weights[name])

    @torch.no_grad()
    def _add_to_average(self) -> None:
        steps = self.state.steps
        kept = min(self._settings.averaging, (1 + steps) / (10 + steps)) if self._settings.averaging else 0.0
        for name, weight in self._trained.items():
            self._average[name].lerp_(weight, 1 - kept)

    def _judge(self, epoch: int) -> dict[str, float]:
        """Score the average of the weights on the validation part, and keep it if it is the best so far."""
        current = self._copy()
        self._load(self._average)
        try:
            with torch.no_grad():
                logits, truth = self._task.validate()
        finally:
            self._load(current)
        if not len(truth):  # nothing to choose by: the last is taken
            self._keep(epoch, -float(epoch))
            values = {}
        else:
            loss = _calibrated_loss(logits, truth)
            if loss < self.state.best_loss:
                self._keep(epoch, loss)
            accuracy = float((logits.argmax(dim=1) == truth).float().mean())
            values = {"validation_loss": loss, "validation_accuracy": accuracy}
        return values

    def _keep(self, epoch: int, loss: float) -> None:
        self.state.best_epoch, self.state.best_loss = epoch, loss
        self._best = {name: weight.clone() for name, weight in self._average.items()}

    def _save(self) -> None:
        optimiser = self._optimiser.state_dict()
        write_checkpoint(self._path, Checkpoint(self.state, self._copy(), self._average, self._best, optimiser))
        self._saved_at = time.monotonic()
        self._on_event(CheckpointEvent(str(self._path)))

    def _restore(self, checkpoint: Checkpoint) -> None:
        self.state = checkpoint.state
        self._load(checkpoint.network)
        self._average, self._best = checkpoint.average, checkpoint.best
        self._optimiser.load_state_dict(checkpoint.optimiser)
        for epoch in range(1, self.state.epoch + 1):
            self._tell_epoch(epoch)


def _calibrated_loss(logits: Tensor, truth: Tensor) -> float:
    """Return the log loss at the temperature that suits best: confidence is calibrated later anyhow."""
    losses = [float(functional.cross_entropy(logits / temperature, truth)) for temperature in TEMPERATURES]
    return min(losses)
