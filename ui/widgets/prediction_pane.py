"""One predicted picture: the picture, what the model says of it and why, and the way to correct it."""

from pathlib import Path
from typing import Any

from PyQt5.QtCore import Qt, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QLabel, QPushButton, QScrollArea, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.dataset.archive import original
from app.evaluation.rule import UNKNOWN, UNSURE
from ui import theme
from ui.review.heat import HeatMap
from ui.widgets.correction_bar import CorrectionBar
from ui.widgets.image_view import ImageToShow, ImageView, Overlay
from ui.widgets.live_picture import LivePicture
from ui.widgets.prediction_bars import PredictionBars

BARS_WIDTH = 360
HEAT_OPACITY = 0.55
PICTURE, LIVE = range(2)


class PredictionPane(QSplitter):
    """Shows a result; asks what speaks for its best class, and for a correction."""

    explanation_requested = pyqtSignal(str, str)  # path, label
    correction_requested = pyqtSignal(str, str)  # path, right label

    def __init__(self, parent: QWidget | None = None):
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._result: dict[str, Any] | None = None
        self.view = ImageView()
        self.live = LivePicture()
        self._pictures = QStackedWidget()
        self._pictures.addWidget(self.view)
        self._pictures.addWidget(self.live)
        self.name = QLabel(objectName="heading", wordWrap=True)
        self.problem = QLabel(objectName="bad", wordWrap=True)
        self.verdict = QLabel(objectName="figure", wordWrap=True)
        self.reason = QLabel(objectName="muted", wordWrap=True)
        self.bars = PredictionBars()
        self.heat = QPushButton(self.tr("Show what speaks for it"), checkable=True)
        self.heat.setToolTip(self.tr("Where in the picture the model sees its best class (H)"))
        self.heat.setShortcut("H")
        self.correction = CorrectionBar()
        self._lay_out()
        self.heat.toggled.connect(self._show_heat)
        self.correction.correction_requested.connect(self._on_correction_requested)

    def _lay_out(self) -> None:
        words = QWidget()
        column = QVBoxLayout(words)
        column.setContentsMargins(0, 0, theme.SPACE, 0)
        column.setSpacing(theme.SPACE)
        for widget in (self.name, self.problem, self.verdict, self.reason, self.bars):
            column.addWidget(widget)
        column.addStretch()
        scroll = QScrollArea(widgetResizable=True)
        scroll.setWidget(words)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        right = QWidget()
        right.setMinimumWidth(BARS_WIDTH)
        below = QVBoxLayout(right)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(theme.SPACE)
        below.addWidget(scroll, 1)
        below.addWidget(self.heat, 0, Qt.AlignmentFlag.AlignLeft)
        below.addWidget(self.correction)
        self.addWidget(self._pictures)
        self.addWidget(right)
        self.setSizes([2 * BARS_WIDTH, BARS_WIDTH])
        self.setHandleWidth(2 * theme.SPACE)
        self.setChildrenCollapsible(False)

    def clear(self) -> None:
        """Show nothing."""
        self._result = None
        self.view.clear()
        self.live.show_picture(QImage())

    def show_result(self, result: dict[str, Any]) -> None:
        """Show the picture of a file with its answer."""
        self._pictures.setCurrentIndex(PICTURE)
        self._result = result
        self._show_words(result)
        path = Path(result["path"])
        self.name.setText(path.name)
        self.name.setToolTip(str(original(path)))
        readable = not result["problem"]
        self.heat.setVisible(readable)
        self.correction.setVisible(readable)
        self.correction.ask_anew()
        self.view.set_overlay(None)
        if readable:
            self.view.show_image(ImageToShow(path, path.name))
            self._show_heat()
        else:
            self.view.clear()

    def show_live(self, result: dict[str, Any], picture: QImage) -> None:
        """Show what a camera sees, with its answer."""
        self._result = None
        self._pictures.setCurrentIndex(LIVE)
        self.live.show_picture(picture)
        self._show_words(result)
        self.name.setText(self.tr("Camera"))
        self.name.setToolTip(self.tr("Stop, and the picture that was seen last stays"))
        self.heat.hide()
        self.correction.hide()

    @pyqtSlot(object)
    def show_heat_map(self, found: HeatMap) -> None:
        """Lay a heat map over its picture, if that is still shown and still wanted."""
        if self._result is not None and found.path == self._result["path"] and self.heat.isChecked():
            self.view.set_overlay(Overlay(Path(found.path), found.picture, found.place, HEAT_OPACITY))

    def shows(self, path: str) -> bool:
        """Tell whether this file is shown."""
        return self._result is not None and self._result["path"] == path

    def _show_words(self, result: dict[str, Any]) -> None:
        verdict = result.get("verdict")
        self.problem.setText(result["problem"] or "")
        self.problem.setVisible(bool(result["problem"]))
        texts = {
            UNKNOWN: (self.tr("Unknown"), self.tr("Unlike every class, so that the model's rule rejects the answer.")),
            UNSURE: (self.tr("Unsure"), self.tr("Too improbable, so that the model's rule rejects the answer.")),
        }
        said, reason = texts.get(str(verdict), ("", ""))
        for label, text in ((self.verdict, said), (self.reason, reason)):
            label.setText(text)
            label.setVisible(bool(text))
        self.bars.show_predictions(result["predictions"], accepted=not said)

    @pyqtSlot()
    def _show_heat(self) -> None:
        shown = self.heat.isChecked()
        self.heat.setText(self.tr("Hide what speaks for it") if shown else self.tr("Show what speaks for it"))
        self.heat.setShortcut("H")  # which another text takes away
        if self._result is None:
            return
        if shown:
            self.explanation_requested.emit(self._result["path"], self._result["predictions"][0]["label"])
        else:
            self.view.set_overlay(None)

    @pyqtSlot(str)
    def _on_correction_requested(self, label: str) -> None:
        if self._result is not None:
            self.correction_requested.emit(self._result["path"], label)
