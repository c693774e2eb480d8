"""The forms in which a model can be exported, and why one cannot; imports no framework."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.errors import BundleError
from app.export.bundle import BUNDLE_FOLDER, read_bundle_info

BUNDLE, ZIP, FLOAT16, INT8 = "bundle", "zip", "onnx-float16", "onnx-int8"


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


def _reads_onnx(bundle: Path) -> str:
    return "OpenVINO reads the ONNX file as it is: export the folder. Its own converter would report home."


def _no_converter(bundle: Path) -> str:
    return "There is no maintained converter from ONNX. Convert the ONNX file with the tools of that system."


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
        Exporter("openvino", "OpenVINO", "Intel's format, for its processors and cards.", _reads_onnx),
        Exporter("coreml", "Core ML", "Apple's format.", _no_converter),
        Exporter("tflite", "TensorFlow Lite", "For phones and small devices.", _no_converter),
    )
}


def check_exporter(name: str, bundle: Path) -> None:
    """Raise BundleError unless the bundle can be exported in this form."""
    if name not in EXPORTERS:
        raise BundleError(f"There is no form “{name}” to export.", f"Choose one of: {', '.join(EXPORTERS)}.")
    read_bundle_info(bundle)
    reason = EXPORTERS[name].missing(bundle)
    if reason:
        raise BundleError(f"The model cannot be exported as {EXPORTERS[name].title}.", reason)
