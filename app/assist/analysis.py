"""The features of a project's images, from its cache; what is missing is computed by a worker process first."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from app.assist.suggest import UNLABELLED
from app.engines.conversion import ensure_network
from app.engines.process import QUICK_WORKER, EngineProcess, worker_command
from app.engines.protocol import OnEvent
from app.engines.snapshot import Snapshot, SnapshotImage, write_snapshot
from app.errors import InputError
from app.features.backbones import BACKBONES, DEFAULT_BACKBONE
from app.features.cache import CachedFeatures, FeatureCache
from app.project.project import Project
from app.project.records import ImageRow

NO_LABEL = -1


@dataclass(frozen=True)
class Analysis:
    """N readable images as they were when they were looked at, excluded ones among them.

    `features[start:stop]` reads rows of [N, D], `features[:]` all of them; `hashes` [N] are perceptual hashes.
    """

    images: tuple[ImageRow, ...]
    features: CachedFeatures
    hashes: NDArray[np.uint64]

    def appearances(self) -> NDArray[np.void]:
        """Read what was measured of the pictures, records of `APPEARANCE` [N]; zeros where nothing was."""
        return self.features.appearances()

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        """Return the images' ids [N]."""
        return np.array([row.id for row in self.images], np.int64)

    def labels(self, rows: Sequence[ImageRow] | None = None) -> NDArray[np.int64]:
        """Return each image's class id [N], -1 where it has none or several, or is excluded.

        `rows`, images of the project in any order, say how these are labelled now; those not among them are as before.
        """
        return np.array([_label(row) for row in self._now(rows)], np.int64)

    def unlabelled(self, rows: Sequence[ImageRow] | None = None) -> NDArray[np.int64]:
        """Return the positions of images that wait for a label: they have none, and are not excluded."""
        return np.flatnonzero([not (row.class_ids or row.excluded) for row in self._now(rows)])

    def _now(self, rows: Sequence[ImageRow] | None) -> list[ImageRow]:
        now = {row.id: row for row in rows or ()}
        return [now.get(row.id, row) for row in self.images]


def analyse(project: Project, on_event: OnEvent, cancel: threading.Event, measured: bool = False) -> Analysis:
    """Return the features of all readable images; raises AppError, or Cancelled, and keeps what was computed.

    `on_event` hears progress of the stage `features` if a worker has to be started. Images that it cannot read are
    noted in the project with the reason, and left out. Waits while a training run fills the cache. With `measured`,
    images whose features an older version computed are measured, too.
    """
    rows = [row for row in project.images() if row.problem is None]
    if not _lacking(project, rows, measured):
        return _analysis(project, rows)
    with project.writing_features(cancel):
        if _lacking(project, rows, measured):
            ensure_network(BACKBONES[DEFAULT_BACKBONE], on_event, cancel)
            problems = _compute(project, rows, on_event, cancel)
            project.set_problems({rows[position].id: reason for position, reason in problems.items()})
            rows = [row for position, row in enumerate(rows) if position not in problems]
    return _analysis(project, rows)


def _cache(project: Project) -> FeatureCache:
    backbone = BACKBONES[DEFAULT_BACKBONE]
    return FeatureCache(project.cache, backbone.id, backbone.features)


def _lacking(project: Project, rows: Sequence[ImageRow], measured: bool) -> bool:
    cache, digests = _cache(project), [row.digest for row in rows]
    return bool(cache.missing(digests) or (measured and cache.unmeasured(digests)))


def _analysis(project: Project, rows: Sequence[ImageRow]) -> Analysis:
    if not rows:
        raise InputError("The project has no images that can be read.", "Add a folder of images.")
    digests = [row.digest for row in rows]
    cache = _cache(project)
    return Analysis(tuple(rows), CachedFeatures(cache, digests), cache.hashes(digests))


def _compute(project: Project, rows: Sequence[ImageRow], on_event: OnEvent, cancel: threading.Event) -> dict[int, str]:
    """Let a worker fill the cache, with the job that training begins with; return problems by position."""
    images = tuple(SnapshotImage(str(row.path), row.digest, NO_LABEL, row.split) for row in rows)
    cache = str(project.cache.resolve())
    snapshot = Snapshot("quick", DEFAULT_BACKBONE, head="", seed=0, cache=cache, classes=(), images=images)
    with TemporaryDirectory() as folder, EngineProcess(worker_command(QUICK_WORKER)) as process:
        write_snapshot(Path(folder), snapshot)
        process.start()
        result = process.run({"kind": "features", "run": folder}, on_event, cancel)
    return dict(result["problems"])


def _label(row: ImageRow) -> int:
    if row.excluded or len(row.class_ids) != 1:
        return UNLABELLED
    return row.class_ids[0]
