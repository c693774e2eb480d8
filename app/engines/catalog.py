"""The engines, and whether each can run here; imports none of their frameworks."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from app.engines.cntk_runtime import default_runtime
from app.engines.graphics_card import has_driver
from app.errors import EngineError
from app.features.backbones import BACKBONES, DEFAULT_BACKBONE, network_file, weights_file

PROCESSOR_BUILD = "+cpu"  # so end the versions of torch that know no graphics card


@dataclass(frozen=True)
class EngineStatus:
    """Whether an engine can run here; `reason` says why not, and what to do."""

    name: str
    title: str
    available: bool
    version: str
    devices: tuple[str, ...]
    reason: str


def engines() -> list[EngineStatus]:
    """Return the status of every engine."""
    return [status() for status in ENGINES.values()]


def engine_status(name: str) -> EngineStatus:
    """Return the status of one engine; raises EngineError for an unknown name."""
    if name not in ENGINES:
        raise EngineError(f"There is no engine “{name}”.", f"Choose one of: {', '.join(ENGINES)}.")
    return ENGINES[name]()


def _quick() -> EngineStatus:
    reason = "" if _version("onnxruntime") and _version("scikit-learn") else "Install onnxruntime and scikit-learn."
    backbone = BACKBONES[DEFAULT_BACKBONE]
    if not reason and not network_file(backbone).exists():
        reason = _conversion_problem()
    return EngineStatus(
        "quick",
        "Quick: pretrained features and a linear head",
        not reason,
        _version("onnxruntime"),
        ("cpu",),
        reason,
    )


def _conversion_problem() -> str:
    if not _version("torch"):
        return "The pretrained network must be converted once, which needs torch: install it."
    try:
        weights_file(BACKBONES[DEFAULT_BACKBONE])
    except EngineError as error:
        return str(error)
    return ""


def _torch() -> EngineStatus:
    version = _version("torch")
    reason = _quick().reason if version else "Install torch."  # the head start is Quick's
    devices = ("cpu", "gpu") if has_driver() and not version.endswith(PROCESSOR_BUILD) else ("cpu",)
    return EngineStatus("torch", "PyTorch: fine-tuning", not reason, version, devices, reason)


def _cntk() -> EngineStatus:
    runtime = default_runtime()
    info = runtime.info()
    if info is not None:
        reason = _quick().reason  # the images are divided by its features
    elif runtime.folder.is_dir():
        reason = "CNTK is half set up: File → Settings…, or “python main.py cntk-setup”, goes on where it ended."
    else:
        way = "set it up under File → Settings…, or with “python main.py cntk-setup”."
        reason = f"CNTK 2.7 needs a Python 3.6 of its own: {way}"
    version, devices = (info.version, info.devices) if info else ("", ())
    return EngineStatus("cntk", "Microsoft Cognitive Toolkit 2.7", not reason, version, devices, reason)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


ENGINES: dict[str, Callable[[], EngineStatus]] = {"quick": _quick, "torch": _torch, "cntk": _cntk}
