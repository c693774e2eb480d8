"""The demo project, prepared in the background."""

import threading
from pathlib import Path

from app.engines.protocol import OnEvent, Progress
from app.tour import demo_images, demo_project_folder


def draw_demo_images(on_event: OnEvent, cancel: threading.Event) -> tuple[Path, Path]:
    """Draw what is not there yet; return the folders of the images and of the project."""
    on_event(Progress("demo", 0, 0))
    return demo_images(), demo_project_folder()
