"""What the window asks about CNTK, in a process of its own, which loads frameworks that the window must not."""

import threading
from typing import Any

from app.engines.cntk_runtime import RuntimeInfo
from app.engines.process import EngineProcess, worker_command
from app.engines.protocol import OnEvent

SERVICE_WORKER = "app.engines.cntk_service_worker"


def set_up_cntk(python: str, device: str, on_event: OnEvent, cancel: threading.Event) -> RuntimeInfo:
    """Set CNTK up, its lines told as notes; raises EngineError, or Cancelled. An empty `python` is looked for."""
    values = _ask({"kind": "cntk_setup", "python": python, "device": device}, on_event, cancel)
    return RuntimeInfo(**{**values, "devices": tuple(values["devices"])})


def remove_cntk(on_event: OnEvent, cancel: threading.Event) -> bool:
    """Delete CNTK's own Python; returns False where there was none. Raises EngineError where it cannot be."""
    return bool(_ask({"kind": "cntk_remove"}, on_event, cancel)["removed"])


def network_nodes(network: str) -> tuple[list[str], str]:
    """Return the nodes of a .model file that can be classified, and which is found by itself; raises EngineError."""
    values = _ask({"kind": "cntk_nodes", "network": network}, lambda event: None, threading.Event())
    return list(values["nodes"]), str(values["found"])


def _ask(job: dict[str, Any], on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    with EngineProcess(worker_command(SERVICE_WORKER)) as process:
        process.start()
        return process.run(job, on_event, cancel)
