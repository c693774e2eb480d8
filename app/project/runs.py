"""The list of training runs, and what became of each."""

import shutil
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from app.errors import InputError, ProjectError
from app.project.records import CANCELLED, DONE, FAILED, RUNNING, Measured, RunRow
from app.project.store import Store

INTERRUPTED = "Sightline ended while this run was going."
DELETED = ".deleted-"  # before the number of a run whose folder is being removed
COLUMNS = (
    "number, engine, state, created, reason, accuracy, interval_low, interval_high, images, seconds, preset, data, "
    "validation, validation_low, validation_high, validation_images, note, starred, sweep, trial"
)


class Runs:
    """The runs of one project; each has a numbered folder."""

    def __init__(self, store: Store, folder: Path):
        self._store = store
        self._folder = folder / "runs"

    def folder(self, number: int) -> Path:
        """Return the folder of a run."""
        return self._folder / str(number)

    def start(
        self, engine: str, preset: str = "", data: str = "", sweep: int | None = None, trial: int | None = None
    ) -> int:
        """Enter a new run and make its folder; return its number. Raises ProjectError with nothing entered."""
        created = datetime.now(timezone.utc).isoformat(timespec="seconds")
        with self._store.transaction() as transaction:
            cursor = transaction.execute(
                "INSERT INTO runs (engine, state, created, preset, data, sweep, trial) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [engine, RUNNING, created, preset, data, sweep, trial],
            )
            number = int(cursor.lastrowid or 0)
            try:
                self.folder(number).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise ProjectError(
                    f"The folder “{self.folder(number)}” cannot be made ({error.strerror or error}).",
                    "Check that the project's disk is connected, may be written to, and has space.",
                    str(error),
                ) from error
        return number

    def restart(self, number: int) -> None:
        """Mark a run that ended before its time as going again; the seconds that it took stay."""
        self._end(number, RUNNING, "")

    def finish(
        self,
        number: int,
        accuracy: float | None,
        interval: tuple[float, float] | None,
        images: int,
        seconds: float,
        validation: Measured | None = None,
    ) -> None:
        """Mark a run as done; accuracy is None where there was nothing to test on."""
        low, high = interval or (None, None)
        held_out = (None,) * 4 if validation is None else (validation.share, *validation.interval, validation.images)
        self._set(
            number,
            "state = ?, accuracy = ?, interval_low = ?, interval_high = ?, images = ?, seconds = ?, "
            "validation = ?, validation_low = ?, validation_high = ?, validation_images = ?",
            [DONE, accuracy, low, high, images, seconds, *held_out],
        )

    def cancel(self, number: int, seconds: float | None = None) -> None:
        """Mark a run as stopped by the user, after so many seconds in all."""
        self._end(number, CANCELLED, "Stopped by you.", seconds)

    def fail(self, number: int, reason: str, seconds: float | None = None) -> None:
        """Mark a run as failed after so many seconds in all, with the sentences why, which are kept as one line."""
        self._end(number, FAILED, " ".join(reason.split()), seconds)

    def set_seconds(self, number: int, seconds: float) -> None:
        """Keep how long a run has taken so far, all times together that it was going."""
        self._set(number, "seconds = ?", [seconds])

    def mark_interrupted(self) -> None:
        """Mark runs that were going when the application ended."""
        with self._store.transaction() as transaction:
            transaction.execute("UPDATE runs SET state = ?, reason = ? WHERE state = ?", [FAILED, INTERRUPTED, RUNNING])

    def set_note(self, number: int, note: str) -> None:
        """Keep the user's own words on a run; raises InputError for a run that is not there."""
        self.one(number)
        self._set(number, "note = ?", [note.strip()])

    def set_starred(self, number: int, starred: bool) -> None:
        """Mark a run as one that matters, or take the mark away; raises InputError for a run that is not there."""
        self.one(number)
        self._set(number, "starred = ?", [int(starred)])

    def delete(self, number: int) -> None:
        """Remove a run with its model and figures, but no image; raises InputError while it is going."""
        if self.one(number).state == RUNNING:
            raise InputError(f"Run {number} is going on.", "Stop it first.")
        self._keep_sources(number)
        aside = self._folder / f"{DELETED}{number}"
        try:
            if self.folder(number).exists():
                self.folder(number).replace(aside)
        except OSError as error:
            hint = "Another program uses it, or the disk is write-protected. Close what uses it and try again."
            raise ProjectError(f"The folder of run {number} cannot be removed.", hint, str(error)) from error
        try:
            with self._store.transaction() as transaction:
                transaction.execute("DELETE FROM runs WHERE number = ?", [number])
        except ProjectError:
            if aside.exists():
                aside.replace(self.folder(number))
            raise
        for left in self._folder.glob(f"{DELETED}*"):
            shutil.rmtree(left, ignore_errors=True)

    def one(self, number: int) -> RunRow:
        """Return a run; raises InputError where there is none of this number."""
        found = self._rows("WHERE number = ?", [number])
        if not found:
            raise InputError(f"The project has no run {number}.", "The Train tab lists its runs.")
        return found[0]

    def all(self) -> list[RunRow]:
        """Return every run, the newest first."""
        return self._rows("ORDER BY number DESC")

    def best(self) -> RunRow | None:
        """Return the finished run with the highest test accuracy; of equals, the newest."""
        done = [run for run in self.all() if run.state == DONE]
        return max(done, key=lambda run: -1.0 if run.accuracy is None else run.accuracy, default=None)

    def _rows(self, clause: str, values: Sequence[Any] = ()) -> list[RunRow]:
        return [_run_row(*row) for row in self._store.rows(f"SELECT {COLUMNS} FROM runs {clause}", values)]

    def _end(self, number: int, state: str, reason: str, seconds: float | None = None) -> None:
        self._set(number, "state = ?, reason = ?, seconds = COALESCE(?, seconds)", [state, reason, seconds])

    def _set(self, number: int, columns: str, values: Sequence[Any]) -> None:
        with self._store.transaction() as transaction:
            transaction.execute(f"UPDATE runs SET {columns} WHERE number = ?", [*values, number])

    def _keep_sources(self, number: int) -> None:
        """Raise ProjectError where the user's images are in the run's folder, whoever put them there."""
        inside = self.folder(number).resolve()
        for (source,) in self._store.rows("SELECT folder FROM sources"):
            if Path(source).resolve().is_relative_to(inside):
                hint = "Move them elsewhere, then find them again with File → Find moved images."
                raise ProjectError(f"The folder of run {number} holds images of this project.", hint)


def _run_row(*row: Any) -> RunRow:
    number, engine, state, created, reason, accuracy, low, high, images, seconds, preset, data, *more = row
    share, share_low, share_high, share_images, note, starred, sweep, trial = more
    return RunRow(
        number,
        engine,
        state,
        created,
        reason,
        accuracy,
        None if low is None or high is None else (low, high),
        images,
        seconds,
        preset,
        data,
        None if share is None else Measured(share, (share_low, share_high), share_images),
        note,
        bool(starred),
        sweep,
        trial,
    )
