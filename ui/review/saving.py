"""Saves what the Review tab shows: images as a table, a figure as a picture, everything as a page."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QObject, QPoint, QRect, pyqtSignal
from PyQt5.QtGui import QPainter, QPixmap
from PyQt5.QtSvg import QSvgGenerator
from PyQt5.QtWidgets import QFileDialog, QWidget

from app.engines.protocol import OnEvent
from app.errors import AppError, InputError
from app.evaluation.class_table import write_class_table
from app.evaluation.image_table import write_image_table
from app.evaluation.report import ScoredImage
from app.export.html_report import write_page
from app.export.table import write_table
from ui import theme
from ui.state import AppState
from ui.widgets.class_table import ClassTable
from ui.widgets.drawing import Drawing

PICTURES = (".png", ".svg")
DOTS = 2  # pixels of a PNG for each on the screen, so that it can be printed


class Saving(QObject):
    """Asks where to, and writes; what cannot be written is said."""

    saved = pyqtSignal(object)  # a report's file

    def __init__(self, window: QWidget, state: AppState):
        super().__init__(window)
        self._window, self._state = window, state

    def images(self, images: Sequence[ScoredImage], labels: Sequence[str]) -> None:
        """Save scored images as a table."""
        file = self._ask(self.tr("Save table"), "images.csv", self.tr("Table (*.csv)"))
        if file is not None:
            self._try(partial(write_image_table, file, images, labels))

    def results(self, results: Sequence[dict[str, Any]], labels: Sequence[str]) -> None:
        """Save predictions as a table."""
        file = self._ask(self.tr("Save table"), "predictions.csv", self.tr("Table (*.csv)"))
        if file is not None:
            self._try(partial(write_table, file, results, labels))

    def picture(self, what: Drawing | ClassTable, name: str) -> None:
        """Save a figure, or the figures of the classes as a table or as they are seen."""
        kinds, suffix = self.tr("Picture (*.png);;Drawing (*.svg)"), "png"
        if isinstance(what, ClassTable):
            kinds, suffix = f"{self.tr('Table (*.csv)')};;{kinds}", "csv"
        file = self._ask(self.tr("Save figure"), f"{name}.{suffix}", kinds)
        if file is None:
            return
        if not isinstance(what, ClassTable):
            self._try(partial(save_picture, what, file))
        elif file.suffix.lower() in PICTURES:
            self._try(partial(save_picture, Drawing.of_widget(what), file))
        else:
            self._try(partial(write_class_table, file, what.figures))

    def report(self, make: Callable[[], str]) -> None:
        """Save a page of HTML, which is made in the background."""
        file = self._ask(self.tr("Save report"), "report.html", self.tr("Page (*.html)"))
        if file is not None:
            job = self._state.jobs.start(self.tr("Writing the report"), partial(_write, file, make))
            job.done.connect(self.saved)
            job.failed.connect(self._state.failed)

    def _ask(self, title: str, name: str, kinds: str) -> Path | None:
        file, _ = QFileDialog.getSaveFileName(self._window, title, name, kinds)
        return Path(file) if file else None

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
        except AppError as error:
            self._state.failed.emit(error)


def _write(file: Path, make: Callable[[], str], on_event: OnEvent, cancel: threading.Event) -> Path:
    return write_page(file, make())


def save_picture(drawing: Drawing, file: Path) -> None:
    """Paint a PNG or SVG file, by its name; raises InputError where it cannot be written."""
    saved = _save_svg(drawing, file) if file.suffix.lower() == ".svg" else _save_png(drawing, file)
    if not saved:
        raise InputError(f"The picture “{file}” cannot be written.", "Choose another place.")


def _save_png(drawing: Drawing, file: Path) -> bool:
    picture = QPixmap(drawing.size * DOTS)
    picture.setDevicePixelRatio(DOTS)
    painter = QPainter(picture)
    _paint(drawing, painter)
    painter.end()
    return bool(picture.save(str(file), "PNG"))


def _save_svg(drawing: Drawing, file: Path) -> bool:
    if not file.parent.is_dir():
        return False
    generator = QSvgGenerator()
    generator.setFileName(str(file))
    generator.setSize(drawing.size)
    generator.setViewBox(QRect(QPoint(0, 0), drawing.size))
    generator.setTitle(drawing.title or "Sightline")
    painter = QPainter()
    if not painter.begin(generator):
        return False
    _paint(drawing, painter)
    painter.end()
    return file.is_file()


def _paint(drawing: Drawing, painter: QPainter) -> None:
    painter.fillRect(QRect(QPoint(0, 0), drawing.size), theme.colour("window"))
    drawing.paint(painter)
