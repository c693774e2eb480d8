"""The list of training runs, and what became of each."""

from datetime import datetime, timezone
from pathlib import Path

from app.errors import ProjectError
from app.project.records import CANCELLED, DONE, FAILED, RUNNING, RunRow
from app.project.store import Store

INTERRUPTED = "Sightline ended while this run was going."


class Runs:
    """The runs of one project; each has a numbered folder."""

    def __init__(self, store: Store, folder: Path):
        self._store = store
        self._folder = folder / "runs"

    def folder(self, number: int) -> Path:
        """Return the folder of a run."""
        return self._folder / str(number)

    def start(self, engine: str) -> int:
        """Enter a new run and make its folder; return its number. Raises ProjectError with nothing entered."""
        created = datetime.now(timezone.utc).isoformat(timespec="seconds")
        with self._store.transaction() as transaction:
            cursor = transaction.execute(
                "INSERT INTO runs (engine, state, created) VALUES (?, ?, ?)", [engine, RUNNING, created]
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
        """Mark a run that ended before its time as going again."""
        self._end(number, RUNNING, "")

    def finish(
        self,
        number: int,
        accuracy: float | None,
        interval: tuple[float, float] | None,
        images: int,
        seconds: float,
    ) -> None:
        """Mark a run as done; accuracy is None where there was nothing to test on."""
        low, high = interval or (None, None)
        with self._store.transaction() as transaction:
            transaction.execute(
                "UPDATE runs SET state = ?, accuracy = ?, interval_low = ?, interval_high = ?, images = ?, "
                "seconds = ? WHERE number = ?",
                [DONE, accuracy, low, high, images, seconds, number],
            )

    def cancel(self, number: int) -> None:
        """Mark a run as stopped by the user."""
        self._end(number, CANCELLED, "Stopped by you.")

    def fail(self, number: int, reason: str) -> None:
        """Mark a run as failed, with the sentence why."""
        self._end(number, FAILED, reason)

    def mark_interrupted(self) -> None:
        """Mark runs that were going when the application ended."""
        with self._store.transaction() as transaction:
            transaction.execute("UPDATE runs SET state = ?, reason = ? WHERE state = ?", [FAILED, INTERRUPTED, RUNNING])

    def all(self) -> list[RunRow]:
        """Return every run, the newest first."""
        rows = self._store.rows(
            "SELECT number, engine, state, created, reason, accuracy, interval_low, interval_high, images, seconds "
            "FROM runs ORDER BY number DESC"
        )
        return [_run_row(*row) for row in rows]

    def best(self) -> RunRow | None:
        """Return the finished run with the highest test accuracy; of equals, the newest."""
        done = [run for run in self.all() if run.state == DONE]
        return max(done, key=lambda run: -1.0 if run.accuracy is None else run.accuracy, default=None)

    def _end(self, number: int, state: str, reason: str) -> None:
        with self._store.transaction() as transaction:
            transaction.execute("UPDATE runs SET state = ?, reason = ? WHERE number = ?", [state, reason, number])


def _run_row(
    number: int,
    engine: str,
    state: str,
    created: str,
    reason: str,
    accuracy: float | None,
    low: float | None,
    high: float | None,
    images: int | None,
    seconds: float | None,
) -> RunRow:
    interval = None if low is None or high is None else (low, high)
    return RunRow(number, engine, state, created, reason, accuracy, interval, images, seconds)
