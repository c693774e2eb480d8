"""Saves what the Review tab shows: images as a table, a figure as a picture, everything as a page."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QObject, QRect, QSize, pyqtSignal
from PyQt5.QtGui import QPainter, QPixmap
from PyQt5.QtSvg import QSvgGenerator
from PyQt5.QtWidgets import QFileDialog, QWidget

from app.engines.protocol import OnEvent
from app.errors import AppError, InputError
from app.evaluation.image_table import write_image_table
from app.evaluation.report import ScoredImage
from app.export.html_report import write_page
from app.export.table import write_table
from ui.state import AppState

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

    def picture(self, widget: QWidget, name: str) -> None:
        """Save a figure as it is seen."""
        file = self._ask(self.tr("Save figure"), f"{name}.png", self.tr("Picture (*.png);;Drawing (*.svg)"))
        if file is not None:
            self._try(partial(save_picture, widget, file))

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


def save_picture(widget: QWidget, file: Path) -> None:
    """Paint a widget into a PNG or SVG file, by its name; raises InputError where it cannot be written."""
    saved = _save_svg(widget, file) if file.suffix.lower() == ".svg" else _save_png(widget, file)
    if not saved:
        raise InputError(f"The picture “{file}” cannot be written.", "Choose another place.")


def _save_png(widget: QWidget, file: Path) -> bool:
    picture = QPixmap(widget.size() * DOTS)
    picture.setDevicePixelRatio(DOTS)
    picture.fill(widget.palette().window().color())
    widget.render(picture)
    return bool(picture.save(str(file), "PNG"))


def _save_svg(widget: QWidget, file: Path) -> bool:
    if not file.parent.is_dir():
        return False
    generator = QSvgGenerator()
    generator.setFileName(str(file))
    generator.setSize(QSize(widget.size()))
    generator.setViewBox(QRect(0, 0, widget.width(), widget.height()))
    generator.setTitle(widget.accessibleName() or "Sightline")
    painter = QPainter()
    if not painter.begin(generator):
        return False
    widget.render(painter)
    painter.end()
    return file.is_file()
