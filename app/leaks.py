"""The leak guard: before training, test images that are as good as trained on.

In a division that Sightline makes there are none, since no group is divided; in a test part of the user's own there can
be.
"""

import threading
from dataclasses import dataclass
from pathlib import Path

from app.engines.protocol import OnEvent
from app.project.project import Project
from app.project.records import ImageRow
from app.trial import divided


@dataclass(frozen=True)
class Leak:
    """A test image and a training image that is its near-duplicate, or in the same group."""

    trained: Path
    tested: ImageRow


def find_leaks(project: Project, seed: int, on_event: OnEvent, cancel: threading.Event) -> list[Leak]:
    """Look across the division that training would make; raises AppError or Cancelled."""
    if not project.has_own_test_part:
        return []
    with divided(project, seed, on_event, cancel) as trial:
        pairs = trial.pairs
    rows = {str(row.path): row for row in project.images()}
    return [Leak(Path(trained), rows[tested]) for trained, tested in pairs if tested in rows]
