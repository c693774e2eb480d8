"""Predict and export by a worker process of its own; safe for the window."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.engines.process import EngineProcess, worker_command
from app.engines.protocol import OnEvent
from app.evaluation.rule import Rule
from app.export.exporters import BUNDLE, INT8, check_exporter

MODEL_WORKER = "app.export.model_worker"
# Ways to find what speaks for a class, as `explaining` does them.


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

    def export(
        self, bundle: Path, to: Path, on_event: OnEvent, cancel: threading.Event, form: str = BUNDLE
    ) -> dict[str, Any]:
        """Write a bundle below the folder `to` in one of `EXPORTERS`; returns `bundle` and the figures of its check."""
        check_exporter(form, bundle)
        job = {"kind": "export", "bundle": str(bundle.resolve()), "to": str(to.resolve()), "form": form}
        return self._run(job, on_event, cancel)

    def costs(self, bundle: Path, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
        """Measure size, speed and accuracy of the forms of a run's model; returns `costs`, see `reduced.Cost`."""
        check_exporter(INT8, bundle)
        return self._run({"kind": "costs", "bundle": str(bundle.resolve())}, on_event, cancel)

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
        method: str | None = None,
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
