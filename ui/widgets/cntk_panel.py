"""Set CNTK up or remove it, with everything it says."""

from PyQt5.QtCore import pyqtSlot
from PyQt5.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.engines.cntk_runtime import default_runtime
from app.engines.graphics_card import SUPPORTED
from ui import messages, theme
from ui.cntk_setup import CntkSetup

LOG_LINES = 9


class CntkPanel(QWidget):
    """What set-up needs to know, its buttons, and its log."""

    def __init__(self, setup: CntkSetup, parent: QWidget | None = None):
        super().__init__(parent)
        self._setup = setup
        self._python = QLineEdit(setup.python)
        self._python.setPlaceholderText(self.tr("looked for: on the path, pyenv, conda, the Windows launcher"))
        self._choose = QPushButton(self.tr("&Choose…"), autoDefault=False)
        self._device = QComboBox()
        self._device.addItem(self.tr("Graphics card, if CNTK can use it"), "auto")
        self._device.addItem(self.tr("Processor only"), "cpu")
        self._device.addItem(self.tr("Graphics card only"), "gpu")
        self._cards = QLabel(objectName="muted", wordWrap=True)
        self._start = QPushButton(self.tr("Set &up…"), objectName="primary", autoDefault=False)
        self._stop = QPushButton(self.tr("Stop"), autoDefault=False)
        self._remove = QPushButton(self.tr("&Remove…"), autoDefault=False)
        self._log = QPlainTextEdit(readOnly=True)
        self._log.setAccessibleName(self.tr("Log of the set-up"))
        self._log.setMinimumHeight(LOG_LINES * self._log.fontMetrics().lineSpacing())
        self._lay_out()
        self._choose.clicked.connect(self._on_choose_clicked)
        self._start.clicked.connect(self._on_start_clicked)
        self._stop.clicked.connect(setup.stop)
        self._remove.clicked.connect(self._on_remove_clicked)
        setup.line_came.connect(self._log.appendPlainText)
        setup.changed.connect(self._refresh)
        self._log.setPlainText("\n".join(setup.lines))
        self._refresh()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setSpacing(theme.SPACE)
        for row, (title, field) in enumerate(
            ((self.tr("&Python 3.6"), self._python), (self.tr("&Train on"), self._device))
        ):
            label = QLabel(title)
            label.setBuddy(field)
            grid.addWidget(label, row, 0)
            grid.addWidget(field, row, 1)
        grid.addWidget(self._choose, 0, 2)
        grid.setColumnStretch(1, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.SPACE)
        for button in (self._start, self._stop, self._remove):
            buttons.addWidget(button)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE)
        column.addLayout(grid)
        column.addWidget(self._cards)
        column.addLayout(buttons)
        column.addWidget(self._log)

    @pyqtSlot()
    def _refresh(self) -> None:
        runtime, running = default_runtime(), self._setup.running
        info = runtime.info()
        for part in (self._python, self._choose, self._device, self._start):
            part.setEnabled(not running)
        self._start.setText(self.tr("Check it &again") if info else self.tr("Set &up…"))
        self._stop.setVisible(running)
        self._stop.setEnabled(not self._setup.stopping)
        self._stop.setText(self.tr("Stopping…") if self._setup.stopping else self.tr("Stop"))
        self._remove.setVisible(not running and runtime.folder.is_dir())
        cards = self.tr("{0}: it was built for CUDA 10.0.").format(SUPPORTED)
        used = self.tr("The processor is used. {0}").format(info.gpu_problem) if info and info.gpu_problem else ""
        self._cards.setText(used or cards)
        if running and not self._setup.lines:
            self._log.clear()
        self._log.setVisible(running or bool(self._setup.lines))

    @pyqtSlot()
    def _on_choose_clicked(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Choose the program of a Python 3.6"))
        if path:
            self._python.setText(path)

    @pyqtSlot()
    def _on_start_clicked(self) -> None:
        self._setup.start(self._python.text().strip(), self._device.currentData())

    @pyqtSlot()
    def _on_remove_clicked(self) -> None:
        question = self.tr(
            "CNTK's Python in “{0}” (about 440 MB) is deleted. Models that it trained stay, and go on working."
        ).format(default_runtime().folder)
        if messages.ask(self, self.tr("Remove CNTK"), question, self.tr("Remove")):
            self._setup.remove()
