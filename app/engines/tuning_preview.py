"""The worker that draws what augmentation makes of pictures, to be looked at before training."""

import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from app.dataset.decode import UnreadableImage, read_image
from app.dataset.preprocess import IMAGE, PIXELS, preprocess_graph
from app.engines.protocol import Hello, OnEvent
from app.engines.tuning_data import augment, planes
from app.engines.worker import Job
from app.errors import Cancelled, EngineError
from app.files import write_bytes
from app.onnx_sessions import open_session
from app.settings import TorchSettings

PICTURES = 8


def preview(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Write eight pictures of the job's `paths`, augmented by its `settings` and `seed`, into its folder `to`.

    Where fewer images can be read, some are shown more than once; raises EngineError where none can.
    """
    settings = TorchSettings(**job["settings"])
    prepare = open_session(preprocess_graph(settings.side).SerializeToString())
    pictures = []
    for path in job["paths"]:
        if cancel.is_set():
            raise Cancelled
        try:
            pictures.append(prepare.run([PIXELS], {IMAGE: read_image(Path(path))[np.newaxis]})[0][0])
        except UnreadableImage:
            continue  # training will name it
        if len(pictures) == PICTURES:
            break
    if not pictures:
        raise EngineError("None of the images can be read, so that there is nothing to show.", "Look at the Findings.")
    shown = np.stack([pictures[place % len(pictures)] for place in range(PICTURES)])
    torch.manual_seed(job["seed"])
    drawn, _ = augment(planes(shown), torch.zeros(PICTURES, 1), settings)
    return {"pictures": [_write(Path(job["to"]) / f"{number}.png", one) for number, one in enumerate(drawn, 1)]}


def _write(path: Path, picture: torch.Tensor) -> str:
    pixels = picture.round().clamp(0, 255).byte().permute(1, 2, 0).numpy()
    write_bytes(path, cv2.imencode(".png", np.ascontiguousarray(pixels[:, :, ::-1]))[1].tobytes())
    return str(path)


def hello() -> Hello:
    """Say which engine this is."""
    return Hello("torch", torch.__version__)


HANDLERS = {"preview": preview}
