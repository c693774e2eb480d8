"""That is wrong: give a predicted picture its right label, and make it part of the project."""

from collections.abc import Sequence

from PyQt5.QtCore import Qt, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ui import theme


class CorrectionBar(QFrame):
    """Asks for the right label; a new name makes a new class."""

    correction_requested = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent, objectName="banner")
        self._question = QLabel(self.tr("Wrong?"))
        self._hint = QLabel(objectName="muted", wordWrap=True)
        self._label = QComboBox(editable=True, insertPolicy=QComboBox.InsertPolicy.NoInsert)
        self._label.setAccessibleName(self.tr("Right label"))
        self._label.lineEdit().setPlaceholderText(self.tr("Right label"))
        self._label.completer().setFilterMode(Qt.MatchFlag.MatchContains)
        self._label.setMinimumContentsLength(8)
        self._question.setBuddy(self._label)
        self._add = QPushButton(self.tr("Add to the data set"))
        self._add.setToolTip(self.tr("Give this picture its right label, and train on it next time"))
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addWidget(self._question)
        row.addWidget(self._label, 1)
        row.addWidget(self._add)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[theme.SPACE] * 4)
        layout.setSpacing(theme.SPACE // 2)
        layout.addLayout(row)
        layout.addWidget(self._hint)
        self._label.editTextChanged.connect(self._show_state)
        self._label.lineEdit().returnPressed.connect(self._on_add_clicked)
        self._add.clicked.connect(self._on_add_clicked)
        self._names: list[str] | None = None
        self.ask_anew()

    def show_classes(self, names: Sequence[str] | None) -> None:
        """Offer the classes of a project, without disturbing what is being typed; None where none is open."""
        if names == self._names:
            return
        opened = (names is None) != (self._names is None)
        self._names = None if names is None else list(names)
        typed = self._label.currentText()
        self._label.clear()
        self._label.addItems(self._names or [])
        self._label.setCurrentIndex(-1)
        self._label.setEditText(typed)
        if opened:
            self.ask_anew()

    def ask_anew(self) -> None:
        """Ask about another picture."""
        self._label.setCurrentIndex(-1)
        self._label.setEditText("")
        self._hint.setText(
            self.tr("The picture joins the project with its right label.")
            if self._names is not None
            else self.tr("Open a project first: what is wrong can then join its data set.")
        )
        self._hint.setObjectName("muted")
        self._restyle()
        self._show_state()

    def say_done(self, label: str, kept: bool) -> None:
        """Say that the picture is part of the project now."""
        self._label.setEditText("")
        text = self.tr("It is “{0}” in the project now. Train again: only the next model learns from it.").format(label)
        self._hint.setText(f"{text} {self.tr('The project keeps a copy.')}" if kept else text)
        self._hint.setObjectName("good")
        self._restyle()

    def _restyle(self) -> None:
        self._hint.style().unpolish(self._hint)
        self._hint.style().polish(self._hint)

    @pyqtSlot()
    def _show_state(self) -> None:
        self._label.setEnabled(self._names is not None)
        self._add.setEnabled(self._names is not None and bool(self._label.currentText().strip()))

    @pyqtSlot()
    def _on_add_clicked(self) -> None:
        if self._add.isEnabled():
            self.correction_requested.emit(self._label.currentText().strip())
