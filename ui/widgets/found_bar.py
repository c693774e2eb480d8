"""The bar above a list that the assistant found: what it is, how it is ordered, and what to do with it."""

from PyQt5.QtCore import Qt, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QComboBox, QDoubleSpinBox, QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from ui import theme
from ui.widgets.assistant_panel import DUPLICATES, SUGGESTIONS

UNCERTAINTY, CONFIDENCE, RANDOM = "uncertainty", "confidence", "random"


class FoundBar(QFrame):
    """Shows the controls that the kind of list has."""

    order_chosen = pyqtSignal(str)
    limit_chosen = pyqtSignal(float)
    accept_requested = pyqtSignal()
    copies_requested = pyqtSignal()
    close_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent, objectName="banner")
        self._title = QLabel()
        self._order = QComboBox()
        for order, title in (
            (UNCERTAINTY, self.tr("What teaches most first")),
            (CONFIDENCE, self.tr("Surest first")),
            (RANDOM, self.tr("At random")),
        ):
            self._order.addItem(title, order)
        self._order.setAccessibleName(self.tr("Order of the suggestions"))
        self._order.activated.connect(self._on_order_activated)
        self._again = QPushButton(self.tr("New order"))
        self._again.setToolTip(self.tr("Order what is left by what the newest labels taught (R)"))
        self._again.clicked.connect(self._on_order_activated)
        self._accept = QPushButton(self.tr("Accept those in sight"))
        self._accept.setToolTip(self.tr("Turn the suggestions in sight into labels (Shift+Y)"))
        self._accept.clicked.connect(self.accept_requested)
        self._copies = QPushButton(self.tr("Select the copies"))
        self._copies.setToolTip(self.tr("Select all but one of each group; X excludes them"))
        self._copies.clicked.connect(self.copies_requested)
        self._limit_label = QLabel(self.tr("Limit"))
        self._limit = QDoubleSpinBox(decimals=2, keyboardTracking=False)
        self._limit.setAccessibleName(self.tr("Limit"))
        self._limit_label.setBuddy(self._limit)
        self._limit.valueChanged.connect(self.limit_chosen)
        self._close = QPushButton(self.tr("All images"))
        self._close.setToolTip(self.tr("Back to all images (Esc)"))
        self._close.clicked.connect(self.close_requested)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE // 2, theme.SPACE // 2)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self._title, 1)
        for widget in (
            self._order, self._again, self._accept, self._copies, self._limit_label, self._limit, self._close,
        ):  # fmt: skip
            layout.addWidget(widget)

    @property
    def order(self) -> str:
        """Return the order that is chosen for suggestions."""
        return str(self._order.currentData())

    def show_list(self, kind: str, title: str, count: int, limits: tuple[float, float, float] | None) -> None:
        """Name a list and show its controls; `limits` are the present, lowest and highest limit of a finding."""
        words = self.tr("{0}: {1:,} images") if count else self.tr("{0}: none")
        self._title.setText(words.format(title, count))
        for widget in (self._order, self._again, self._accept):
            widget.setVisible(kind == SUGGESTIONS)
        self._accept.setEnabled(count > 0)
        self._copies.setVisible(kind == DUPLICATES)
        self._copies.setEnabled(count > 0)
        for limit_widget in (self._limit_label, self._limit):
            limit_widget.setVisible(limits is not None)
        if limits is not None:
            self._limit.blockSignals(True)
            self._limit.setRange(limits[1], limits[2])
            self._limit.setSingleStep((limits[2] - limits[1]) / 50)
            self._limit.setDecimals(0 if limits[2] > 50 else 2)
            self._limit.setValue(limits[0])
            self._limit.blockSignals(False)
        self.setVisible(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    @pyqtSlot()
    def _on_order_activated(self) -> None:
        self.order_chosen.emit(self.order)
