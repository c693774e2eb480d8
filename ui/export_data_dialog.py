"""Choose a format and a place for a project's labels."""

from pathlib import Path

from PyQt5.QtCore import Qt, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.exchange.exporters import EXPORTERS, FileExporter
from app.exchange.formats import EVERYTHING, EXCLUDES, GROUPS, LABELS, SEVERAL, SPLITS
from app.files import safe_name
from ui import theme

WIDTH = 680
LINES = 4  # of what a format carries, so that nothing moves when another is chosen


class ExportDataDialog(QDialog):
    """Says what a format carries; the images stay where they are, whatever is chosen."""

    export_requested = pyqtSignal(str, object, bool)  # format, target, whether to link the images

    def __init__(self, project_name: str, parent: QWidget | None = None):
        super().__init__(parent)
        self._project_name = project_name
        self.setWindowTitle(self.tr("Export labels"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(WIDTH)
        self.formats = QComboBox()
        for name, exporter in EXPORTERS.items():
            self.formats.addItem(exporter.format.title, name)
        self.words = QLabel(objectName="muted", wordWrap=True)
        self.words.setMinimumHeight(LINES * self.words.fontMetrics().lineSpacing())
        self.words.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.target = QLineEdit()
        self.target_button = QPushButton(self.tr("&Choose…"), autoDefault=False)
        self.link = QCheckBox(self.tr("&Link the images instead of copying them"))
        self.link.setToolTip(self.tr("Takes no room; a change to a linked image is a change to your image."))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.export_button = buttons.addButton(self.tr("&Export"), QDialogButtonBox.ButtonRole.AcceptRole)
        self._lay_out(buttons)
        self.formats.currentIndexChanged.connect(self._on_format_changed)
        self.target.textChanged.connect(self._update)
        self.target_button.clicked.connect(self._on_target_clicked)
        buttons.accepted.connect(self._on_accepted)
        buttons.rejected.connect(self.reject)
        self.formats.setCurrentIndex(self.formats.findData("csv"))
        self._on_format_changed()

    def _lay_out(self, buttons: QDialogButtonBox) -> None:
        grid = QGridLayout()
        grid.setSpacing(theme.SPACE)
        format_label = QLabel(self.tr("For&mat"))
        format_label.setBuddy(self.formats)
        self._target_label = QLabel()
        self._target_label.setBuddy(self.target)
        grid.addWidget(format_label, 0, 0)
        grid.addWidget(self.formats, 0, 1, 1, 2)
        grid.addWidget(self.words, 1, 1, 1, 2)
        for column, part in enumerate((self._target_label, self.target, self.target_button)):
            grid.addWidget(part, 2, column)
        grid.addWidget(self.link, 3, 1, 1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.SPACE] * 4)
        layout.setSpacing(2 * theme.SPACE)
        layout.addLayout(grid)
        layout.addStretch(1)
        layout.addWidget(buttons)

    @pyqtSlot()
    def _on_format_changed(self) -> None:
        exporter = EXPORTERS[self.formats.currentData()]
        in_file = isinstance(exporter, FileExporter)
        self._target_label.setText(self.tr("&File") if in_file else self.tr("Ne&w folder"))
        self.link.setEnabled(not isinstance(exporter, FileExporter) and exporter.copies)
        names = {
            LABELS: self.tr("labels"),
            SEVERAL: self.tr("several labels of one image"),
            SPLITS: self.tr("parts (train, validation, test)"),
            GROUPS: self.tr("groups"),
            EXCLUDES: self.tr("exclusion"),
        }
        carried = ", ".join(title for kind, title in names.items() if kind in exporter.format.carries)
        lost = ", ".join(title for kind, title in names.items() if kind in EVERYTHING - exporter.format.carries)
        words = self.tr("Carries {0}.").format(carried)
        if lost:
            words += " " + self.tr("Does not carry {0}.").format(lost)
        self.words.setText(f"{words} {exporter.format.note}".strip())
        self._update()

    @pyqtSlot()
    def _update(self) -> None:
        self.export_button.setEnabled(bool(self.target.text().strip()))

    @pyqtSlot()
    def _on_target_clicked(self) -> None:
        exporter = EXPORTERS[self.formats.currentData()]
        if isinstance(exporter, FileExporter):
            name = f"{safe_name(self._project_name)}{exporter.suffix}"
            path, _ = QFileDialog.getSaveFileName(self, self.tr("Choose a new file"), name)
        else:
            path = QFileDialog.getExistingDirectory(self, self.tr("Choose an empty folder"))
        if path:
            self.target.setText(path)

    @pyqtSlot()
    def _on_accepted(self) -> None:
        target = Path(self.target.text().strip()).expanduser()
        self.export_requested.emit(self.formats.currentData(), target, self.link.isEnabled() and self.link.isChecked())
        self.accept()
