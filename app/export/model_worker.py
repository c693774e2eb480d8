"""The worker that holds a bundle: checks it and predicts with it, outside the window's process."""

import threading
from contextlib import closing
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import onnxruntime

from app.dataset.decode import read_image
from app.engines.progress import Throttle
from app.engines.protocol import Hello, OnEvent
from app.engines.worker import Job
from app.errors import Cancelled, InputError
from app.evaluation.rule import Rule
from app.export.bundle import read_bundle_info
from app.export.explaining import Explainer
from app.export.golden import check_golden
from app.export.predictor import Prediction, Predictor
from app.export.ruling import set_rule

_loaded: dict[Path, Predictor] = {}
_explaining: dict[Path, Explainer] = {}


def hello() -> Hello:
    """Say which engine this is."""
    return Hello("model", onnxruntime.__version__)


def check(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Run the job's `bundle` on its golden images."""
    parity = check_golden(Path(job["bundle"]))
    return {"images": parity.images, "largest_difference": parity.largest_difference, "agrees": parity.agrees}


def export(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Write the job's `bundle` below its folder `to` in its `form`, and check what was written."""
    return _exporting().export(Path(job["bundle"]), Path(job["to"]), job["form"])


def costs(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Measure what smaller forms of the job's `bundle` cost."""
    return {"costs": _exporting().costs(Path(job["bundle"]))}


def _exporting() -> ModuleType:
    """Import what only an export needs; predictions begin a second earlier without it."""
    return import_module("app.export.exporting")


def predict(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Predict the job's `paths` with its `bundle`; results travel in the progress events, every one exactly once."""
    predictor = _predictor(Path(job["bundle"]))
    paths = [Path(path) for path in job["paths"]]
    throttle = Throttle(on_event)
    waiting: list[dict[str, Any]] = []
    with closing(predictor.predict_files(paths)) as predictions:
        for done, prediction in enumerate(predictions, 1):
            waiting.append(_as_json(prediction, predictor))
            if throttle.progress("predict", done, len(paths), results=waiting):
                waiting = []
            if cancel.is_set():
                raise Cancelled
    return {"images": len(paths)}


def _as_json(prediction: Prediction, predictor: Predictor) -> dict[str, Any]:
    return {
        "path": prediction.path,
        "predictions": [
            {"label": one.label, "confidence": one.confidence} for one in prediction.ranked(predictor.info.labels)
        ],
        "verdict": prediction.verdict,
        "novelty": prediction.novelty,
        "problem": prediction.problem,
    }


def _predictor(folder: Path) -> Predictor:
    if folder not in _loaded or _loaded[folder].info != read_bundle_info(folder):
        _loaded.clear()  # one model in memory is enough
        _loaded[folder] = Predictor(folder)
    return _loaded[folder]


def rule(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Give the job's `bundle` its `rule`."""
    set_rule(Path(job["bundle"]), Rule.from_json(job["rule"]))
    return {}


def explain(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Return where the job's image at `path` speaks for its `label`, by its `method`: `values` and `box`."""
    folder = Path(job["bundle"])
    explainer = _explainer(folder)
    if job["label"] not in explainer.info.labels:
        raise InputError(f"The model has no class “{job['label']}”.", "Choose another model.")
    label = explainer.info.labels.index(job["label"])
    heat = explainer.explain(read_image(Path(job["path"])), label, job["method"])
    return {"values": heat.values.tolist(), "box": list(heat.box)}


def _explainer(folder: Path) -> Explainer:
    if folder not in _explaining or _explaining[folder].info != read_bundle_info(folder):
        _explaining.clear()
        _explaining[folder] = Explainer(folder)
    return _explaining[folder]


HANDLERS = {
    "check": check,
    "export": export,
    "costs": costs,
    "predict": predict,
    "rule": rule,
    "explain": explain,
}
