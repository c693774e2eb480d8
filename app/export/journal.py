"""What was answered already of a long question, on disk line by line, so that an interrupted one goes on."""

import json
import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from app.export.answers import Answers, Result
from app.export.bundle import BundleInfo
from app.files import cache_folder

FORMAT = 1
FOLDER = "unfinished"  # in the cache
KEPT = 10  # journals; older ones are deleted

log = logging.getLogger(__name__)


class Journal:
    """The answers of one model to one question (the files, folders and zips that were named); a context manager.

    A file that changed since is asked again. Where the disk takes nothing, nothing is remembered, and all goes on.
    """

    def __init__(self, info: BundleInfo, asked: Sequence[Path]):
        self._labels = info.labels
        self._head = {"format": FORMAT, "model": info.model_sha256, "rule": info.ruled.to_json()}
        said = json.dumps([self._head, [str(path.absolute()) for path in asked]])
        name = blake2b(said.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()
        self._file = cache_folder() / FOLDER / f"{name}.jsonl"
        self._stream: IO[str] | None = None

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
        if kind is None:
            with suppress(OSError):
                self._file.unlink(missing_ok=True)

    def split(self, files: Sequence[Path]) -> tuple[Answers, list[Path]]:
        """Return the answers that are known, in the order of the files, and the files that are still to be asked."""
        stored, places = self._read()
        known, rest = Answers(self._labels), []
        for file in files:
            place = places.get(str(file))
            if place is None or place[1] != _mark(file):
                rest.append(file)
            else:
                result = stored[place[0]]
                known.add([result])
        return known, rest

    def add(self, results: Iterable[Result]) -> None:
        """Remember answers."""
        try:
            stream = self._stream or self._open()
            for result in results:
                confidences = {one["label"]: one["confidence"] for one in result["predictions"]}
                row = [confidences.get(label, 0.0) for label in self._labels]
                rest = [result.get("verdict"), result.get("novelty"), result.get("problem")]
                stream.write(json.dumps([result["path"], _mark(Path(result["path"])), row, *rest]) + "\n")
            stream.flush()
        except OSError as error:
            log.warning("answers are not remembered: %s", error)

    def _open(self) -> IO[str]:
        self._file.parent.mkdir(exist_ok=True)
        older = sorted(self._file.parent.glob("*.jsonl"), key=lambda one: one.stat().st_mtime)
        for one in older[: max(0, len(older) - KEPT)]:
            one.unlink(missing_ok=True)
        self._stream = self._file.open("a", encoding="utf-8", errors="surrogateescape")
        # A line that was cut off by a crash must not swallow the next one.
        self._stream.write("\n" if self._file.stat().st_size else json.dumps(self._head) + "\n")
        return self._stream

    def _close(self) -> None:
        if self._stream is not None:
            with suppress(OSError):
                self._stream.close()
            self._stream = None

    def _read(self) -> tuple[Answers, dict[str, tuple[int, list[int] | None]]]:
        stored = Answers(self._labels)
        places: dict[str, tuple[int, list[int] | None]] = {}
        try:
            with self._file.open(encoding="utf-8", errors="surrogateescape") as stream:
                for line in stream:
                    row = _row(line, len(self._labels))
                    if row is not None:
                        path, mark, *rest = row
                        places[path] = (len(stored), mark)
                        stored.append(path, *rest)
        except OSError:
            return Answers(self._labels), {}
        return stored, places


def _row(line: str, classes: int) -> list[Any] | None:
    """Return a line's values; None for the head, an empty line, and one that was cut off."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    whole = isinstance(row, list) and len(row) == 6 and isinstance(row[2], list) and len(row[2]) == classes
    return row if whole else None


def _mark(file: Path) -> list[int] | None:
    """Return what tells that a file changed."""
    try:
        info = file.stat()
    except (OSError, ValueError):
        return None
    return [info.st_size, info.st_mtime_ns]
