"""Set CNTK up, or remove it, in a process of its own: what proves it loads frameworks that the window must not."""

import threading

from app.engines.cntk_runtime import RuntimeInfo
from app.engines.process import EngineProcess, worker_command
from app.engines.protocol import OnEvent

SETUP_WORKER = "app.engines.setup_worker"


def set_up_cntk(python: str, device: str, on_event: OnEvent, cancel: threading.Event) -> RuntimeInfo:
    """Set CNTK up, its lines told as notes; raises EngineError, or Cancelled. An empty `python` is looked for."""
    with EngineProcess(worker_command(SETUP_WORKER)) as process:
        process.start()
        values = process.run({"kind": "cntk_setup", "python": python, "device": device}, on_event, cancel)
    return RuntimeInfo(**{**values, "devices": tuple(values["devices"])})


def remove_cntk(on_event: OnEvent, cancel: threading.Event) -> bool:
    """Delete CNTK's own Python; returns False where there was none. Raises EngineError where it cannot be."""
    with EngineProcess(worker_command(SETUP_WORKER)) as process:
        process.start()
        return bool(process.run({"kind": "cntk_remove"}, on_event, cancel)["removed"])
