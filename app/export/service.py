"""Predict and export by a worker process of its own; safe for the window."""

import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.engines.process import EngineProcess, worker_command
from app.engines.protocol import OnEvent
from app.errors import BundleError
from app.evaluation.rule import Rule
from app.export.bundle import bundle_root, read_bundle_info
from app.files import safe_name

MODEL_WORKER = "app.export.model_worker"


class ModelService:
    """A worker that is started when first needed and keeps its bundle loaded; one job at a time."""

    def __init__(self) -> None:
        self._process: EngineProcess | None = None
        self._lock = threading.Lock()

    def predict(self, bundle: Path, paths: Sequence[Path], on_event: OnEvent, cancel: threading.Event) -> None:
        """Predict files; each progress event brings the next `results` in its values."""
        job = {
            "kind": "predict",
            "bundle": str(bundle.resolve()),
            "paths": [str(path.resolve()) for path in paths],
        }
        self._run(job, on_event, cancel)

    def export(self, bundle: Path, to: Path, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
        """Copy a bundle below the folder `to` and check the copy; returns `bundle` and the figures of the check."""
        copy = copy_bundle(bundle, to)
        return {"bundle": str(copy), **self._run({"kind": "check", "bundle": str(copy)}, on_event, cancel)}

    def set_rule(self, bundle: Path, rule: Rule, on_event: OnEvent, cancel: threading.Event) -> None:
        """Store when the answers of a bundle are accepted."""
        self._run({"kind": "rule", "bundle": str(bundle.resolve()), "rule": rule.to_json()}, on_event, cancel)

    def explain(
        self,
        bundle: Path,
        path: Path,
        label: str,
        on_event: OnEvent,
        cancel: threading.Event,
        method: str = "activation",
    ) -> dict[str, Any]:
        """Return where an image speaks for a label: `values` [rows][columns], 0 to 1, and `box` as in HeatMap."""
        job = {"kind": "explain", "bundle": str(bundle.resolve()), "path": str(path.resolve()), "label": label}
        return self._run({**job, "method": method}, on_event, cancel)

    def close(self) -> None:
        """End the worker."""
        with self._lock:
            if self._process is not None:
                self._process.close()
                self._process = None

    def _run(self, job: dict[str, Any], on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
        with self._lock:
            if self._process is None or not self._process.running:
                if self._process is not None:
                    self._process.close()
                self._process = EngineProcess(worker_command(MODEL_WORKER))
                self._process.start()
            return self._process.run(job, on_event, cancel)


def copy_bundle(bundle: Path, to: Path) -> Path:
    """Copy a bundle folder to a new folder below `to`, named after it; raises BundleError."""
    name = safe_name(read_bundle_info(bundle).name)
    if not isinstance(bundle_root(bundle), Path):
        raise BundleError("A zipped bundle is exported already.", "Copy the file, or unpack it.")
    try:
        to.mkdir(parents=True, exist_ok=True)
        target = _free_folder(to.resolve(), name)
        part = target.with_name(f"{target.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(bundle, part)
        part.rename(target)
    except OSError as error:
        raise BundleError(
            f"The bundle could not be written to “{to}”.", "Choose another folder.", str(error)
        ) from error
    return target


def _free_folder(folder: Path, name: str) -> Path:
    """Return a folder that is not there yet: an export never overwrites an older one."""
    target = folder / name
    number = 2
    while target.exists():
        target = folder / f"{name}-{number}"
        number += 1
    return target
