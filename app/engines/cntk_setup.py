"""Set up CNTK's own Python in the user's data folder, and prove that it works.

Each step looks first whether it has been done, so that a second start goes on where the first one ended.
"""

import json
import platform
import shutil
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.engines.cntk_libraries import link_libraries
from app.engines.cntk_runtime import Runtime, RuntimeInfo
from app.engines.graphics_card import GraphicsCard, find_card
from app.engines.python36 import advice, find_python36
from app.engines.subprocesses import OnLine, run_program
from app.errors import EngineError

VERSION = "2.7.post2"
INNER_VERSION = "2.7"
CPU_PACKAGE, GPU_PACKAGE = "cntk", "cntk-gpu"
ROOT = Path(__file__).resolve().parent.parent.parent
REQUIREMENTS = ROOT / "installer" / "cntk-requirements.txt"
PROOF = Path(__file__).resolve().parent / "cntk_proof.py"
MARK = "installing"  # lies in the environment while packages are being installed
MACHINES = {"x86_64", "amd64"}
TOLERANCE = 1e-4
AUTOMATIC, CPU, GPU = "auto", "cpu", "gpu"


def set_up(
    runtime: Runtime,
    python: Path | None,
    device: str,
    on_line: OnLine,
    cancel: threading.Event,
) -> RuntimeInfo:
    """Make the runtime, or finish it; raises EngineError in words for the user, or Cancelled.

    `device` is "cpu", "gpu", or "auto" for the graphics card where CNTK can use it.
    """
    _check_system()
    package, problem = _choose_package(device)
    base = find_python36(python) if python or not _is_installed(runtime, package) else None
    runtime.forget_info()
    link_libraries(runtime.libraries_folder)
    if base is not None and not _is_installed(runtime, package):
        _make_environment(runtime, base, on_line, cancel)
        _install(runtime, package, on_line, cancel)
    on_line("Training, saving, loading and exporting a small network…")
    values = _prove(runtime, CPU, cancel)
    devices = [CPU]
    if package == GPU_PACKAGE:
        try:
            _prove(runtime, GPU, cancel)
            devices.insert(0, GPU)
        except EngineError as error:
            problem = f"The graphics card was tried and does not work: {error.message} {error.detail}".strip()
    if problem:
        on_line(f"The processor is used. {problem}")
    info = RuntimeInfo(package, str(values["version"]), tuple(devices), problem)
    runtime.write_info(info)
    return info


def remove(runtime: Runtime) -> bool:
    """Delete the runtime; returns False where there was none. Raises EngineError where it cannot be."""
    if not runtime.folder.exists():
        return False
    runtime.forget_info()
    try:
        for folder in (runtime.environment_folder, runtime.libraries_folder):
            if folder.is_symlink():
                folder.unlink()
            elif folder.exists():
                shutil.rmtree(folder)
        runtime.folder.rmdir()
    except OSError as error:
        raise EngineError(
            f"The folder “{runtime.folder}” could not be removed.",
            "Close what uses it, look what else is in it, and try again.",
            str(error),
        ) from error
    return True


def _check_system() -> None:
    if sys.platform == "darwin":
        raise EngineError("CNTK was never made for macOS.", "Train with the quick engine.")
    if platform.machine().lower() not in MACHINES:
        raise EngineError(
            f"CNTK was made for 64-bit Intel and AMD processors only, not for {platform.machine()}.",
            "Train with the quick engine.",
        )


def _choose_package(device: str) -> tuple[str, str]:
    """Return the package, and why the graphics card is not used though there is one or it was asked for."""
    card: GraphicsCard | None = None if device == CPU else find_card()
    if device == GPU and card is None:
        raise EngineError(
            "No NVIDIA graphics card was found (nvidia-smi does not answer).", "Install its driver, or use --cpu."
        )
    if card is None:
        return CPU_PACKAGE, ""
    return (CPU_PACKAGE, card.problem) if card.problem else (GPU_PACKAGE, "")


def _is_installed(runtime: Runtime, package: str) -> bool:
    # The wheel calls itself 2.7 inside, whatever its file is called.
    records = list(runtime.packages.glob(f"{package.replace('-', '_')}-{INNER_VERSION}*.dist-info"))
    return runtime.exists and bool(records) and not (runtime.environment_folder / MARK).exists()


def _make_environment(runtime: Runtime, base: Path, on_line: OnLine, cancel: threading.Event) -> None:
    shutil.rmtree(runtime.environment_folder, ignore_errors=True)
    runtime.folder.mkdir(parents=True, exist_ok=True)
    on_line(f"Making an environment of {base}…")
    done = run_program([str(base), "-m", "venv", str(runtime.environment_folder)], on_line, cancel, runtime.variables())
    if done.code != 0 or not runtime.python.is_file():
        raise EngineError(
            f"“{base}” could not make an environment.", f"Use another Python 3.6. {advice()}".strip(), done.text
        )


def _install(runtime: Runtime, package: str, on_line: OnLine, cancel: threading.Event) -> None:
    mark = runtime.environment_folder / MARK
    mark.touch()
    size = "75 MB" if package == CPU_PACKAGE else "523 MB"
    on_line(f"Installing {package} {VERSION} ({size} to download)…")
    pip = [str(runtime.python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    done = run_program([*pip, "-r", str(REQUIREMENTS), f"{package}=={VERSION}"], on_line, cancel, runtime.variables())
    if done.code != 0:
        raise EngineError(
            f"{package} could not be installed.",
            "Check the network and the free space on the disk (1 GB), then try again: what is there is kept.",
            done.text,
        )
    mark.unlink()


def _prove(runtime: Runtime, device: str, cancel: threading.Event) -> Mapping[str, Any]:
    """Let CNTK train and save, then compare its answers with its own ONNX file and with our conversion."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        done = run_program(
            [str(runtime.python), str(PROOF), name, device], lambda line: None, cancel, runtime.variables()
        )
        try:
            values: dict[str, Any] = json.loads(done.lines[-1]) if done.code == 0 and done.lines else {}
        except ValueError:
            values = {}
        if not values:
            raise EngineError(
                "CNTK is installed, but does not work here.",
                "Remove it (cntk-setup --remove), set it up again, and look into the details.",
                done.text,
            )
        difference = _difference(folder)
    if difference > TOLERANCE:
        raise EngineError(
            f"CNTK's answers and those of its exported network differ by {difference:.1e}.",
            "Please report this, with the log file.",
        )
    return values


def _difference(folder: Path) -> float:
    """Compare the answers of the proof with CNTK's ONNX file and our conversion; returns the largest difference."""
    import numpy as np

    from app.engines.cntk_model import read_model
    from app.engines.cntk_to_onnx import PixelForm, convert
    from app.onnx_sessions import open_session

    with np.load(folder / "proof.npz") as stored:
        images, answers = stored["images"], stored["answers"]
    exported = open_session(folder / "proof.onnx")
    taken = exported.get_inputs()[0].name
    by_export = np.concatenate([exported.run(None, {taken: image[None]})[0].reshape(1, -1) for image in images])
    network = convert(read_model(folder / "proof.model"), PixelForm("rgb", 0.0)).network
    pixels = images.astype(np.uint8).transpose(0, 2, 3, 1)
    logits = open_session(network.SerializeToString()).run(["logits"], {"pixels": pixels})[0]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    by_conversion = powers / powers.sum(axis=1, keepdims=True)
    return float(max(np.abs(by_export - answers).max(), np.abs(by_conversion - answers).max()))
