"""How thoroughly to train: a radio button per preset, with a sentence; one that cannot run here says why."""

from PyQt5.QtCore import pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QButtonGroup, QLabel, QRadioButton, QVBoxLayout, QWidget

from app.engines.catalog import engines
from app.settings import PRESETS, Preset
from ui import theme

INDENT = 26  # pixels, under the text of the radio button


class PresetChoice(QWidget):
    """A radio button per preset."""

    changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._presets = list(PRESETS.values())
        self._sentences: list[tuple[QLabel, str]] = []
        words = {
            "quick": (self.tr("Quick"), self.tr("Seconds: a classifier on the features of a pretrained network.")),
            "balanced": (self.tr("Balanced"), self.tr("Minutes: the network's upper part learns your images, too.")),
            "best": (self.tr("Best"), self.tr("Up to hours: the whole network learns, a second one answers, too.")),
            "cntk": (self.tr("CNTK"), self.tr("By Microsoft's Cognitive Toolkit, on its networks or yours.")),
        }
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE // 2)
        layout.addWidget(QLabel(self.tr("Thoroughness"), objectName="heading"))
        for number, preset in enumerate(self._presets):
            title, help = words.get(preset.name, (preset.title, preset.help))
            button = QRadioButton(title)
            self._group.addButton(button, number)
            layout.addWidget(button)
            sentence = QLabel(objectName="muted", wordWrap=True)
            sentence.setContentsMargins(INDENT, 0, 0, theme.SPACE // 2)
            self._sentences.append((sentence, help))
            layout.addWidget(sentence)
        self.refresh()
        self._group.buttonClicked.connect(self.changed)

    @pyqtSlot()
    def refresh(self) -> None:
        """Look anew which presets can run here; the first of them is chosen while none is."""
        reasons = {status.name: status.reason for status in engines()}
        for number, (preset, (sentence, help)) in enumerate(zip(self._presets, self._sentences, strict=True)):
            reason = reasons[preset.engine]
            button = self._group.button(number)
            button.setEnabled(not reason)
            button.setAccessibleDescription(reason or help)
            sentence.setText(reason or help)
            if not reason and self._group.checkedButton() is None:
                button.setChecked(True)

    def chosen(self) -> Preset | None:
        """Return the preset, or None if none can run."""
        number = self._group.checkedId()
        return None if number < 0 else self._presets[number]

    def buttons(self) -> list[QRadioButton]:
        """Return the buttons of all presets, from top to bottom."""
        return [self._group.button(number) for number in range(len(self._presets))]

    def button(self, name: str) -> QRadioButton:
        """Return the button of a preset; raises KeyError for an unknown one."""
        numbers = {preset.name: number for number, preset in enumerate(self._presets)}
        button: QRadioButton = self._group.button(numbers[name])
        return button
