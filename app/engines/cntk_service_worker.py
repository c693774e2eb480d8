"""The worker that sets CNTK up, removes it, or looks into its networks; its lines come as notes."""

import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app import __version__
from app.engines import cntk_setup
from app.engines.cntk_nodes import feature_nodes
from app.engines.cntk_runtime import default_runtime
from app.engines.protocol import Hello, Note, OnEvent
from app.engines.worker import Job


def set_up(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Set CNTK up with the job's `python`, looked for where it is empty, for its `device`."""
    python = Path(job["python"]).expanduser().absolute() if job["python"] else None
    info = cntk_setup.set_up(default_runtime(), python, job["device"], lambda line: on_event(Note(line)), cancel)
    return asdict(info)


def remove(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Delete CNTK's own Python."""
    return {"removed": cntk_setup.remove(default_runtime())}


def list_nodes(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Name the nodes of the job's `network` file that can be classified, and the one taken where none is named."""
    nodes, found = feature_nodes(Path(job["network"]).expanduser())
    return {"nodes": [node.name for node in nodes], "found": found}


def hello() -> Hello:
    """Say which worker this is."""
    return Hello("cntk service", __version__)


HANDLERS = {"cntk_setup": set_up, "cntk_remove": remove, "cntk_nodes": list_nodes}
