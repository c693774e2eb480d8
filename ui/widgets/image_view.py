"""One image, as large as fits or as near as the user zooms, with its label and its name below."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PyQt5.QtCore import QPoint, QPointF, QRect, QRectF, QSizeF, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap, QWheelEvent
from PyQt5.QtWidgets import QWidget

from app.errors import AppError
from app.project.records import ClassRow
from ui import theme
from ui.item_models import to_image
from ui.jobs import Task, run_in_pool

FIRST_SIDE = 2048  # a larger picture is shrunk to this, until the user zooms in
FULL_SIDE = 8192
KEPT = 8  # pictures: the one shown and those the user may step to
FOOTER = 30
DOT = 10
ZOOM_STEP = 1.25
MOST_ZOOM = 16.0
PAN_STEP = 60


@dataclass(frozen=True)
class ImageToShow:
    """A file with what is known of it; `classes` is None where its label is not the matter."""

    path: Path
    name: str
    classes: tuple[ClassRow, ...] | None = None
    excluded: bool = False
    thumbnail: QPixmap | None = None


@dataclass(frozen=True)
class Overlay:
    """A picture to lay over an image, on `place`: left, top, width and height as shares of the image's."""

    path: Path
    picture: QImage
    place: QRectF
    opacity: float


@dataclass(frozen=True)
class _Picture:
    pixmap: QPixmap
    width: int  # of the file, in pixels
    height: int
    side: int  # the longer one was limited to this


