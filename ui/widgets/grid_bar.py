"""The line above the images: which of them by name, in which order, how large, and how many are labelled."""

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QSlider, QWidget

from ui import theme
from ui.image_filter import BY_FOLDER, BY_NAME, EXCLUDED, NEWEST, OLDEST, UNLABELLED, UNREADABLE
from ui.widgets.image_grid import FIRST_SIZE, LARGEST, SMALLEST

SLIDER_WIDTH = 140
SIZE_STEP = 24  # pixels


class GridBar(QWidget):
    """Says what the user wishes to see."""

    text_changed = pyqtSignal(str)
    sort_changed = pyqtSignal()
    size_changed = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._search = QLineEdit(placeholderText=self.tr("Find by name or folder"), clearButtonEnabled=True)
        self._search.setAccessibleName(self.tr("Find by name or folder"))
        self._sort = QComboBox()
        for sort, title in (
            (BY_FOLDER, self.tr("By folder")),
            (BY_NAME, self.tr("By file name")),
            (NEWEST, self.tr("Newest first")),
            (OLDEST, self.tr("Oldest first")),
        ):
            self._sort.addItem(title, sort)
        self._sort.setAccessibleName(self.tr("Order of the images"))
        self._summary = QLabel(objectName="muted")
        self._size = QSlider(
            Qt.Orientation.Horizontal, minimum=SMALLEST, maximum=LARGEST, value=FIRST_SIZE, pageStep=SIZE_STEP
        )
        self._size.setAccessibleName(self.tr("Size of the thumbnails"))
        self._size.setToolTip(self.tr("Size of the thumbnails"))
        self._size.setFixedWidth(SLIDER_WIDTH)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self._search, 1)
        for widget in (self._sort, self._summary, self._size):
            layout.addWidget(widget)
        self._search.textChanged.connect(self.text_changed)
        self._sort.currentIndexChanged.connect(self.sort_changed)
        self._size.valueChanged.connect(self.size_changed)
        self.setFocusProxy(self._search)

    def text(self) -> str:
        """Return the text to find."""
        return str(self._search.text())

    def sort(self) -> str:
        """Return one of the orders of `ui.image_filter`."""
        return str(self._sort.currentData())

    def clear(self) -> None:
        """Find by no text, without saying so."""
        self._search.blockSignals(True)
        self._search.clear()
        self._search.blockSignals(False)

    def resize_by(self, steps: int) -> None:
        """Make thumbnails larger, or smaller for fewer than 0 steps."""
        self._size.setValue(self._size.value() + steps * self._size.pageStep())

    def show_counts(self, counts: dict[str, int], several: bool) -> None:
        """Say how many images are labelled, and with `several` labels each what that means for training."""
        labelled = counts["all"] - counts[UNLABELLED] - counts[EXCLUDED]
        text = self.tr("{0:,} of {1:,} labelled").format(labelled, counts["all"])
        if counts[UNREADABLE]:
            text += self.tr(", {0:,} unreadable").format(counts[UNREADABLE])
        self._summary.setText(text)
        self._summary.setToolTip(
            self.tr("Images may have several labels here; training takes only those with a single one so far.")
            if several
            else ""
        )
