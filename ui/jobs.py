"""Work in the background, told to the window as signals; the only threading in the window's code."""

import threading
import time
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

from PyQt5 import sip
from PyQt5.QtCore import QObject, QRunnable, QThread, QThreadPool, QTimer, pyqtSignal, pyqtSlot

from app.engines.protocol import Event, Note, OnEvent, Progress
from app.errors import AppError, Cancelled

Work = Callable[[OnEvent, threading.Event], object]
OnDone = Callable[[Any], None]

DELIVER_EVERY_S = 0.1  # nobody reads faster, and a flood of events would hold the window up


class Job(QObject):
    """One piece of long work; it ends in exactly one of done, cancelled and failed, and then is finished."""

    progressed = pyqtSignal(object)
    noted = pyqtSignal(str)
    done = pyqtSignal(object)
    cancelled = pyqtSignal()
    failed = pyqtSignal(object)
    finished = pyqtSignal()

    def __init__(self, number: int, title: str, work: Work, detached: bool, parent: QObject | None = None):
        super().__init__(parent)
        self.number = number
        self.title = title
        self.detached = detached
        self._cancel = threading.Event()
        self._thread = _WorkThread(work, self._cancel, title)
        self._delivered = 0.0
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._deliver)
        self._thread.mail_came.connect(self._on_thread_mail_came)
        self._thread.finished.connect(self._on_thread_finished)

    @property
    def running(self) -> bool:
        """Tell whether the work is still going on."""
        return self._thread.isRunning()

    @property
    def cancelling(self) -> bool:
        """Tell whether the work was asked to stop."""
        return self._cancel.is_set()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def cancel(self) -> None:
        """Ask the work to stop; one of the last signals says that it has."""
        self._cancel.set()

    def wait(self) -> None:
        """Wait until the work has ended; its last words are delivered by the event loop, if there is one."""
        self._thread.wait()

    @pyqtSlot()
    def _on_thread_mail_came(self) -> None:
        wait = self._delivered + DELIVER_EVERY_S - time.monotonic()
        self._timer.start(max(0, round(1000 * wait)))

    @pyqtSlot()
    def _deliver(self) -> None:
        self._delivered = time.monotonic()
        for event in self._thread.mailbox.take():
            if isinstance(event, Progress):
                self.progressed.emit(event)
            elif isinstance(event, Note):
                self.noted.emit(event.text)

    @pyqtSlot()
    def _on_thread_finished(self) -> None:
        self._timer.stop()
        self._deliver()
        outcome = self._thread.outcome
        if isinstance(outcome, Cancelled):
            self.cancelled.emit()
        elif isinstance(outcome, AppError):
            self.failed.emit(outcome)
        else:
            self.done.emit(outcome)
        self.finished.emit()


