"""Edits in their order: a small one at once, a large one in the background."""

import threading
from collections import deque
from collections.abc import Callable

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot

from app.engines.protocol import OnEvent
from app.errors import AppError
from ui.garbage import collection_paused
from ui.jobs import Job, Jobs

AT_ONCE = 200  # images; labelling them takes less than a tenth of a second
Change = Callable[[], object]


class Editing(QObject):
    """Makes one edit after the other; what is wished for while a large one is written waits, and is not lost."""

    changed = pyqtSignal(object)  # the ids of the images, or None for any of them
    failed = pyqtSignal(object)

    def __init__(self, jobs: Jobs, parent: QObject | None = None):
        super().__init__(parent)
        self._jobs = jobs
        self._job: Job | None = None
        self._wishes: deque[Callable[[], None]] = deque()

    def when_idle(self, wish: Callable[[], None]) -> None:
        """Call `wish` at once, or when the edits before it are written: it finds the images as the user saw them."""
        self._wishes.append(wish)
        self._go_on()

    def edit(self, change: Change, image_ids: list[int]) -> bool:
        """Make a small edit of these images, in a wish's turn; tell whether it worked."""
        assert self._job is None
        try:
            change()
        except AppError as error:
            self.failed.emit(error)
            return False
        self.changed.emit(image_ids)
        return True

    def edit_many(self, title: str, change: Change) -> Job:
        """Make an edit of many images, or nobody knows how many, in the background and in a wish's turn."""
        assert self._job is None

        def work(on_event: OnEvent, cancel: threading.Event) -> object:
            with collection_paused():
                return change()

        self._job = self._jobs.start(title, work)
        self._job.failed.connect(self.failed)
        self._job.finished.connect(self._on_job_finished)
        return self._job

    def forget(self) -> None:
        """Drop the wishes that wait; called when the project is closed."""
        self._wishes.clear()

    def _go_on(self) -> None:
        while self._wishes and self._job is None:
            self._wishes.popleft()()

    @pyqtSlot()
    def _on_job_finished(self) -> None:
        self._job = None
        self.changed.emit(None)
        self._go_on()
