"""Asks which pretrained network is to be added: one of the known architectures, a model of timm, or an own one."""

from importlib.util import find_spec
from pathlib import Path

from PyQt5.QtCore import Qt, pyqtSlot
from PyQt5.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.features.backbones import ONNX, RESNETS, TIMM, TIMM_PREFIX
from ui import theme
from ui.widgets.file_field import FileField

WIDTH = 520
FILES = "*.pth *.pt *.onnx"


class NetworkDialog(QDialog):
    """After it was accepted, `name` and `file` are what adding a network takes."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        # That it can be loaded is known only when it is: a worker does that, and says what is wrong.
        self._has_timm = find_spec(TIMM) is not None
        self.setWindowTitle(self.tr("Add a pretrained network"))
        self.setMinimumWidth(WIDTH)
        self.kind = QComboBox()
        for name, network in RESNETS.items():
            self.kind.addItem(network.title, name)
        self.kind.addItem(self.tr("A model of timm"), TIMM)
        self.kind.addItem(self.tr("A network of mine, as ONNX"), ONNX)
        self.title = QLineEdit()
        self.weights = FileField("", FILES)
        self.words = QLabel(objectName="muted", wordWrap=True)
        self._form = QFormLayout()
        self._form.addRow(self.tr("&Network"), self.kind)
        self._form.addRow(self.tr("N&ame"), self.title)
        self._form.addRow(self.tr("&File"), self.weights)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText(self.tr("Add"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.SPACE] * 4)
        layout.setSpacing(2 * theme.SPACE)
        layout.addLayout(self._form)
        layout.addWidget(self.words)
        layout.addWidget(self.buttons)
        self.kind.currentIndexChanged.connect(self._show_kind)
        self.title.textChanged.connect(self._show_whether_ready)
        self.weights.line.textChanged.connect(self._show_whether_ready)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._show_kind()

    @property
    def name(self) -> str:
        """Return the network's name, as the command `backbones --add` takes it."""
        kind, title = str(self.kind.currentData()), str(self.title.text()).strip()
        return {TIMM: f"{TIMM_PREFIX}{title}", ONNX: title}.get(kind, kind)

    @property
    def file(self) -> Path | None:
        """Return the file that holds it, or None where its weights are to be downloaded."""
        chosen = self.weights.text() if self.kind.currentData() != TIMM else ""
        return Path(chosen).expanduser() if chosen else None

    @pyqtSlot()
    def _show_kind(self) -> None:
        kind = self.kind.currentData()
        self._show_row(self.title, kind in (TIMM, ONNX))
        self._show_row(self.weights, kind != TIMM)
        self.title.setPlaceholderText("mobilenetv3_small_100" if kind == TIMM else "")
        self.words.setText(self._words(kind))
        self._show_whether_ready()
        self.adjustSize()

    def _words(self, kind: str) -> str:
        if kind == ONNX:
            return self.tr(
                "It takes images as bytes, RGB [N, S, S, 3], or as floats normalised by ImageNet, RGB [N, 3, S, S], "
                "and gives features [N, D]. Quick can use it; Balanced and Best cannot train it."
            )
        if kind == TIMM and self._has_timm:
            return self.tr(
                "timm is installed here. If it can be loaded, it downloads the weights once, from the place of their "
                "publisher."
            )
        if kind == TIMM:
            return self.tr("This needs the Python package timm, which is not installed here.")
        if self._has_timm:
            return self.tr(
                "The file holds weights as torchvision publishes them; without it, timm downloads them if it can be "
                "loaded."
            )
        return self.tr("The file holds weights as torchvision publishes them, such as resnet18-f37072fd.pth.")

    def _show_row(self, field: QWidget, shown: bool) -> None:
        field.setVisible(shown)
        self._form.labelForField(field).setVisible(shown)

    @pyqtSlot()
    def _show_whether_ready(self) -> None:
        kind = self.kind.currentData()
        named = bool(self.title.text().strip()) or kind not in (TIMM, ONNX)
        found = kind != ONNX or self.file is not None
        loads = self._has_timm or self.file is not None
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(named and found and loads)
