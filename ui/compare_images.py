"""The images that two runs answer differently, as a gallery that opens them large."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PyQt5.QtCore import pyqtSlot
from PyQt5.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.evaluation.compared_runs import ComparedRun
from app.evaluation.comparison import Disagreement
from ui import theme
from ui.widgets.gallery import Gallery
from ui.widgets.scored_image_dialog import ScoredImageDialog

ALL, ONLY_A, ONLY_B, NEITHER = range(4)
LARGE = 0.9  # of this window's size
RIGHT, WRONG = "✓", "✗"


class CompareImages(QWidget):
    """Images by who is right about them; perhaps only those of one class."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._disagreements: tuple[Disagreement, ...] = ()
        self._run: ComparedRun | None = None
        self._names = (0, 0)
        self._label = ""
        self.title = QLabel(objectName="heading")
        self.who = QComboBox()
        self.who.setAccessibleName(self.tr("Which of the runs is right"))
        self.gallery = Gallery()
        self.gallery.setAccessibleName(self.tr("Images that the runs disagree on"))
        self.nothing = QLabel(objectName="muted")
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.who)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addLayout(top)
        layout.addWidget(self.gallery, 1)
        layout.addWidget(self.nothing)
        self.who.activated.connect(self._show)
        self.gallery.activated.connect(self._on_gallery_activated)

    def set_source(self, digests: Mapping[str, str], cache: Path) -> None:
        """Take pictures from a project's cache."""
        self.gallery.set_source(digests, cache)

    def show_disagreements(
        self, disagreements: Sequence[Disagreement], a: ComparedRun, b: ComparedRun, label: str = ""
    ) -> None:
        """Show the images, of one class or of all."""
        self._disagreements = tuple(disagreements)
        self._names, self._run, self._label = (a.row.number, b.row.number), b, label
        chosen = max(0, self.who.currentIndex())
        self.who.clear()
        for who, text in (
            (ALL, self.tr("All of them ({0:,})")),
            (ONLY_A, self.tr("Only run {1} is right ({0:,})")),
            (ONLY_B, self.tr("Only run {2} is right ({0:,})")),
            (NEITHER, self.tr("Neither is right ({0:,})")),
        ):
            self.who.addItem(text.format(len(self._of(who)), *self._names), who)
        self.who.setCurrentIndex(chosen)
        self._show()

    def show_class(self, label: str) -> None:
        """Show only images of one class, or of all for an empty name."""
        self._label = label
        self._show()

    def _of(self, who: int) -> list[Disagreement]:
        return [one for one in self._disagreements if who in (ALL, _who_is_right(one))]

    @pyqtSlot()
    def _show(self) -> None:
        shown = [one for one in self._of(self.who.currentData()) if self._label in ("", one.label)]
        if self._label:
            title = self.tr("Images of “{1}” that the runs disagree on: {0:,}")
        else:
            title = self.tr("Images that the runs disagree on: {0:,}")
        self.title.setText(title.format(len(shown), self._label))
        assert self._run is not None
        scored = self._run.scored()
        images = [scored[one.path] for one in shown]
        self.gallery.show_images(images, self._run.review.labels, [self._caption(one, "\n") for one in shown])
        self.gallery.setVisible(bool(shown))
        self.nothing.setText(self.tr("There are none."))
        self.nothing.setVisible(not shown)
        self._shown = shown

    def _caption(self, one: Disagreement, between: str) -> str:
        answers = (
            f"{number}: {answer} {RIGHT if answer == one.label else WRONG}"
            for number, answer in zip(self._names, one.predicted, strict=True)
        )
        return between.join((one.label, *answers))

    @pyqtSlot()
    def _on_gallery_activated(self) -> None:
        rows = self.gallery.selected_rows()
        if not rows or self._run is None:
            return
        captions = [self._caption(one, " · ") for one in self._shown]
        labels = self._run.review.labels
        dialog = ScoredImageDialog(self.gallery.images(), labels, rows[0], parent=self, captions=captions)
        dialog.resize(self.window().size() * LARGE)
        dialog.open()


def _who_is_right(one: Disagreement) -> int:
    first, second = (answer == one.label for answer in one.predicted)
    return ONLY_A if first else ONLY_B if second else NEITHER
