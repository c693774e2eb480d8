"""The project's SQLite file: one connection, safe to use from several threads."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from app.errors import ProjectError
from app.project.migrations import migrate

FILE_NAME = "project.sqlite"
BUSY_TIMEOUT_S = 10.0
# What SQLite says (its error numbers are known to Python only since 3.11), what it means, and what helps.
TROUBLES = (
    ("disk is full", "the disk is full", "Make room on it, then do it again."),
    ("readonly", "it is write-protected", "Allow writing to its folder and the files in it, then open it again."),
    ("locked", "another program holds it", "Let that end (a backup or synchronisation?), then do it again."),
    ("malformed", "it is damaged", "Restore a backup of the project: Restore a project… in the File menu."),
    ("not a database", "it is damaged", "Restore a backup of the project: Restore a project… in the File menu."),
    ("disk I/O error", "its disk does not answer", "Connect it again, then close the project and open it."),
    ("unable to open", "it cannot be opened", "Check that its disk is connected and may be written to."),
)
OTHER_TROUBLE = ("", "SQLite failed", "Check that its disk is connected and has space.")


class Store:
    """Reads and transactions on the project file; each commit is on disk when it returns."""

    def __init__(self, folder: Path):
        self._lock = threading.RLock()
        self._path = folder / FILE_NAME
        try:
            self._connection = self._connect()
        except sqlite3.Error as error:
            what, hint = _trouble(error)
            raise ProjectError(f"The project file “{self._path}” cannot be read: {what}.", hint, str(error)) from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Close the file; the write-ahead log is folded into it."""
        with self._lock:
            self._connection.close()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a query and return all rows."""
        with self._lock, self._worded():
            return self._connection.execute(sql, values).fetchall()

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """Run a query and return the first column of its first row, or None."""
        rows = self.rows(sql, values)
        return rows[0][0] if rows else None

    def copy_to(self, path: Path) -> None:
        """Write the database, as it is now, into a new file; others may go on writing meanwhile."""
        with self._worded(), closing(sqlite3.connect(path)) as copy, closing(sqlite3.connect(self._path)) as source:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")

    @contextmanager
    def transaction(self) -> Iterator["Transaction"]:
        """Do all of the block's writes or none, durable when it ends; raises ProjectError."""
        with self._lock, self._worded():
            self._check_there()
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _worded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            what, hint = _trouble(error)
            raise ProjectError(
                f"The project file “{self._path}” could not be used: {what}. Nothing was changed.", hint, str(error)
            ) from error

    def _check_there(self) -> None:
        """Raise ProjectError where the folder went away: some systems would go on writing to what nobody finds."""
        if not self._path.exists():
            raise ProjectError(
                f"The project folder “{self._path.parent}” is not there any more. Nothing was changed.",
                "Connect its disk again, or close the project and open it where it is now.",
            )


class Transaction:
    """The writes that belong together."""

    def __init__(self, connection: sqlite3.Connection):
        self._connection = connection

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        return self._connection.execute(sql, values)

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for every row."""
        self._connection.executemany(sql, rows)


def _trouble(error: sqlite3.Error) -> tuple[str, str]:
    """Return in words what is wrong, and what to do."""
    text = str(error)
    return next((what, hint) for sign, what, hint in (*TROUBLES, OTHER_TROUBLE) if sign in text)
