"""The pairs that the leak guard found, side by side, and what to do about them."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PyQt5.QtCore import QSize, Qt, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QIcon, QImage, QPainter, QPixmap
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.errors import AppError
from app.leaks import Leak
from ui import theme
from ui.jobs import Task, run_in_pool
from ui.widgets.gallery import small_picture

SIZE = (620, 560)
SIDE = 64
LISTED = 200


class LeaksDialog(QDialog):
    """Lists test images beside what they are like in training."""

    leave_out_requested = pyqtSignal(object)  # ids of test images
    train_requested = pyqtSignal()

    def __init__(self, leaks: Sequence[Leak], cache: Path, parent: QWidget | None = None):
        super().__init__(parent)
        self._leaks = tuple(leaks)
        self._tasks: list[Task] = []
        self.setWindowTitle(self.tr("Test images that training would see"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*SIZE)
        self.words = QLabel(wordWrap=True)
        words = self.tr(
            "{0:,} test images are copies or near-duplicates of training images, or in a group with them. The "
            "figures would be better than the model is."
        )
        if len(leaks) == 1:
            words = self.tr(
                "1 test image is a copy or near-duplicate of a training image, or in a group with one. The figures "
                "would be better than the model is."
            )
        self.words.setText(words.format(len(leaks)))
        self.pairs = QTableWidget(min(len(leaks), LISTED), 2)
        self.pairs.setHorizontalHeaderLabels([self.tr("Tested on"), self.tr("Trained on")])
        self.pairs.verticalHeader().hide()
        self.pairs.verticalHeader().setDefaultSectionSize(SIDE + theme.SPACE)
        self.pairs.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.pairs.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.pairs.setIconSize(QSize(SIDE, SIDE))
        self.pairs.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.pairs.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.pairs.setTabKeyNavigation(False)
        self.pairs.setAccessibleName(self.tr("Pairs of a test and a training image"))
        self.box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.leave_out = self.box.addButton(self.tr("&Leave them out and train"), QDialogButtonBox.ButtonRole.YesRole)
        self.leave_out.setToolTip(self.tr("Exclude these test images; Edit → Undo takes them back"))
        self.leave_out.setDefault(True)
        self.train = self.box.addButton(self.tr("&Train all the same"), QDialogButtonBox.ButtonRole.NoRole)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.SPACE] * 4)
        layout.setSpacing(2 * theme.SPACE)
        layout.addWidget(self.words)
        layout.addWidget(self.pairs, 1)
        layout.addWidget(self.box)
        self._list(cache)
        self.leave_out.clicked.connect(self._on_leave_out_clicked)
        self.train.clicked.connect(self._on_train_clicked)
        self.box.rejected.connect(self.reject)

    def _list(self, cache: Path) -> None:
        for row, leak in enumerate(self._leaks[:LISTED]):
            for column, (path, digest) in enumerate(((leak.tested.path, leak.tested.digest), (leak.trained, None))):
                item = QTableWidgetItem(f"{path.parent.name}/{path.name}")
                item.setToolTip(str(path))
                self.pairs.setItem(row, column, item)
                shown = partial(self._on_picture, row, column)
                self._tasks.append(run_in_pool(small_picture, str(path), digest, cache, on_done=shown))

    def _on_picture(self, row: int, column: int, result: QImage | AppError) -> None:
        if not isinstance(result, AppError):
            self.pairs.item(row, column).setIcon(QIcon(_squared(QPixmap.fromImage(result))))

    @pyqtSlot()
    def _on_leave_out_clicked(self) -> None:
        self.leave_out_requested.emit([leak.tested.id for leak in self._leaks])
        self.accept()

    @pyqtSlot()
    def _on_train_clicked(self) -> None:
        self.train_requested.emit()
        self.accept()

    def done(self, result: int) -> None:
        """Forget the pictures that are still being read."""
        for task in self._tasks:
            task.cancel()
        super().done(result)


def _squared(picture: QPixmap) -> QPixmap:
    """Put a picture in the middle of a square, so that the names beside them begin at one place."""
    small = picture.scaled(SIDE, SIDE, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    square = QPixmap(SIDE, SIDE)
    square.fill(Qt.GlobalColor.transparent)
    with QPainter(square) as painter:
        painter.drawPixmap((SIDE - small.width()) // 2, (SIDE - small.height()) // 2, small)
    return square
