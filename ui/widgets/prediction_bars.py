"""The classes with their probabilities, the best first, as bars with numbers."""

from collections.abc import Sequence
from typing import Any

from PyQt5.QtCore import QRectF, QSize, Qt
from PyQt5.QtGui import QFont, QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget

from ui import theme

ROW_HEIGHT = 40
BAR_HEIGHT = 10


class PredictionBars(QWidget):
    """Painted bars; their words are in the accessible description."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._rows: list[tuple[str, float]] = []
        self._accepted = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setAccessibleName(self.tr("Predicted classes"))
        theme.signals.changed.connect(self.update)

    def show_predictions(self, predictions: Sequence[dict[str, Any]], accepted: bool = True) -> None:
        """Show `label` and `confidence` of each, the best first, which stands out where it is accepted."""
        self._accepted = accepted
        self._rows = [(one["label"], one["confidence"]) for one in predictions]
        words = (self.tr("{0} {1:.1%}").format(label, confidence) for label, confidence in self._rows)
        self.setAccessibleDescription(", ".join(words))
        self.updateGeometry()
        self.update()

    def rows(self) -> list[tuple[str, float]]:
        """Return what is shown."""
        return list(self._rows)

    def sizeHint(self) -> QSize:
        """Return the height of all rows."""
        return QSize(260, ROW_HEIGHT * max(1, len(self._rows)))

    def minimumSizeHint(self) -> QSize:
        """Return the height of all rows: a scroll area shows what does not fit."""
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, (label, confidence) in enumerate(self._rows):
            self._paint_row(painter, index, label, confidence)

    def _paint_row(self, painter: QPainter, index: int, label: str, confidence: float) -> None:
        top = index * ROW_HEIGHT
        font = QFont(self.font())
        font.setBold(index == 0 and self._accepted)
        painter.setFont(font)
        painter.setPen(theme.colour("text"))
        line = QRectF(0, top, self.width(), ROW_HEIGHT - BAR_HEIGHT - 6)
        number = f"{confidence:.1%}"
        room = int(line.width()) - painter.fontMetrics().horizontalAdvance(number) - 2 * theme.SPACE
        text = painter.fontMetrics().elidedText(label, Qt.TextElideMode.ElideRight, room)
        painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom), text)
        painter.drawText(line, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom), number)
        bar = QRectF(0, line.bottom() + 3, self.width(), BAR_HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("hover"))
        painter.drawRoundedRect(bar, BAR_HEIGHT / 2, BAR_HEIGHT / 2)
        if confidence * bar.width() >= 1:
            painter.setBrush(theme.colour("accent" if index == 0 and self._accepted else "muted"))
            bar.setWidth(max(BAR_HEIGHT, confidence * bar.width()))
            painter.drawRoundedRect(bar, BAR_HEIGHT / 2, BAR_HEIGHT / 2)
