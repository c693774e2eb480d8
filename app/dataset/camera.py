"""Pictures of a camera, or of a film in its place."""

from collections.abc import Generator
from typing import Literal

import cv2
import numpy as np

from app.dataset.decode import Pixels
from app.errors import InputError

FIRST_CAMERA = 0
FAST = [cv2.IMWRITE_PNG_COMPRESSION, 1]


def pictures(source: int | str = FIRST_CAMERA) -> Generator[Pixels, None, None]:
    """Yield RGB pictures [height, width, 3] until there are no more; the camera is free again when it is closed.

    `source` is the number of a camera, or a film's path. Raises InputError where there is none, or it shows nothing.
    """
    capture = cv2.VideoCapture(source)
    try:
        if not capture.isOpened():
            raise InputError(
                "No camera was found.",
                "Connect one, close other programs that use it, and allow its use in the system.",
            )
        seen, picture = capture.read()
        if not seen:
            raise InputError("The camera gives no picture.", "Close other programs that use it, and try again.")
        while seen:
            yield np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
            seen, picture = capture.read()
    finally:
        capture.release()


def encoded(picture: Pixels, suffix: Literal[".png"] = ".png") -> bytes:
    """Return a picture as a file without loss."""
    return cv2.imencode(suffix, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), FAST)[1].tobytes()
