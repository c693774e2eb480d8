"""Find out that a model has a newer bundle: the same folder written anew, or a project's next run."""

from pathlib import Path

from app.errors import AppError
from app.export.bundle import BUNDLE_FOLDER, INFO_FILE, MODEL_FILE, find_bundle
from app.project.project import is_project

Stamp = tuple[tuple[str, int, int], ...]


class Newest:
    """Watches MODEL, which is a bundle (folder or zip), a run folder or a project."""

    def __init__(self, model: Path, bundle: Path):
        self._model = model
        self.bundle = bundle
        self._stamp = self._look()

    def look(self) -> Path | None:
        """Return the bundle if it was written since the last look, None if it was not or cannot be told yet."""
        stamp = self._look()
        if stamp == self._stamp:
            return None
        try:
            self.bundle = find_bundle(self._model)
        except AppError:  # being written, or the project is in use: the next look will tell
            return None
        self._stamp = stamp
        return self.bundle

    def _look(self) -> Stamp:
        files = sorted(self._files())
        found = []
        for file in files:
            try:
                state = file.stat()
            except OSError:  # gone, or not there yet
                continue
            found.append((str(file), state.st_mtime_ns, state.st_size))
        return tuple(found)

    def _files(self) -> list[Path]:
        if is_project(self._model):
            return list(self._model.glob(f"runs/*/{BUNDLE_FOLDER}/{INFO_FILE}"))
        if self._model.is_dir():
            folder = self._model / BUNDLE_FOLDER if (self._model / BUNDLE_FOLDER).is_dir() else self._model
            return [folder / INFO_FILE, folder / MODEL_FILE]
        return [self._model]
