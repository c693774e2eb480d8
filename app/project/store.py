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


class Store:
    """Reads and transactions on the project file; each commit is on disk when it returns."""

    def __init__(self, folder: Path):
        self._lock = threading.RLock()
        self._path = folder / FILE_NAME
        try:
            self._connection = self._connect()
        except sqlite3.Error as error:
            raise ProjectError(
                f"The project file “{self._path}” cannot be read.",
                "It may be damaged, or its disk full or write-protected.",
                str(error),
            ) from error

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
        """Do all of the block's writes or none, durable when it ends."""
        with self._lock, self._worded():
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
            raise ProjectError(
                f"The project file “{self._path}” could not be used; nothing was changed.",
                "Check that its disk is connected and has space.",
                str(error),
            ) from error


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
