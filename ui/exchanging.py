"""Labels in and out: the dialogs, and the work behind them."""

import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QWidget

from app.engines.protocol import OnEvent, Progress
from app.errors import AppError
from app.project.project import Project
from ui import messages
from ui.state import AppState

if TYPE_CHECKING:
    from app.exchange.applying import Prepared
    from app.exchange.export import Exported
    from app.exchange.preview import Preview

Imported = tuple["Preview", "Prepared"]


class Exchanging(QObject):
    """Shows the dialogs and does what they say in the background."""

    imported = pyqtSignal()
    exported = pyqtSignal()

    def __init__(self, window: QWidget, state: AppState):
        super().__init__(window)
        self._window = window
        self._state = state

    @pyqtSlot()
    def show_import(self) -> None:
        """Ask what to import."""
        from ui.import_dialog import ImportDialog

        if self._state.project is not None:
            dialog = ImportDialog(self._state.jobs, self._window)
            dialog.import_requested.connect(self._on_import_requested)
            dialog.open()

    @pyqtSlot()
    def show_export(self) -> None:
        """Ask what to export, and where to."""
        from ui.export_data_dialog import ExportDataDialog

        if self._state.project is not None:
            dialog = ExportDataDialog(self._state.project.name, self._window)
            dialog.export_requested.connect(self._on_export_requested)
            dialog.open()

    @pyqtSlot(object, object)
    def _on_import_requested(self, preview: "Preview", folder: Path | None) -> None:
        project = self._state.project
        if project is not None:
            title = self.tr("Importing {0}").format(preview.path.name)
            job = self._state.jobs.start(title, partial(_prepare, project, preview, folder))
            job.done.connect(self._on_prepared)
            job.failed.connect(self._state.failed)

    @pyqtSlot(object)
    def _on_prepared(self, imported: Imported) -> None:
        """Write the labels as one edit, after those that are still being written."""
        _, prepared = imported
        written: list[int] = []

        def wish() -> None:
            project = self._state.project
            if project is not None:
                edits = project.edits
                self._state.editing.edit_many(
                    self.tr("Writing labels"),
                    lambda: written.append(edits.annotate(prepared.title, prepared.annotations)),
                )
                self._state.editing.when_idle(partial(self._say_imported, imported, written))

        self._state.editing.when_idle(wish)

    def _say_imported(self, imported: Imported, written: list[int]) -> None:
        if not written:
            return
        preview, prepared = imported
        problems = [f"{one.where}: {one.reason}" for one in preview.problems]
        problems += [f"{one.path}: {one.reason}" for one in prepared.skipped]
        if problems:
            self._state.failed.emit(
                AppError(
                    self.tr("Images imported: {0}. Lines or files that were not: {1}.").format(
                        f"{len(prepared.annotations):,}", f"{len(problems):,}"
                    ),
                    self.tr("The details list them. Edit → Undo takes the import back."),
                    "\n".join(problems),
                )
            )
        self.imported.emit()

    @pyqtSlot(str, object, bool)
    def _on_export_requested(self, name: str, target: Path, link: bool) -> None:
        project = self._state.project
        if project is not None:
            title = self.tr("Writing {0}").format(target.name)
            job = self._state.jobs.start(title, partial(_export, project, name, target, link))
            job.done.connect(self._on_exported)
            job.failed.connect(self._state.failed)

    @pyqtSlot(object)
    def _on_exported(self, exported: "Exported") -> None:
        words = self.tr("Images written to {1}: {0}.").format(f"{exported.images:,}", exported.path)
        if exported.problems:
            lines = "\n".join(f"{one.where}: {one.reason}" for one in exported.problems)
            hint = self.tr("What could not be written as it is: {0}. The details list it.")
            self._state.failed.emit(AppError(words, hint.format(f"{len(exported.problems):,}"), lines))
        else:
            messages.info(self._window, self.tr("Labels exported"), words)
        self.exported.emit()


def _prepare(
    project: Project, preview: "Preview", folder: Path | None, on_event: OnEvent, cancel: threading.Event
) -> Imported:
    from app.exchange.applying import prepare
    from app.exchange.downloading import download

    if preview.downloads and folder is not None:
        preview = download(preview, folder, lambda done, total: on_event(Progress("download", done, total)), cancel)
    if not preview.entries:
        first = preview.problems[0]
        raise AppError(f"None of the images of “{preview.path.name}” is there.", f"{first.where}: {first.reason}")
    return preview, prepare(project, preview, lambda done, total: on_event(Progress("files", done, total)), cancel)


def _export(
    project: Project, name: str, target: Path, link: bool, on_event: OnEvent, cancel: threading.Event
) -> "Exported":
    from app.exchange.exporters import export

    return export(project, name, target, link, lambda done, total: on_event(Progress("export", done, total)), cancel)
