"""Choose the pretrained network that training builds upon."""

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QComboBox, QWidget

from app.features.backbones import DEFAULT_BACKBONE, backbones


class NetworkChoice(QComboBox):
    """The networks that are here; one that cannot be fine-tuned is left out where it would have to be."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setAccessibleName(self.tr("Pretrained network"))
        self.setToolTip(self.tr("What training builds upon. File → Settings… compares them."))
        self.show_networks(tuned=False)

    def show_networks(self, tuned: bool) -> None:
        """List the networks for fine-tuning, or all; the chosen one stays chosen, if it is among them."""
        before = self.currentData() or DEFAULT_BACKBONE
        self.clear()
        for one in backbones():
            if one.tunable or not tuned:
                self.addItem(one.title, one.name)
                words = self.tr("{0} pixels, {1:.1f} MB, licence {2}").format(one.side, one.megabytes, one.licence)
                self.setItemData(self.count() - 1, words, Qt.ItemDataRole.ToolTipRole)
        self.setCurrentIndex(max(0, self.findData(before)))

    def chosen(self) -> str:
        """Return the name of the network."""
        return str(self.currentData())
