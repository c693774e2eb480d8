"""What the assistant can look for: a list below the classes."""

from PyQt5.QtCore import Qt, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from ui import theme

KIND_ROLE = Qt.ItemDataRole.UserRole
# As in app/assist, which is imported late.
SUGGESTIONS, SIMILAR, DUPLICATES, LABEL_ERRORS = "suggestions", "similar", "duplicates", "label-errors"
BLURRED, DARK, BRIGHT, TINY, ODD_SHAPE, GREYSCALE = "blurred", "dark", "bright", "tiny", "odd-shape", "greyscale"


class AssistantPanel(QWidget):
    """Says what the user wants to have found."""

    kind_chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._list = QListWidget(objectName="choices")
        self._list.setAccessibleName(self.tr("What the assistant can find"))
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for kind, title, tip in self._entries():
            item = QListWidgetItem(title)
            item.setData(KIND_ROLE, kind)
            item.setToolTip(tip)
            self._list.addItem(item)
        self._list.itemClicked.connect(self._on_list_item_chosen)
        self._list.itemActivated.connect(self._on_list_item_chosen)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(QLabel(self.tr("Find"), objectName="heading"))
        layout.addWidget(self._list, 1)

    def title(self, kind: str) -> str:
        """Return the name of what was looked for."""
        return next(title for known, title, _ in self._entries() if known == kind)

    def show_chosen(self, kind: str | None) -> None:
        """Mark what is shown in the grid, or nothing."""
        for number in range(self._list.count()):
            item = self._list.item(number)
            item.setSelected(item.data(KIND_ROLE) == kind)

    def _entries(self) -> list[tuple[str, str, str]]:
        tr = self.tr
        return [
            (
                SUGGESTIONS,
                tr("Suggested labels"),
                tr("What unlabelled images are likely to be, learnt from your labels"),
            ),
            (SIMILAR, tr("Similar to the selected"), tr("Images that look like the selected ones")),
            (LABEL_ERRORS, tr("Likely label errors"), tr("Labels that a model which never saw the image doubts")),
            (DUPLICATES, tr("Near-duplicates"), tr("Copies, also resized or compressed again")),
            (BLURRED, tr("Blurred"), tr("Images without a sharp edge")),
            (DARK, tr("Dark"), tr("Images whose light parts are dark")),
            (BRIGHT, tr("Bright"), tr("Images whose dark parts are bright")),
            (TINY, tr("Tiny"), tr("Images of few pixels")),
            (ODD_SHAPE, tr("Odd shape"), tr("Images much longer than wide, or the other way")),
            (GREYSCALE, tr("Greyscale among colour"), tr("Grey images where most have colours")),
        ]

    @pyqtSlot(QListWidgetItem)
    def _on_list_item_chosen(self, item: QListWidgetItem) -> None:
        self.kind_chosen.emit(item.data(KIND_ROLE))