class ImageView(QWidget):
    """Shows an image; arrows ask for its neighbours, which are read beforehand; Escape and Space for the way back."""

    step_requested = pyqtSignal(int)
    close_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._image: ImageToShow | None = None
        self._known: OrderedDict[Path, _Picture | AppError] = OrderedDict()
        self._tasks: dict[tuple[Path, int], Task] = {}
        self._painted: Path | None = None
        self._zoom: float | None = None  # screen pixels per pixel of the file; None fits the window
        self._centre = QPointF(0.5, 0.5)  # what is in the middle, as a share of width and height
        self._grabbed: QPoint | None = None
        self._overlay: Overlay | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Image"))
        theme.signals.changed.connect(self.update)

    # -- what is shown

    def show_image(self, image: ImageToShow, neighbours: Sequence[Path] = ()) -> None:
        """Show an image, at once as its thumbnail, and read it and its neighbours in the background."""
        if self._image is None or self._image.path != image.path:
            self._centre = QPointF(0.5, 0.5)
        self._image = image
        wanted = [image.path, *neighbours]
        for key in [key for key in self._tasks if key[0] not in wanted]:
            self._tasks.pop(key).cancel()
        for path in wanted:
            self._read(path, FIRST_SIDE)
        self.setAccessibleDescription(", ".join(part for part in (image.name, self._label()) if part))
        self.update()

    def set_overlay(self, overlay: Overlay | None) -> None:
        """Lay a picture over the image it belongs to, whenever that is shown; None takes it away."""
        self._overlay = overlay
        self.update()

    def has_overlay(self) -> bool:
        """Tell whether a picture lies over an image."""
        return self._overlay is not None

    def clear(self) -> None:
        """Show nothing."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        self._known.clear()
        self._image = self._painted = None
        self.update()

    def shown_path(self) -> Path | None:
        """Return the file whose picture was painted last; not while only its thumbnail is seen."""
        return self._painted

    # -- zoom

    def fit(self) -> None:
        """Show the whole image, as large as the window allows, never larger than it is."""
        self._zoom = None
        self.update()

    def zoom_by(self, steps: float, at: QPointF | None = None) -> None:
        """Zoom in by some steps, or out where negative, around a point of the widget."""
        picture = self._picture()
        if picture is None:
            return
        before = self._scale(picture)
        fitting = self._fitting_scale(picture)
        after = min(before * ZOOM_STEP**steps, MOST_ZOOM)
        if after <= fitting:
            self.fit()
            return
        point = at or QPointF(self._canvas().center())
        share = self._share_at(point, picture)
        self._zoom = after
        offset = point - QPointF(self._canvas().center())
        self._set_centre(
            QPointF(share.x() - offset.x() / (after * picture.width), share.y() - offset.y() / (after * picture.height))
        )
        if (
            max(picture.width, picture.height) > picture.side
            and after * max(picture.width, picture.height) > picture.side
        ):
            self._read(self._image.path if self._image else Path(), FULL_SIDE)

    def show_actual_size(self) -> None:
        """Show one pixel of the file as one of the screen."""
        self._zoom = 1.0
        self._set_centre(self._centre)

    def pan(self, dx: float, dy: float) -> None:
        """Move the view over the image, by pixels of the screen."""
        picture = self._picture()
        if picture is not None:
            scale = self._scale(picture)
            moved = QPointF(dx / (scale * picture.width), dy / (scale * picture.height))
            self._set_centre(self._centre + moved)

    def zoom_percent(self) -> int:
        """Return how large the image is shown, 100 for one pixel of the file to one of the screen."""
        picture = self._picture()
        return round(100 * self._scale(picture)) if picture else 100

    def _set_centre(self, centre: QPointF) -> None:
        """Move, but not beyond the edges."""
        picture = self._picture()
        if picture is not None:
            scale, canvas = self._scale(picture), self._canvas()
            half_x = min(0.5, canvas.width() / (2 * scale * picture.width))
            half_y = min(0.5, canvas.height() / (2 * scale * picture.height))
            centre = QPointF(min(max(centre.x(), half_x), 1 - half_x), min(max(centre.y(), half_y), 1 - half_y))
        self._centre = centre
        self.update()

    def _canvas(self) -> QRect:
        return self.rect().adjusted(0, 0, 0, -FOOTER)

    def _fitting_scale(self, picture: _Picture) -> float:
        canvas = self._canvas()
        return min(1.0, canvas.width() / picture.width, canvas.height() / picture.height)

    def _scale(self, picture: _Picture) -> float:
        return self._fitting_scale(picture) if self._zoom is None else self._zoom

    def _share_at(self, point: QPointF, picture: _Picture) -> QPointF:
        place = self._place(picture)
        return QPointF((point.x() - place.left()) / place.width(), (point.y() - place.top()) / place.height())

    def _place(self, picture: _Picture) -> QRectF:
        scale = self._scale(picture)
        size = QSizeF(picture.width * scale, picture.height * scale)
        middle = QPointF(self._canvas().center())
        centre = QPointF(0.5, 0.5) if self._zoom is None else self._centre
        corner = middle - QPointF(centre.x() * size.width(), centre.y() * size.height())
        return QRectF(corner, size)

    # -- reading

    def _picture(self) -> _Picture | None:
        known = self._known.get(self._image.path) if self._image else None
        return known if isinstance(known, _Picture) else None

    def _read(self, path: Path, side: int) -> None:
        known = self._known.get(path)
        if isinstance(known, AppError) or (known is not None and known.side >= side) or (path, side) in self._tasks:
            return
        self._tasks[path, side] = run_in_pool(_load, path, side, on_done=partial(self._on_loaded, path, side))

    def _on_loaded(self, path: Path, side: int, result: tuple[QImage, int, int] | AppError) -> None:
        self._tasks.pop((path, side), None)
        if isinstance(result, AppError):
            self._known[path] = result
        else:
            image, width, height = result
            self._known[path] = _Picture(QPixmap.fromImage(image), width, height, side)
        self._known.move_to_end(path)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        if self._image is not None and path == self._image.path:
            self.update()

    # -- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture, or why there is none, and what is known of it."""
        if self._image is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setClipRect(self._canvas())
        known = self._known.get(self._image.path)
        if isinstance(known, AppError):
            painter.setPen(theme.colour("bad"))
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(self._canvas(), flags, known.message)
        elif known is not None:
            painter.drawPixmap(self._place(known), known.pixmap, QRectF(known.pixmap.rect()))
            self._paint_overlay(painter, self._place(known))
        elif self._image.thumbnail is not None:
            size = self._image.thumbnail.size().scaled(self._canvas().size(), Qt.AspectRatioMode.KeepAspectRatio)
            corner = self._canvas().center() - QPoint(size.width() // 2, size.height() // 2)
            painter.drawPixmap(QRect(corner, size), self._image.thumbnail)
        if known is not None:
            self._painted = self._image.path
        painter.setClipping(False)
        self._paint_footer(painter, self._image)

    def _paint_overlay(self, painter: QPainter, whole: QRectF) -> None:
        overlay = self._overlay
        if overlay is None or self._image is None or overlay.path != self._image.path:
            return
        part = overlay.place
        place = QRectF(
            whole.left() + part.left() * whole.width(),
            whole.top() + part.top() * whole.height(),
            part.width() * whole.width(),
            part.height() * whole.height(),
        )
        painter.save()
        painter.setClipRect(whole, Qt.ClipOperation.IntersectClip)
        painter.setOpacity(overlay.opacity)
        # Enlarged before it is painted, which keeps the edges soft: a painter would stretch its outermost pixels.
        smooth = overlay.picture.scaled(
            place.size().toSize(), Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        painter.drawImage(place.topLeft(), smooth)
        painter.restore()

    def _paint_footer(self, painter: QPainter, image: ImageToShow) -> None:
        place = self.rect().adjusted(0, self.height() - FOOTER + 4, 0, 0)
        vertical = int(Qt.AlignmentFlag.AlignVCenter)
        x = self._paint_dots(painter, place, image.classes or ())
        label = self._label()
        painter.setPen(theme.colour("text" if image.classes else "muted"))
        painter.drawText(place.adjusted(x, 0, 0, 0), vertical | int(Qt.AlignmentFlag.AlignLeft), label)
        taken = x + painter.fontMetrics().horizontalAdvance(label) + 24
        painter.setPen(theme.colour("muted"))
        picture = self._picture()
        text = image.name
        if picture is not None:
            text += f"  ·  {picture.width:,} × {picture.height:,}  ·  {self.zoom_percent()} %"
        text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideLeft, max(0, place.width() - taken))
        painter.drawText(place, vertical | int(Qt.AlignmentFlag.AlignRight), text)
        if self.hasFocus():
            painter.setPen(theme.colour("accent"))
            painter.drawLine(place.left(), place.top() - 3, place.right(), place.top() - 3)

    def _paint_dots(self, painter: QPainter, place: QRect, classes: Sequence[ClassRow]) -> int:
        """Paint the colours of the label; return where its name begins."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for number, one in enumerate(classes):
            painter.setBrush(QColor(one.colour))
            painter.drawEllipse(QRect(number * (DOT + 4), place.center().y() - DOT // 2, DOT, DOT))
        return len(classes) * (DOT + 4) + 2

    def _label(self) -> str:
        """Say what the image is labelled as; nothing where that is not the matter."""
        if self._image is None or self._image.classes is None:
            return ""
        names = ", ".join(one.name for one in self._image.classes) or self.tr("unlabelled")
        return self.tr("excluded: {0}").format(names) if self._image.excluded else names

    # -- keys and mouse

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step with the arrows, pan with Shift and the arrows, leave with Escape or Space."""
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}
        pans = {Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Down: (0, 1), Qt.Key.Key_Up: (0, -1)}
        if event.key() in pans and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            dx, dy = pans[Qt.Key(event.key())]
            self.pan(dx * PAN_STEP, dy * PAN_STEP)
        elif event.key() in steps:
            self.step_requested.emit(steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Space):
            self.close_requested.emit()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom around the mouse."""
        self.zoom_by(event.angleDelta().y() / 120, event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the image."""
        self.setFocus()
        if event.button() == Qt.MouseButton.LeftButton and self._zoom is not None:
            self._grabbed = event.pos()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the image along."""
        if self._grabbed is not None:
            moved = self._grabbed - event.pos()
            self._grabbed = event.pos()
            self.pan(moved.x(), moved.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._grabbed = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Change between the whole image and its actual size."""
        if self._zoom is None:
            picture = self._picture()
            if picture is not None:
                share = self._share_at(QPointF(event.pos()), picture)
                self.show_actual_size()
                self._set_centre(share)
        else:
            self.fit()


def _load(path: Path, side: int) -> tuple[QImage, int, int]:
    # Imported late, with numpy and OpenCV behind it: the window is seen before.
    from app.dataset.decode import read_image
    from app.dataset.thumbnails import shrunk

    image = read_image(path)
    height, width = image.shape[:2]
    return to_image(shrunk(image, side)), width, height
