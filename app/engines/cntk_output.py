"""What CNTK left becomes what every engine leaves: a support vector machine where asked for, ONNX, and scores."""

import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from app.engines.cntk_model import read_model
from app.engines.cntk_to_onnx import PixelForm, convert
from app.engines.cntk_training.task import (
    ANSWERS_FILE,
    CHECKPOINT_FILE,
    FOLDER,
    HEAD_FILE,
    NETWORK_FILE,
    ROOTED_FILE,
    ROWS_FILE,
    TASK_FILE,
)
from app.engines.linear_head import HEADS, LinearHead, Projection
from app.engines.protocol import Hello, OnEvent, Progress
from app.engines.snapshot import NETWORK_FILE as ONNX_FILE
from app.engines.snapshot import VALIDATION_FILE, read_snapshot
from app.engines.worker import Job
from app.errors import Cancelled, EngineError
from app.files import read_json, write_bytes
from app.onnx_sessions import open_session
from app.settings.cntk import WITH_SVM, CntkSettings, read_numbers

MOST_DIFFERENCE = 1e-4  # of a probability, between CNTK and ONNX Runtime
AT_ONCE = 8
Floats = NDArray[np.float32]
Arrays = dict[str, NDArray[Any]]


def fit_svm(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Fit a linear support vector machine in the job's `run` folder, where its mode has one."""
    run = Path(job["run"])
    settings = CntkSettings(**read_snapshot(run).settings)  # type: ignore[arg-type]
    if settings.mode not in WITH_SVM:
        return {}
    seen, rows = _arrays(run / FOLDER / ROOTED_FILE), _arrays(run / FOLDER / ROWS_FILE)
    with threadpool_limits(limits=1):
        projection = Projection.fit(seen["training"])
        training, validation = (projection.apply(seen[part]) for part in ("training", "validation"))
        strengths = read_numbers(settings.svm_strengths)
        strength, head = _best(strengths, training, rows["truth"], validation, rows["judged"], on_event, cancel)
    whole = head.behind(projection)
    np.savez(run / FOLDER / HEAD_FILE, weights=whole.weights.T, bias=whole.bias)
    return {"strength": strength}


def _best(
    strengths: tuple[float, ...],
    training: Floats,
    truth: NDArray[np.int64],
    validation: Floats,
    judged: NDArray[np.int64],
    on_event: OnEvent,
    cancel: threading.Event,
) -> tuple[float, LinearHead]:
    """Return the strength that is right most often on the validation part, and its classifier."""
    best: tuple[float, float, LinearHead] | None = None
    for done, strength in enumerate(strengths, 1):
        if cancel.is_set():
            raise Cancelled
        head = HEADS["svm"](training, truth, strength)
        right = float(np.mean(head.logits(validation).argmax(axis=1) == judged)) if len(judged) else 0.0
        on_event(Progress("fit", done, len(strengths), {"strength": strength, "validation_accuracy": right}))
        if best is None or right > best[0]:
            best = (right, strength, head)
    assert best is not None
    return best[1], best[2]


def convert_network(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Write `network.onnx` and `validation.npz` of CNTK's `network.model`; raises EngineError where they differ."""
    run = Path(job["run"])
    folder = run / FOLDER
    task, rows, answers = read_json(folder / TASK_FILE), _arrays(folder / ROWS_FILE), _arrays(folder / ANSWERS_FILE)
    form = PixelForm(task["network"]["colour"], subtract=0.0)
    network = convert(read_model(run / NETWORK_FILE), form, side=task["pixels"]["side"]).network
    difference = _difference(network.SerializeToString(), task["pixels"], rows, answers["photos"])
    if not difference <= MOST_DIFFERENCE:
        raise EngineError(
            f"The exported network's answers differ from CNTK's by {difference:.1e}.",
            "It was not kept. Please report this, with the log file.",
        )
    write_bytes(run / ONNX_FILE, network.SerializeToString())
    np.savez(
        run / VALIDATION_FILE,
        logits=answers["validation"],
        truth=rows["judged"],
        positions=rows["validation_positions"],
    )
    shutil.rmtree(folder, ignore_errors=True)
    (run / CHECKPOINT_FILE).unlink(missing_ok=True)
    return {"photos": len(answers["photos"]), "largest_difference": difference}


def _difference(network: bytes, pixels: dict[str, Any], rows: Arrays, expected: Floats) -> float:
    """Ask ONNX Runtime about the photos that CNTK was asked about; return the largest difference of a probability."""
    side = pixels["side"]
    mapped = np.memmap(pixels["path"], np.uint8, "r", shape=(pixels["rows"], side, side, 3))
    asked = np.concatenate([rows["validation"], rows["training"]])[: len(expected)]
    session = open_session(network)
    largest = 0.0
    for start in range(0, len(asked), AT_ONCE):
        found = session.run(["logits"], {"pixels": mapped[asked[start : start + AT_ONCE]]})[0]
        difference = _softmax(found) - _softmax(expected[start : start + AT_ONCE])
        largest = max(largest, float(np.abs(difference).max()))
    return largest


def _softmax(logits: Floats) -> Floats:
    shares: Floats = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def _arrays(path: Path) -> Arrays:
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def hello() -> Hello:
    """Say which engine this is."""
    return Hello("cntk output", onnxruntime.__version__)


HANDLERS = {"fit_svm": fit_svm, "convert": convert_network}
