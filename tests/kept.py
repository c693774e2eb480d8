"""Files of a run that are removed when it is finished, kept for tests that look into them."""

import shutil
from pathlib import Path

from app.engines.protocol import Event, Progress


class Kept:
    """Hears the events of a run, and copies files of it to another folder while it is tested, when all is learnt."""

    def __init__(self, run: Path, to: Path, *names: str):
        self._run = run
        self._to = to
        self._names = names

    def __call__(self, event: Event) -> None:
        """Copy them once."""
        if not isinstance(event, Progress) or event.stage != "test" or self._to.exists():
            return
        self._to.mkdir(parents=True)
        for name in self._names:
            shutil.copyfile(self._run / name, self._to / name)