class _Mailbox:
    """Events on their way to the window: all that carry values or words, of the others only the newest."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._lock = threading.Lock()

    def put(self, event: Event) -> bool:
        """Add an event; tell whether the box was empty before."""
        with self._lock:
            was_empty = not self._events
            if self._events and _replaces(event, self._events[-1]):
                self._events[-1] = event
            else:
                self._events.append(event)
            return was_empty

    def take(self) -> list[Event]:
        """Empty the box."""
        with self._lock:
            events, self._events = self._events, []
            return events


def _replaces(event: Event, before: Event) -> bool:
    """Tell whether a report of progress says all that the one before it said."""
    return (
        isinstance(event, Progress)
        and isinstance(before, Progress)
        and event.stage == before.stage
        and not before.values
    )


class _WorkThread(QThread):
    mail_came = pyqtSignal()

    def __init__(self, work: Work, cancel: threading.Event, title: str):
        super().__init__()
        self._work = work
        self._cancel = cancel
        self._title = title
        self.mailbox = _Mailbox()
        self.outcome: object = None

    def run(self) -> None:
        """Do the work in the thread and keep what came of it."""
        try:
            self.outcome = self._work(self._send, self._cancel)
        except (AppError, Cancelled) as error:
            self.outcome = error
        except Exception as error:
            self.outcome = AppError(
                f"“{self._title}” failed: {error}",
                "Nothing else was affected. The details say where it happened.",
                traceback.format_exc(),
            )

    def _send(self, event: Event) -> None:
        if self.mailbox.put(event):
            self.mail_came.emit()


class Jobs(QObject):
    """Starts jobs and knows which are running."""

    job_started = pyqtSignal(object)
    job_finished = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self._count = 0
        self._running: dict[int, Job] = {}

    def start(self, title: str, work: Work, detached: bool = False) -> Job:
        """Run `work(on_event, cancel)` in a thread of its own; the caller connects the job's signals at once.

        A detached job neither needs the project to stay open nor is missed when it is stopped.
        """
        self._count += 1
        job = Job(self._count, title, work, detached, self)
        self._running[job.number] = job
        job.finished.connect(self._on_job_finished)
        self.job_started.emit(job)
        job.start()
        return job

    @property
    def running(self) -> list[Job]:
        """Return the jobs that are going on, the oldest first."""
        return list(self._running.values())

    @property
    def needed(self) -> list[Job]:
        """Return those that the user would miss, or that need the project, the oldest first."""
        return [job for job in self.running if not job.detached]

    def cancel_all(self) -> None:
        """Ask every job to stop."""
        for job in self.running:
            job.cancel()

    def end_all(self) -> None:
        """Stop every job and wait for it; for when nobody listens any more."""
        self.cancel_all()
        for job in self._running.values():
            job.wait()
        self._running.clear()

    @pyqtSlot()
    def _on_job_finished(self) -> None:
        for number, job in list(self._running.items()):
            if job is self.sender():
                del self._running[number]
                self.job_finished.emit(job)
                job.deleteLater()


class Task(QObject):
    """A short piece of work for the pool, such as one thumbnail."""

    _ended = pyqtSignal(object)

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...], on_done: OnDone):
        super().__init__()
        self._function = function
        self._arguments = arguments
        self._on_done = on_done
        self._cancelled = False
        self._ended.connect(self._on_ended)

    def cancel(self) -> None:
        """Never call `on_done`; work that has not begun is left out."""
        self._cancelled = True

    def work(self) -> None:
        """Run in the pool's thread."""
        result: object = None
        if not self._cancelled:
            try:
                result = self._function(*self._arguments)
            except AppError as error:
                result = error
            except Exception as error:
                result = AppError(f"It failed: {error}", "", traceback.format_exc())
        self._ended.emit(result)

    @pyqtSlot(object)
    def _on_ended(self, result: object) -> None:
        _tasks.discard(self)
        if not self._cancelled and not _is_gone(self._on_done):
            self._on_done(result)


def _is_gone(on_done: OnDone) -> bool:
    """Tell whether the widget that waited for a result was closed, and deleted, meanwhile."""
    function = on_done.func if isinstance(on_done, partial) else on_done
    owner = getattr(function, "__self__", None)
    return isinstance(owner, QObject) and bool(sip.isdeleted(owner))


class _Runnable(QRunnable):
    def __init__(self, task: Task):
        super().__init__()
        self._task = task

    def run(self) -> None:
        self._task.work()


_tasks: set[Task] = set()
# Not Qt's global pool: Qt scales large images in that, and Python waits for Qt without giving way to other threads.
# Tasks of ours in it, which wait for Python, and a picture that is painted would wait for each other for ever.
pool = QThreadPool()


def run_in_pool(function: Callable[..., Any], *arguments: Any, on_done: OnDone) -> Task:
    """Call a function in the pool and hand its result, or an AppError, to `on_done` in the window's thread."""
    task = Task(function, arguments, on_done)
    _tasks.add(task)
    pool.start(_Runnable(task))
    return task


def drain_pool() -> None:
    """Forget what has not begun and wait for what has; called when the window closes."""
    for task in list(_tasks):
        task.cancel()
    pool.waitForDone()
    _tasks.clear()
