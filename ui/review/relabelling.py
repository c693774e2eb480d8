"""Corrects labels of reviewed images and leaves images out, as edits that can be undone."""

from collections.abc import Callable
from functools import partial

from PyQt5.QtCore import QObject, pyqtSlot

from app.errors import AppError
from app.evaluation.review import NO_IMAGE, Positions, Review
from app.project.project import Project
from ui.editing import AT_ONCE, Change
from ui.state import AppState


class Relabelling(QObject):
    """Edits the images at positions of the review that is shown."""

    def __init__(self, state: AppState, parent: QObject | None = None):
        super().__init__(parent)
        self._state = state
        self._review: Review | None = None

    def set_review(self, review: Review | None) -> None:
        """Take positions as those of this review from now on."""
        self._review = review

    def ids(self, positions: Positions) -> list[int]:
        """Return the ids of images, those that are in the project."""
        if self._review is None:
            return []
        ids: list[int] = self._review.image_ids[positions].tolist()
        return [one for one in ids if one != NO_IMAGE]

    @pyqtSlot(object, int)
    def label(self, positions: Positions, number: int) -> None:
        """Give images the class that has a number in the review."""
        if self._review is None:
            return
        class_id = self._review.class_ids.get(number)
        if class_id is None:
            text = self.tr("There is no class “{0}” any more.").format(self._review.labels[number])
            self._state.failed.emit(AppError(text, self.tr("Add it again on the Label tab.")))
            return
        ids = self.ids(positions)
        self._edit(lambda project: partial(project.edits.set_label, ids, class_id), ids)

    @pyqtSlot(object)
    def exclude(self, positions: Positions) -> None:
        """Exclude images, or take them back where all of them are excluded."""
        ids = self.ids(positions)
        if self._state.project is not None:
            excluded = not all(row.excluded for row in self._state.project.images_of(ids))
            self._edit(lambda project: partial(project.edits.set_excluded, ids, excluded), ids)

    def _edit(self, change: Callable[[Project], Change], ids: list[int]) -> None:
        def wish() -> None:
            if self._state.project is None or not ids:
                return
            if len(ids) <= AT_ONCE:
                self._state.editing.edit(change(self._state.project), ids)
            else:
                self._state.editing.edit_many(self.tr("Correcting labels"), change(self._state.project))

        self._state.editing.when_idle(wish)
