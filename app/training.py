"""Train one run: snapshot, features, split, fit, bundle, test. The window and the command line both call this."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from app.dataset.scan import Skipped
from app.dataset.split import TEST_SHARE
from app.divisions import groups_of, leak_words, parts_before
from app.engines.catalog import engine_status
from app.engines.conversion import ensure_network
from app.engines.metrics import METRICS_FILE, add_metrics
from app.engines.outlook import Outlook, parts_of
from app.engines.process import EngineProcess, worker_command
from app.engines.protocol import Checkpoint, Event, Note, OnEvent, Progress
from app.engines.snapshot import (
    FINISH_FILE,
    SPEC_FILE,
    TEST,
    Snapshot,
    SnapshotImage,
    read_snapshot,
    read_split,
    write_snapshot,
)
from app.engines.stages import OWN, STAGES, RunProcesses, tidy
from app.errors import AppError, Cancelled, EngineError, InputError
from app.evaluation.report import Evaluation, load_evaluation
from app.evaluation.validation import validation_figure
from app.export.bundle import BUNDLE_FOLDER
from app.features.backbones import BACKBONES, DEFAULT_BACKBONE, find_backbone
from app.files import write_json
from app.project.project import Project
from app.project.records import DONE, RUNNING, ImageRow, Measured, RunRow
from app.settings import CNTK, QUICK, TORCH, Value, default_preset, preset_settings

RUN_WORKER = "app.export.run_worker"
LEAKS_FILE = "leaks.json"
FEWEST_IMAGES = 2

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingRequest:
    """What the user chose; `settings` are those that differ from the preset's.

    `division` is the seed that images are divided by, where it is not `seed`.
    """

    engine: str = "quick"
    seed: int = 0
    head: str = "logistic"
    preset: str = ""
    settings: dict[str, Value] = field(default_factory=dict)
    division: int | None = None
    backbone: str = DEFAULT_BACKBONE


@dataclass(frozen=True)
class RunResult:
    """What a finished run came to; `evaluation` is None where no image was left to test on.

    `validation` is how good it is on images that training held out, None where there were none. Of a run that went on,
    the `total` of seconds is of all times together that it was going, the others are of the last.
    """

    run: int
    engine: str
    classes: tuple[str, ...]
    bundle: Path
    evaluation: Evaluation | None
    seconds: dict[str, float]
    processor_seconds: dict[str, float]  # of each job
    skipped: tuple[Skipped, ...]
    validation: Measured | None = None


def launch_worker(engine: str = "quick") -> EngineProcess:
    """Launch the process that takes a run through its stages; it gets ready while the caller lists images.

    One process for all stages: what they import is the same, and takes longer than some of them.
    """
    stages = STAGES[engine]
    worker = EngineProcess(worker_command(*stages.modules, RUN_WORKER), stages.environment)
    worker.launch()
    return worker


def train(
    project: Project,
    request: TrainingRequest,
    on_event: OnEvent,
    cancel: threading.Event,
    worker: EngineProcess | None = None,
) -> RunResult:
    """Train on the project's labelled images; raises AppError, or Cancelled. The run stays listed either way.

    `worker`, if it was launched before, is the caller's to end.
    """
    check_engine(request.engine)
    check_backbone(request.engine, request.backbone)
    check_ready(project)
    return train_on(project, take_snapshot(project, request), on_event, cancel, worker)


def train_on(
    project: Project,
    snapshot: Snapshot,
    on_event: OnEvent,
    cancel: threading.Event,
    worker: EngineProcess | None = None,
    trial: tuple[int, int] | None = None,
) -> RunResult:
    """Train on a frozen state, as `train` does; `trial` is the number of a sweep and the place in its plan."""
    number = project.run_log.start(snapshot.engine, snapshot.preset, snapshot.data_version, *(trial or ()))
    return _take(_Run(project, number, snapshot, on_event, cancel), worker)


def resumable_run(project: Project) -> int | None:
    """Return the newest run if it ended before its time and can go on from a checkpoint."""
    runs = project.runs()
    return runs[0].number if runs and can_go_on(project, runs[0]) else None


def can_go_on(project: Project, run: RunRow) -> bool:
    """Tell whether a run ended before its time and has what it needs to go on."""
    ended_early = run.state not in (DONE, RUNNING)
    return ended_early and has_checkpoint(project, run) and (project.run_folder(run.number) / SPEC_FILE).is_file()


def has_checkpoint(project: Project, run: RunRow) -> bool:
    """Tell whether a run can go on from where it was."""
    name = STAGES[run.engine].checkpoint if run.engine in STAGES else ""
    return bool(name) and (project.run_folder(run.number) / name).is_file()


def resume(
    project: Project,
    number: int,
    on_event: OnEvent,
    cancel: threading.Event,
    worker: EngineProcess | None = None,
) -> RunResult:
    """Take a run that ended before its time on from its checkpoint; raises like `train`, InputError without one."""
    folder = project.run_folder(number)
    run = next((run for run in project.runs() if run.number == number), None)
    if run is not None and run.state == DONE:
        raise InputError(f"Run {number} is finished already.", "Train anew.")
    if run is None or not has_checkpoint(project, run):
        raise InputError(f"Run {number} has no checkpoint to go on from.", "Train anew.")
    snapshot = read_snapshot(folder)
    check_engine(snapshot.engine)
    (folder / METRICS_FILE).unlink(missing_ok=True)  # the engine tells again what was before the checkpoint
    project.run_log.restart(number)
    return _take(_Run(project, number, snapshot, on_event, cancel), worker)


def finish_epoch(project: Project, number: int) -> None:
    """Ask a running run to end with the epoch it is in, and to make its model from the best so far."""
    (project.run_folder(number) / FINISH_FILE).touch()


def check_engine(engine: str) -> None:
    """Raise EngineError, with the reason, for an engine that cannot run here."""
    status = engine_status(engine)
    if not status.available:
        raise EngineError(f"The engine “{engine}” cannot run here.", status.reason)


def check_backbone(engine: str, name: str) -> None:
    """Raise InputError for a pretrained network that is not here, or that the engine cannot train."""
    backbone = find_backbone(name)
    if engine == TORCH and not backbone.tunable:
        raise InputError(
            f"The network {backbone.title} is known as ONNX alone, which cannot be fine-tuned.",
            "Train with the engine quick, or choose another network.",
        )
    if engine == CNTK and name not in BACKBONES:
        raise InputError(f"CNTK cannot train the network {backbone.title}.", f"Choose one of: {', '.join(BACKBONES)}.")


def _take(run: "_Run", worker: EngineProcess | None) -> RunResult:
    """Take a run through its stages, and enter what became of it."""
    project, number = run.project, run.number
    try:
        lent = worker is not None
        with RunProcesses(worker or launch_worker(run.snapshot.engine), lent) as processes:
            result = run.go(processes)
    except Cancelled:
        project.run_log.cancel(number, run.took_s)
        raise
    except AppError as error:
        project.run_log.fail(number, str(error), run.took_s)
        raise
    except BaseException as error:
        project.run_log.fail(number, f"Sightline failed: {error}", run.took_s)
        raise
    tested = result.evaluation
    accuracy, interval, images = (tested.accuracy, tested.interval, tested.images) if tested else (None, None, 0)
    project.run_log.finish(number, accuracy, interval, images, result.seconds["total"], result.validation)
    tidy(project.run_folder(number), run.snapshot.engine)
    return result


def check_ready(project: Project) -> Counter[str]:
    """Return how many images of each class would be trained on; raises InputError where they cannot be learnt."""
    counts = Counter(project.usable_counts())
    if not counts:
        raise InputError(
            "There are no labelled images to train on.", "Label at least two images in each of two classes."
        )
    _check_counts(counts)
    return counts


def _check_counts(counts: Counter[str]) -> None:
    if len(counts) < 2:
        raise InputError(
            f"All labelled images are in one class, “{next(iter(counts))}”.",
            "A classifier needs at least two classes: label some images as something else.",
        )
    for name, count in sorted(counts.items()):
        if not count:
            raise InputError(
                f"All images of the class “{name}” are kept for testing.",
                "Move some of them out of the test folder, or remove their label.",
            )
        if count < FEWEST_IMAGES:
            raise InputError(
                f"The class “{name}” has only one image to train on.",
                "Label more images of it, or remove the label from this one.",
            )


def usable_images(project: Project) -> list[ImageRow]:
    """Return the images that are trained and tested on."""
    return [row for row in project.images() if len(row.class_ids) == 1 and not row.excluded and not row.problem]


def take_snapshot(project: Project, request: TrainingRequest) -> Snapshot:
    """Return the frozen state of a project that a run of it would work on."""
    rows = usable_images(project)
    used = {row.class_id for row in rows}
    classes = [row for row in project.classes() if row.id in used]
    index = {row.id: position for position, row in enumerate(classes)}
    groups = groups_of(project.grouping, rows)
    before = parts_before(project, request.seed if request.division is None else request.division)
    preset = request.preset or default_preset(request.engine)
    head, settings = engine_settings(request)
    return Snapshot(
        engine=request.engine,
        backbone=request.backbone,
        head=head,
        seed=request.seed,
        cache=str(project.cache.resolve()),
        classes=tuple(row.name for row in classes),
        images=tuple(
            SnapshotImage(
                str(row.path), row.digest, index[row.class_id], row.split, groups[row.id], before.get(row.digest)
            )
            for row in rows
            if row.class_id is not None
        ),
        grouping=project.grouping.to_json(),
        preset=preset,
        settings=settings,
        division=request.division,
    )


def engine_settings(request: TrainingRequest) -> tuple[str, dict[str, Value]]:
    """Return the head, and all settings of the engine; raises InputError for what it does not have."""
    head = {"head": request.head} if request.engine == QUICK else {}
    settings = preset_settings(request.preset or default_preset(request.engine), {**head, **request.settings})
    values = {} if settings is None else asdict(settings)
    return str(values.pop("head", request.head)), values


class _Run:
    """One run on its way through the stages."""

    def __init__(
        self,
        project: Project,
        number: int,
        snapshot: Snapshot,
        on_event: OnEvent,
        cancel: threading.Event,
    ):
        self.project = project
        self.number = number
        self.snapshot = snapshot
        self._on_event = on_event
        self._cancel = cancel
        self._folder = project.run_folder(number).resolve()
        self._start = time.perf_counter()
        self._before_s = project.run_log.one(number).seconds or 0.0  # what a run that goes on took already
        self._leaks: list[list[str]] = []
        self._processor_s: dict[str, float] = {}
        # How images will be divided is not known yet; it hardly matters for the time, and is set right later.
        tested = round(TEST_SHARE * len(snapshot.images))
        self._outlook = Outlook(parts_of(snapshot, len(snapshot.images) - tested, tested))

    @property
    def took_s(self) -> float:
        """Return how long it has taken so far, all times together that it was going."""
        return round(self._before_s + time.perf_counter() - self._start, 3)

    def go(self, processes: RunProcesses) -> RunResult:
        """Take every stage in turn."""
        if not (self._folder / SPEC_FILE).exists():  # a run that goes on has it
            write_snapshot(self._folder, self.snapshot)
        (self._folder / FINISH_FILE).unlink(missing_ok=True)
        ensure_network(find_backbone(self.snapshot.backbone), self._on_event, self._cancel)
        worker = processes.of(OWN)
        worker.start()
        with self.project.writing_features(self._cancel):
            extraction = self._job(worker, "features")
        skipped = self._note_problems(extraction["problems"])
        trained, tested = self._split(worker, [position for position, _ in extraction["problems"]])
        self._outlook.divide(parts_of(self.snapshot, trained, tested))
        fit_start = time.perf_counter()
        for stage in STAGES[self.snapshot.engine].stages:
            self._job(processes.of(stage.worker), stage.job)
        fit_s = time.perf_counter() - fit_start
        self._job(worker, "bundle", name=self.project.name)
        evaluation = self._evaluate(worker, trained, tested)
        features_s = extraction["total_s"] - extraction["decode_s"]
        seconds = {"decode": extraction["decode_s"], "features": features_s, "fit": fit_s}
        seconds["total"] = self.took_s
        return RunResult(
            self.number,
            self.snapshot.engine,
            self.snapshot.classes,
            self._folder / BUNDLE_FOLDER,
            evaluation,
            {name: round(value, 3) for name, value in seconds.items()},
            self._processor_s,
            skipped,
            validation_figure(self._folder, read_split(self._folder)),
        )

    def _job(self, process: EngineProcess, kind: str, **values: Any) -> dict[str, Any]:
        if self._cancel.is_set():
            raise Cancelled
        job = {"kind": kind, "run": str(self._folder), **values}
        result = process.run(job, self._record, self._cancel)
        self._processor_s[kind] = round(process.processor_s, 3)
        return result

    def _record(self, event: Event) -> None:
        if isinstance(event, Progress):
            add_metrics(self._folder, event)
            event = self._outlook.told(event)
        elif isinstance(event, Checkpoint):
            self.project.run_log.set_seconds(self.number, self.took_s)  # in case that all is cut off before its end
        self._on_event(event)

    def _note_problems(self, problems: Sequence[tuple[int, str]]) -> tuple[Skipped, ...]:
        paths = {position: Path(self.snapshot.images[position].path) for position, _ in problems}
        ids = {row.path: row.id for row in self.project.images()} if problems else {}
        found = {ids[paths[position]]: reason for position, reason in problems if paths[position] in ids}
        self.project.set_problems(found)
        return tuple(Skipped(paths[position], reason) for position, reason in problems)

    def _split(self, worker: EngineProcess, unreadable: Sequence[int]) -> tuple[int, int]:
        """Return the numbers of training and test images; every class must have enough left to train on."""
        parts = self._job(worker, "split", unreadable=list(unreadable))
        _check_counts(Counter(dict(zip(self.snapshot.classes, parts["trained"], strict=True))))
        self._leaks = parts.get("leaks", [])
        if self._leaks:
            write_json(self._folder / LEAKS_FILE, self._leaks)
            self._on_event(Note(leak_words(self._leaks)))
        return sum(parts["trained"]), parts["tested"]

    def _evaluate(self, worker: EngineProcess, trained: int, tested: int) -> Evaluation | None:
        if not tested:
            log.warning("run %d has no test images", self.number)
            return None
        self._job(worker, "evaluate", protocol=self._protocol(trained, tested))
        return load_evaluation(self._folder)

    def _protocol(self, trained: int, tested: int) -> str:
        own = any(image.split == TEST for image in self.snapshot.images)
        grouped = any(image.groups for image in self.snapshot.images)
        together = "near-duplicates and groups" if grouped else "near-duplicates"
        chosen = "the images of your test folder" if own else f"kept aside by chance, {together} together"
        words = (
            f"Measured once on {tested:,} test images that training never saw ({chosen}). "
            f"{STAGES[self.snapshot.engine].chosen} on the other {trained:,} images."
        )
        return f"{words} Beware: {leak_words(self._leaks)}" if self._leaks else words
