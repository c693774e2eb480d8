"""Groups in the window: the dialog, a table read in the background, and what is kept."""

import threading
from functools import partial
from pathlib import Path

from PyQt5.QtCore import QCoreApplication, QObject, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QWidget

from app.dataset.grouping import FOLDER, PATTERN, TIME, Grouping
from app.engines.protocol import OnEvent, Progress
from app.errors import AppError
from app.project.project import Project
from app.project.records import Annotation
from ui.state import AppState

Read = tuple[str, list[Annotation]]  # title of the edit, and what it says


class GroupingActions(QObject):
    """Shows the dialog and does what it asks for."""

    changed = pyqtSignal()  # how images are grouped

    def __init__(self, window: QWidget, state: AppState):
        super().__init__(window)
        self._window, self._state = window, state

    @pyqtSlot()
    def show_dialog(self) -> None:
        """Ask which images are kept together."""
        from ui.groups_dialog import GroupsDialog

        project = self._state.project
        if project is None:
            return
        dialog = GroupsDialog(project.grouping, project.images, project.classes(), self._window)
        dialog.grouping_chosen.connect(self._on_grouping_chosen)
        dialog.table_requested.connect(self._on_table_requested)
        dialog.removal_requested.connect(self._on_removal_requested)
        self.changed.connect(dialog.renew)
        dialog.open()

    @pyqtSlot(object)
    def _on_grouping_chosen(self, grouping: Grouping) -> None:
        if self._state.project is not None:
            try:
                self._state.project.set_grouping(grouping)
            except AppError as error:
                self._state.failed.emit(error)
            self.changed.emit()

    @pyqtSlot(object)
    def _on_table_requested(self, file: Path) -> None:
        project = self._state.project
        if project is not None:
            job = self._state.jobs.start(self.tr("Reading groups"), partial(_read, project, file))
            job.done.connect(self._on_read)
            job.failed.connect(self._state.failed)

    @pyqtSlot(object)
    def _on_read(self, found: Read) -> None:
        self._annotate(*found)

    @pyqtSlot()
    def _on_removal_requested(self) -> None:
        project = self._state.project
        if project is not None:
            own = [Annotation(row.id, group="") for row in project.images() if row.group is not None]
            self._annotate(self.tr("Removed groups"), own)

    def _annotate(self, title: str, annotations: list[Annotation]) -> None:
        def wish() -> None:
            project = self._state.project
            if project is not None:
                self._state.editing.edit_many(
                    self.tr("Writing groups"), partial(project.edits.annotate, title, annotations)
                )
                self._state.editing.when_idle(self.changed.emit)

        self._state.editing.when_idle(wish)


def _read(project: Project, file: Path, on_event: OnEvent, cancel: threading.Event) -> Read:
    # Imported late, with every format behind it: the window is seen before.
    from app.exchange.own_groups import edit_title, read_groups

    annotations = read_groups(project, file, lambda done, total: on_event(Progress("files", done, total)), cancel)
    return edit_title(file), annotations


def grouping_words(grouping: Grouping) -> str:
    """Say in one sentence what is kept together."""

    def translated(text: str) -> str:
        return QCoreApplication.translate("grouping", text)

    more = {
        FOLDER: translated("images of one folder"),
        PATTERN: translated("images whose names share “{0}”").format(grouping.pattern),
        TIME: translated("photos taken within {0:g} s").format(grouping.gap_seconds),
    }.get(grouping.by)
    if more is None:
        return translated("Near-duplicates are kept together.")
    return translated("Near-duplicates and {0} are kept together.").format(more)
