"""Choose a file or folder, see what is understood of it, and import it."""

import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PyQt5.QtCore import QMimeData, Qt, QTimer, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QDragEnterEvent, QDropEvent
from PyQt5.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.engines.protocol import OnEvent
from app.errors import AppError
from app.exchange.importers import IMPORTERS, understand
from app.exchange.preview import Preview
from ui import theme
from ui.jobs import Job, Jobs
from ui.widgets.import_preview import ImportPreview

SIZE = (760, 620)


class ImportDialog(QDialog):
    """Shows a preview; nothing is written before the button is pressed."""

    import_requested = pyqtSignal(object, object)  # the preview, and the folder to download into or None

    def __init__(self, jobs: Jobs, parent: QWidget | None = None):
        super().__init__(parent)
        self._jobs = jobs
        self._job: Job | None = None
        self._shown: tuple[str, str | None] | None = None  # path and format that are being or were read
        self._preview: Preview | None = None
        self.setWindowTitle(self.tr("Import labels"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAcceptDrops(True)
        self.resize(*SIZE)
        self.path = QLineEdit(placeholderText=self.tr("Type a path, or drop a file or folder here"))
        self.path.setAccessibleName(self.tr("File or folder"))
        self.file_button = QPushButton(self.tr("&File…"), autoDefault=False)
        self.folder_button = QPushButton(self.tr("F&older…"), autoDefault=False)
        self.formats = QComboBox()
        self.formats.addItem(self.tr("What it looks like"), None)
        for name, importer in IMPORTERS.items():
            self.formats.addItem(importer.format.title, name)
        self.preview = ImportPreview()
        self.target = QLineEdit(placeholderText=self.tr("A folder for the images"))
        self.target_button = QPushButton(self.tr("&Choose…"), autoDefault=False)
        self.target_row = QWidget()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.import_button = buttons.addButton(self.tr("&Import"), QDialogButtonBox.ButtonRole.AcceptRole)
        self._lay_out(buttons)
        self.path.textEdited.connect(self._on_path_edited)
        self.path.editingFinished.connect(self._read)
        self.file_button.clicked.connect(self._on_file_clicked)
        self.folder_button.clicked.connect(self._on_folder_clicked)
        self.formats.activated.connect(self._read)
        self.target.textChanged.connect(self._update)
        self.target_button.clicked.connect(self._on_target_clicked)
        buttons.accepted.connect(self._on_accepted)
        buttons.rejected.connect(self.reject)
        self.finished.connect(self._stop_reading)
        self._forget(self.tr("Choose a file or folder. Nothing is written before you press Import."))
        self.path.setFocus()

    def _lay_out(self, buttons: QDialogButtonBox) -> None:
        grid = QGridLayout()
        grid.setSpacing(theme.SPACE)
        path_label = QLabel(self.tr("&Labels in"))
        path_label.setBuddy(self.path)
        format_label = QLabel(self.tr("For&mat"))
        format_label.setBuddy(self.formats)
        for column, part in enumerate((path_label, self.path, self.file_button, self.folder_button)):
            grid.addWidget(part, 0, column)
        grid.addWidget(format_label, 1, 0)
        grid.addWidget(self.formats, 1, 1, 1, 3)
        target_label = QLabel(self.tr("&Download into"))
        target_label.setBuddy(self.target)
        row = QHBoxLayout(self.target_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE)
        for part in (target_label, self.target, self.target_button):
            row.addWidget(part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.SPACE] * 4)
        layout.setSpacing(2 * theme.SPACE)
        layout.addLayout(grid)
        layout.addWidget(self.preview, 1)
        layout.addWidget(self.target_row)
        layout.addWidget(buttons)

    def read(self, path: Path) -> None:
        """Show what is understood of a file or folder."""
        self.path.setText(str(path))
        self._read()

    @pyqtSlot(str)
    def _on_path_edited(self, text: str) -> None:
        self._stop_reading()
        self._forget(self.tr("Press Enter to see what is in it.") if text.strip() else "")

    @pyqtSlot()
    def _read(self) -> None:
        """Read the file in the background, if it is not what is shown."""
        wished = (self.path.text().strip(), self.formats.currentData())
        if not wished[0] or wished == self._shown:
            return
        self._stop_reading()
        self._forget(self.tr("Reading…"))
        self._shown = wished
        path = Path(wished[0]).expanduser()
        self._job = self._jobs.start(self.tr("Reading {0}").format(path.name), partial(_understand, path, wished[1]))
        self._job.done.connect(self._on_understood)
        self._job.failed.connect(self._on_not_understood)

    @pyqtSlot()
    def _stop_reading(self) -> None:
        if self._job is not None:
            self._job.done.disconnect(self._on_understood)
            self._job.failed.disconnect(self._on_not_understood)
            self._job.cancel()
            self._job = None
            self._shown = None

    def _forget(self, words: str) -> None:
        self._preview = self._shown = None
        self.formats.setItemText(0, self.tr("What it looks like"))
        self.preview.say(words)
        self._update()

    @pyqtSlot(object)
    def _on_understood(self, preview: Preview) -> None:
        self._job = None
        self._preview = preview
        if self.formats.currentData() is None:
            title = IMPORTERS[preview.format].format.title
            self.formats.setItemText(0, self.tr("What it looks like: {0}").format(title))
        self.preview.show_preview(preview)
        self._update()

    @pyqtSlot(object)
    def _on_not_understood(self, problem: AppError) -> None:
        self._job = None
        self.preview.say(f"{problem.message} {problem.hint}")

    @pyqtSlot()
    def _update(self) -> None:
        downloads = self._preview is not None and bool(self._preview.downloads)
        self.target_row.setVisible(downloads)
        ready = self._preview is not None and self._preview.images > 0
        self.import_button.setEnabled(ready and (not downloads or bool(self.target.text().strip())))

    @pyqtSlot()
    def _on_accepted(self) -> None:
        if self._preview is None:
            return
        folder = Path(self.target.text().strip()).expanduser() if self._preview.downloads else None
        self.import_requested.emit(self._preview, folder)
        self.accept()

    @pyqtSlot()
    def _on_file_clicked(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Choose a file with labels"))
        if path:
            self.read(Path(path))

    @pyqtSlot()
    def _on_folder_clicked(self) -> None:
        path = QFileDialog.getExistingDirectory(self, self.tr("Choose a folder with labels"))
        if path:
            self.read(Path(path))

    @pyqtSlot()
    def _on_target_clicked(self) -> None:
        path = QFileDialog.getExistingDirectory(self, self.tr("Choose a folder for the images"))
        if path:
            self.target.setText(path)

    # -- Qt

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take a file or folder."""
        if _local_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Read what was dropped."""
        event.acceptProposedAction()
        # Not inside the drop: the other program waits for its end.
        QTimer.singleShot(0, partial(self.read, _local_paths(event.mimeData())[0]))


def _local_paths(data: QMimeData) -> Sequence[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def _understand(path: Path, name: str | None, on_event: OnEvent, cancel: threading.Event) -> Preview:
    return understand(path, name, cancel)
