"""The forms in which a model can be exported, and why one cannot; imports no framework."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from app.errors import BundleError
from app.export.bundle import BUNDLE_FOLDER, read_bundle_info

BUNDLE, ZIP, FLOAT16, INT8 = "bundle", "zip", "onnx-float16", "onnx-int8"
TORCHSCRIPT, SAFETENSORS, CNTK, OPENVINO, CONTAINER = "torchscript", "safetensors", "cntk", "openvino", "container"
COREML = "coreml"
NATIVE_FILE = "network.model"  # what CNTK's engine leaves in its run folder
TORCH_ENGINES = ("quick", "torch")


@dataclass(frozen=True)
class Exporter:
    """A form to export; `missing` says why a bundle cannot have it, or nothing."""

    name: str
    title: str
    help: str
    missing: Callable[[Path], str]


def _nothing(bundle: Path) -> str:
    return ""


def _trained_here(bundle: Path) -> str:
    if bundle.name == BUNDLE_FOLDER and (bundle.parent / "spec.json").is_file():
        return ""
    return "It is chosen by training images, which only a run in its project has."


def _for_torch(bundle: Path) -> str:
    info = read_bundle_info(bundle)
    if info.source or info.engine not in TORCH_ENGINES:
        return "Only what was trained with PyTorch, or by Quick, can be written for PyTorch."
    if not info.preprocessing or info.precision != "float32":
        return "This bundle is of an older Sightline, or a smaller form: train again, and export that run."
    return ""


def _has_native(bundle: Path) -> str:
    if bundle.name == BUNDLE_FOLDER and (bundle.parent / NATIVE_FILE).is_file():
        return ""
    return "Only a run that was trained with CNTK has CNTK's own file."


def _with_openvino(bundle: Path) -> str:
    if find_spec("openvino") is None:
        return "OpenVINO is not installed: install it with “pip install openvino” into Sightline's environment."
    return ""


def _for_apple(bundle: Path) -> str:
    if sys.platform != "darwin":
        return "Only a Mac can check what is written for Core ML: export it there, with coremltools installed."
    if find_spec("coremltools") is None or find_spec("PIL") is None:
        return "The converter is not installed: “pip install coremltools pillow” into Sightline's environment."
    return _for_torch(bundle)


def _elsewhere(bundle: Path) -> str:
    return (
        "The converter needs other versions of what Sightline is made of: export the folder, and try to convert "
        "model.onnx in an environment of its own (“pip install onnx2tf”)."
    )


EXPORTERS: dict[str, Exporter] = {
    exporter.name: exporter
    for exporter in (
        Exporter(BUNDLE, "Folder", "ONNX in full precision with everything that belongs to it.", _nothing),
        Exporter(ZIP, "Zip", "The same in one file.", _nothing),
        Exporter(
            FLOAT16,
            "Folder, 16-bit weights",
            "Half the size; for graphics cards and neural processors. On processors it is no faster.",
            _nothing,
        ),
        Exporter(
            INT8,
            "Folder, 8-bit weights and activations",
            "A quarter of the size, faster on many processors, a little less accurate; calibrated on training images.",
            _trained_here,
        ),
        Exporter(
            CONTAINER,
            "Folder, with a server for the cloud",
            "The model, the server and what builds a container of them: for Docker, Kubernetes, KServe and Azure.",
            _nothing,
        ),
        Exporter(
            TORCHSCRIPT,
            "Folder, with TorchScript",
            "For PyTorch in C++ and on phones. It is checked to give the same answers.",
            _for_torch,
        ),
        Exporter(
            SAFETENSORS,
            "Folder, with safetensors",
            "Weights and code for PyTorch, to train on or to change. They are checked to give the same answers.",
            _for_torch,
        ),
        Exporter(CNTK, "Folder, with CNTK's own file", "The network as CNTK 2.7 saved it (.model).", _has_native),
        Exporter(
            OPENVINO,
            "Folder, with OpenVINO",
            "For Intel's processors and cards. It is checked to give the same answers.",
            _with_openvino,
        ),
        Exporter(
            COREML,
            "Folder, with Core ML",
            "For iPhone, iPad and Mac. It takes prepared pictures, and is checked to give the same answers.",
            _for_apple,
        ),
        Exporter("tflite", "TensorFlow Lite", "For phones and small devices.", _elsewhere),
    )
}


def check_exporter(name: str, bundle: Path) -> None:
    """Raise BundleError unless the bundle can be exported in this form."""
    if name not in EXPORTERS:
        raise BundleError(f"There is no form “{name}” to export.", f"Choose one of: {', '.join(EXPORTERS)}.")
    read_bundle_info(bundle)
    reason = EXPORTERS[name].missing(bundle)
    if reason:
        raise BundleError(f"The model cannot be exported as “{EXPORTERS[name].title}”.", reason)
