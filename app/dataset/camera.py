"""The cameras there are, and the pictures of one, or of a film in its place."""

import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from app.dataset.decode import Pixels
from app.errors import InputError

FIRST_CAMERA = 0
FAST = [cv2.IMWRITE_PNG_COMPRESSION, 1]
DEVICES = Path("/sys/class/video4linux")
MOST_UNNAMED = 4


@dataclass(frozen=True)
class Camera:
    """A camera's number, or a film's path, and its name where the system tells it."""

    source: int | str
    name: str = ""


def cameras(devices: Path = DEVICES) -> list[Camera]:
    """List the cameras by name on Linux; elsewhere, where only opening one tells that it is there, a few numbers."""
    if sys.platform != "linux":
        return [Camera(number) for number in range(MOST_UNNAMED)]
    found = {}
    for device in devices.glob("video*"):
        try:
            if int((device / "index").read_text()) == 0:  # a camera's other devices give no pictures
                found[int(device.name.removeprefix("video"))] = (device / "name").read_text().strip()
        except (OSError, ValueError):
            continue
    return [Camera(number, name) for number, name in sorted(found.items())]


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
