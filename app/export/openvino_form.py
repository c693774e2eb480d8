"""A bundle's model for OpenVINO. Imports onnx and OpenVINO, if that is installed: for worker processes only."""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import onnx
from numpy.typing import NDArray

from app.export.bundle import MODEL_FILE, BundleInfo
from app.export.plain_resize import with_plain_resize
from app.export.proof import prove

FOLDER, MODEL = "openvino", "model.xml"
EXACT = {"INFERENCE_PRECISION_HINT": "f32"}  # otherwise some processors compute in 16 bits


def load_openvino() -> ModuleType:
    """Import OpenVINO without its telemetry, which would report the import to its makers."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    return import_module("openvino")


def write_openvino(bundle: Path, info: BundleInfo) -> None:
    """Add the model in OpenVINO's form, in full precision; raises BundleError unless it answers the same."""
    openvino = load_openvino()
    folder = bundle / FOLDER
    folder.mkdir(exist_ok=True)
    core = openvino.Core()
    model = with_plain_resize(onnx.load(bundle / MODEL_FILE)).SerializeToString()
    openvino.save_model(core.read_model(model), str(folder / MODEL), compress_to_fp16=False)
    compiled = core.compile_model(str(folder / MODEL), "CPU", EXACT)

    def ask(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        answer: NDArray[np.float32] = compiled({"image": image[np.newaxis]})["probabilities"][0]
        return answer

    prove(bundle, "OpenVINO", ask)
