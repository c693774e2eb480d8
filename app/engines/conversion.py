"""Convert a pretrained network to ONNX, once per user, by the worker that has PyTorch."""

import threading

from app.engines.process import EngineProcess, worker_command
from app.engines.protocol import Note, OnEvent
from app.errors import Cancelled, EngineError
from app.features.backbones import Backbone, network_file

TORCH_WORKER = "app.engines.torch_worker"


def ensure_network(backbone: Backbone, on_event: OnEvent, cancel: threading.Event) -> None:
    """Make the ONNX form of a backbone if the cache lacks it; raises EngineError, or Cancelled."""
    if network_file(backbone).exists():
        return
    on_event(Note(f"Preparing the pretrained network {backbone.title}; this is done once."))
    with EngineProcess(worker_command(TORCH_WORKER)) as process:
        try:
            process.start()
        except EngineError:
            if cancel.is_set():  # Ctrl+C on a terminal may reach the process before it has a session of its own
                raise Cancelled from None
            raise
        process.run({"kind": "export", "backbone": backbone.name, "to": str(network_file(backbone))}, on_event, cancel)
