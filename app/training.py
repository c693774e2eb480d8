"""Train one run: snapshot, features, split, fit, bundle, test. The window and the command line both call this."""

import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.dataset.scan import Skipped
from app.engines.catalog import engine_status
from app.engines.conversion import ensure_network
from app.engines.process import QUICK_WORKER, EngineProcess, worker_command
from app.engines.protocol import Event, OnEvent, Progress
from app.engines.snapshot import TEST, Snapshot, SnapshotImage, write_snapshot
from app.errors import AppError, Cancelled, EngineError, InputError
from app.evaluation.report import Evaluation, load_evaluation
from app.export.bundle import BUNDLE_FOLDER
from app.features.backbones import BACKBONES, DEFAULT_BACKBONE
from app.project.project import Project
from app.project.records import ImageRow

RUN_WORKER = "app.export.run_worker"
METRICS_FILE = "metrics.jsonl"
FEWEST_IMAGES = 2

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingRequest:
    """What the user chose."""

    engine: str = "quick"
    seed: int = 0
    head: str = "logistic"


@dataclass(frozen=True)
class RunResult:
    """What a finished run came to; `evaluation` is None where no image was left to test on."""

    run: int
    engine: str
    classes: tuple[str, ...]
    bundle: Path
    evaluation: Evaluation | None
    seconds: dict[str, float]
    skipped: tuple[Skipped, ...]


def launch_worker() -> EngineProcess:
    """Launch the process that takes a run through its stages; it gets ready while the caller lists images.

    One process for all stages: what they import is the same, and takes longer than some of them.
    """
    worker = EngineProcess(worker_command(QUICK_WORKER, RUN_WORKER))
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

    `worker`, if it was launched before, is ended with the run.
    """
    status = engine_status(request.engine)
    if not status.available:
        raise EngineError(f"The engine “{request.engine}” cannot run here.", status.reason)
    check_ready(project)
    rows = usable_images(project)
    snapshot = _snapshot(project, request, rows)
    number = project.run_log.start(request.engine)
    try:
        with worker or launch_worker() as process:
            result = _Run(project, number, rows, snapshot, on_event, cancel).go(process)
    except Cancelled:
        project.run_log.cancel(number)
        raise
    except AppError as error:
        project.run_log.fail(number, error.message)
        raise
    except BaseException as error:
        project.run_log.fail(number, f"Sightline failed: {error}")
        raise
    evaluation = result.evaluation
    project.run_log.finish(
        number,
        evaluation.accuracy if evaluation else None,
        evaluation.interval if evaluation else None,
        evaluation.images if evaluation else 0,
        result.seconds["total"],
    )
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
    return _snapshot(project, request, usable_images(project))


def _snapshot(project: Project, request: TrainingRequest, rows: Sequence[ImageRow]) -> Snapshot:
    used = {row.class_id for row in rows}
    classes = [row for row in project.classes() if row.id in used]
    index = {row.id: position for position, row in enumerate(classes)}
    return Snapshot(
        engine=request.engine,
        backbone=DEFAULT_BACKBONE,
        head=request.head,
        seed=request.seed,
        cache=str(project.cache.resolve()),
        classes=tuple(row.name for row in classes),
        images=tuple(
            SnapshotImage(str(row.path), row.digest, index[row.class_id], row.split)
            for row in rows
            if row.class_id is not None
        ),
    )


class _Run:
    """One run on its way through the stages."""

    def __init__(
        self,
        project: Project,
        number: int,
        rows: Sequence[ImageRow],
        snapshot: Snapshot,
        on_event: OnEvent,
        cancel: threading.Event,
    ):
        self._project = project
        self._number = number
        self._rows = rows
        self._snapshot = snapshot
        self._on_event = on_event
        self._cancel = cancel
        self._folder = project.run_folder(number).resolve()

    def go(self, worker: EngineProcess) -> RunResult:
        """Take every stage in turn."""
        start = time.perf_counter()
        write_snapshot(self._folder, self._snapshot)
        ensure_network(BACKBONES[self._snapshot.backbone], self._on_event, self._cancel)
        worker.start()
        with self._project.writing_features(self._cancel):
            extraction = self._job(worker, "features")
        skipped = self._note_problems(extraction["problems"])
        trained, tested = self._split(worker, [position for position, _ in extraction["problems"]])
        fit_start = time.perf_counter()
        self._job(worker, "train")
        fit_s = time.perf_counter() - fit_start
        self._job(worker, "bundle", name=self._project.name)
        evaluation = self._evaluate(worker, trained, tested)
        features_s = extraction["total_s"] - extraction["decode_s"]
        seconds = {"decode": extraction["decode_s"], "features": features_s, "fit": fit_s}
        seconds["total"] = time.perf_counter() - start
        return RunResult(
            self._number,
            self._snapshot.engine,
            self._snapshot.classes,
            self._folder / BUNDLE_FOLDER,
            evaluation,
            {name: round(value, 3) for name, value in seconds.items()},
            skipped,
        )

    def _job(self, process: EngineProcess, kind: str, **values: Any) -> dict[str, Any]:
        if self._cancel.is_set():
            raise Cancelled
        return process.run({"kind": kind, "run": str(self._folder), **values}, self._record, self._cancel)

    def _record(self, event: Event) -> None:
        if isinstance(event, Progress) and event.stage == "fit":
            with (self._folder / METRICS_FILE).open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(asdict(event)) + "\n")
        self._on_event(event)

    def _note_problems(self, problems: Sequence[tuple[int, str]]) -> tuple[Skipped, ...]:
        self._project.set_problems({self._rows[position].id: reason for position, reason in problems})
        return tuple(Skipped(self._rows[position].path, reason) for position, reason in problems)

    def _split(self, worker: EngineProcess, unreadable: Sequence[int]) -> tuple[int, int]:
        """Return the numbers of training and test images; every class must have enough left to train on."""
        parts = self._job(worker, "split", unreadable=list(unreadable))
        _check_counts(Counter(dict(zip(self._snapshot.classes, parts["trained"], strict=True))))
        return sum(parts["trained"]), parts["tested"]

    def _evaluate(self, worker: EngineProcess, trained: int, tested: int) -> Evaluation | None:
        if not tested:
            log.warning("run %d has no test images", self._number)
            return None
        self._job(worker, "evaluate", protocol=self._protocol(trained, tested))
        return load_evaluation(self._folder)

    def _protocol(self, trained: int, tested: int) -> str:
        own = any(image.split == TEST for image in self._snapshot.images)
        chosen = "the images of your test folder" if own else "kept aside by chance, near-duplicates together"
        return (
            f"Measured once on {tested:,} test images that training never saw ({chosen}). Strength and calibration "
            f"were chosen by cross-validation on the other {trained:,} images."
        )
