"""Which model: a finished run of the project, or a bundle from anywhere."""

from pathlib import Path

from PyQt5.QtCore import pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLabel, QPushButton, QWidget

from app.errors import AppError
from app.export.bundle import BUNDLE_FOLDER, INFO_FILE, read_bundle_info
from app.project.project import Project
from app.project.records import DONE
from ui import messages, theme
from ui.widgets.run_list import accuracy_text

LETTERS = 28


class ModelPicker(QWidget):
    """A list of models, the best run first."""

    changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._box = QComboBox()
        self._box.setAccessibleName(self.tr("Model"))
        self._box.setMinimumContentsLength(LETTERS)
        self._box.setPlaceholderText(self.tr("none yet"))
        self._open = QPushButton(self.tr("Open a bundle…"))
        self._opened: list[Path] = []
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(QLabel(self.tr("Model")))
        layout.addWidget(self._box)
        layout.addWidget(self._open)
        self._box.currentIndexChanged.connect(self.changed)
        self._open.clicked.connect(self._on_open_clicked)

    def show_project(self, project: Project | None) -> None:
        """List the project's finished runs and the bundles opened before; keep the choice if it is still there."""
        kept = self.bundle()
        self._box.blockSignals(True)
        self._box.clear()
        runs = [run for run in project.runs() if run.state == DONE] if project else []
        best = project.best_run() if project else None
        for run in sorted(runs, key=lambda run: (run != best, -run.number)):
            assert project is not None
            title = self.tr("Run {0}: {1}").format(run.number, accuracy_text(run))
            self._box.addItem(title, project.run_folder(run.number) / BUNDLE_FOLDER)
        for path in self._opened:
            self._box.addItem(path.name, path)
        if self._box.count():  # with a placeholder the box chooses none by itself
            self._box.setCurrentIndex(0 if kept is None else max(0, self._position(kept)))
        self._box.blockSignals(False)
        if kept != self.bundle():
            self.changed.emit()

    def bundle(self) -> Path | None:
        """Return the chosen bundle."""
        path = self._box.currentData()
        return path if isinstance(path, Path) else None

    def title(self) -> str:
        """Return the words for the chosen bundle."""
        return str(self._box.currentText())

    def add_bundle(self, path: Path) -> None:
        """Offer a bundle folder or zip and choose it."""
        try:
            read_bundle_info(path)
        except AppError as error:
            messages.error(self, error)
            return
        if self._position(path) < 0:
            self._opened.append(path)
            self._box.addItem(path.name, path)
        self._box.setCurrentIndex(self._position(path))

    def _position(self, path: Path) -> int:
        return next((index for index in range(self._box.count()) if self._box.itemData(index) == path), -1)

    @pyqtSlot()
    def _on_open_clicked(self) -> None:
        title = self.tr("Choose {0} of a bundle, or a zipped bundle").format(INFO_FILE)
        name, _ = QFileDialog.getOpenFileName(self, title, "", self.tr("Bundles ({0} *.zip)").format(INFO_FILE))
        if name:
            path = Path(name)
            self.add_bundle(path.parent if path.name == INFO_FILE else path)
