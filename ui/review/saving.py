"""Saves what the Review tab shows: images as a table, a figure as a picture."""

from pathlib import Path

from PyQt5.QtCore import QRect, QSize
from PyQt5.QtGui import QPainter, QPixmap
from PyQt5.QtSvg import QSvgGenerator
from PyQt5.QtWidgets import QWidget

from app.errors import InputError

DOTS = 2  # pixels of a PNG for each on the screen, so that it can be printed


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
