"""Measure how accuracy grew with the number of images, and say what more of them would bring."""

import tempfile
import threading
from pathlib import Path
from typing import Any

from app.engines.conversion import ensure_network
from app.engines.process import QUICK_WORKER, EngineProcess, worker_command
from app.engines.protocol import OnEvent
from app.engines.snapshot import write_snapshot
from app.errors import Cancelled, ProjectError
from app.evaluation.forecast import FLAT_GAIN, Curve
from app.features.backbones import BACKBONES, DEFAULT_BACKBONE
from app.files import read_json, write_json
from app.project.project import Project
from app.training import TrainingRequest, check_ready, take_snapshot

WORKER = "app.export.learning_curve_worker"
FILE_NAME = "learning-curve.json"
FORMAT = 1
POINTS = 100
PROTOCOL = (
    "Measured with the quick engine on subsamples of the {0:,} images that are not for testing: each was predicted "
    "by classifiers that saw neither it nor its near-duplicates. Fine-tuned networks are better than this, and may "
    "gain otherwise. The forecast is a power law; it holds for images like these, labelled as well as these."
)


def measure_learning_curve(project: Project, seed: int, on_event: OnEvent, cancel: threading.Event) -> Curve:
    """Measure the curve on the labelled images of now, and store it; raises AppError or Cancelled."""
    check_ready(project)
    snapshot = take_snapshot(project, TrainingRequest(seed=seed))
    with (
        tempfile.TemporaryDirectory() as temporary,
        EngineProcess(worker_command(QUICK_WORKER, WORKER)) as worker,
    ):
        write_snapshot(Path(temporary), snapshot)
        ensure_network(BACKBONES[DEFAULT_BACKBONE], on_event, cancel)
        worker.start()
        job = {"run": temporary}
        with project.writing_features(cancel):
            extraction = worker.run({"kind": "features", **job}, on_event, cancel)
        unreadable = [position for position, _ in extraction["problems"]]
        worker.run({"kind": "split", **job, "unreadable": unreadable}, on_event, cancel)
        if cancel.is_set():
            raise Cancelled
        value = worker.run({"kind": "learning-curve", **job}, on_event, cancel)
    write_json(project.folder / FILE_NAME, {"format": FORMAT, **value})
    return _curve(value)


def last_learning_curve(project: Project) -> Curve | None:
    """Return the curve that was measured last, None without one; raises ProjectError where it cannot be read."""
    try:
        value = read_json(project.folder / FILE_NAME)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ProjectError("The last learning curve cannot be read.", "Measure it again.", str(error)) from error
    if value.pop("format", None) != FORMAT:
        return None  # by another version; it is measured again in seconds
    return _curve(value)


def _curve(value: dict[str, Any]) -> Curve:
    tuples = {key: tuple(value[key]) for key in ("sizes", "accuracy", "law", "growth")}
    pairs = {key: tuple(tuple(one) for one in value[key]) for key in ("intervals", "draws")}
    return Curve(**{**value, **tuples, **pairs})


def forecast_words(curve: Curve, more: int) -> str:
    """Say what so many more images would bring, or why nothing can be said."""
    if not curve.grows:
        low, high = (POINTS * end for end in curve.growth)
        if curve.growth[1] < FLAT_GAIN:
            return (
                f"More images did not help so far: three times as many brought {low:+.1f} to {high:+.1f} points. "
                "More of the same kind will hardly help; look for label errors and for missing kinds of images."
            )
        return (
            f"No forecast: three times as many images brought {low:+.1f} to {high:+.1f} points, which could be chance. "
            "Label more, then measure again."
        )
    if more > curve.furthest:
        return f"No forecast: {more:,} more images are more than there are now ({curve.images:,}); ask for fewer."
    gain, (low, high) = curve.gain(more)
    words = f"{more:,} more images: about {POINTS * gain:+.1f} points ({POINTS * low:.1f} to {POINTS * high:.1f})."
    if high < FLAT_GAIN:
        words += " The curve is nearly flat: look for label errors and missing kinds of images first."
    return words
