"""The assistant's lists in the Label tab: asked for on the left, named by the bar, looked through in the grid."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot

from app.project.records import ImageRow
from ui.assistance import Assistance, Question
from ui.image_filter import Filter
from ui.item_models import ImageModel
from ui.state import AppState
from ui.widgets.assistant_panel import DUPLICATES, LABEL_ERRORS, SIMILAR, SUGGESTIONS, AssistantPanel
from ui.widgets.found_bar import FoundBar
from ui.widgets.image_grid import ImageGrid

if TYPE_CHECKING:
    from app.assist.lists import Assistant, Guess, ImageList

GIVEN = "given"  # a list from elsewhere, which nobody can find again


class LabelFind(QObject):
    """Turns what the user wants to find into questions, and answers into what the grid shows."""

    list_shown = pyqtSignal(object)  # a Filter

    def __init__(
        self, state: AppState, model: ImageModel, grid: ImageGrid, panel: AssistantPanel, bar: FoundBar, parent: QObject
    ):
        super().__init__(parent)
        self._state = state
        self._model = model
        self._grid = grid
        self._panel = panel
        self._bar = bar
        self._kind: str | None = None
        self._limits: dict[str, float] = {}
        self._copies: Sequence[int] = ()
        self.assistance = Assistance(state, model.rows, self)
        self.assistance.found.connect(self._on_found)
        self.assistance.suggested.connect(self._on_suggested)
        model.labels_changed.connect(self.assistance.renew)
        panel.kind_chosen.connect(self.find)
        bar.order_chosen.connect(self._on_order_chosen)
        bar.limit_chosen.connect(self._on_limit_chosen)
        bar.accept_requested.connect(self.accept_in_sight)
        bar.copies_requested.connect(self._on_copies_requested)
        bar.setVisible(False)

    @property
    def kind(self) -> str | None:
        """Return what the list in the grid is of, or None for no list."""
        return self._kind

    @pyqtSlot(str)
    def find(self, kind: str) -> None:
        """Show a list of a kind as soon as it is there."""
        if self._state.project is None:
            return
        self._panel.show_chosen(self._kind)
        questions: dict[str, Question] = {
            SUGGESTIONS: partial(_suggested, self._bar.order),
            SIMILAR: partial(_similar, self._grid.selected_ids()),
            DUPLICATES: _duplicates,
            LABEL_ERRORS: _label_errors,
        }
        self.assistance.ask(questions.get(kind) or partial(_findings, kind, self._limits.get(kind)))

    def show_given(self, image_ids: Sequence[int]) -> None:
        """List images that another tab asks for."""
        self.forget()
        self._kind = GIVEN
        self._bar.show_list(GIVEN, self.tr("From the Review tab"), len(image_ids), None)
        self.list_shown.emit(Filter(listed=tuple(image_ids)))

    def forget(self) -> None:
        """Show no list any more; the grid's filter is the tab's matter."""
        self._kind = None
        self._copies = ()
        self._bar.setVisible(False)
        self._panel.show_chosen(None)
        self._model.show_notes({}, {})

    def renew(self) -> None:
        """Ask for the present list again, with what was learnt since."""
        if self._kind not in (None, GIVEN):
            self.find(str(self._kind))

    @pyqtSlot()
    def accept_selected(self) -> None:
        """Turn the suggestions of the selected images into labels."""
        self._state.editing.when_idle(lambda: self._accept(self._grid.selected_ids()))

    @pyqtSlot()
    def accept_in_sight(self) -> None:
        """Turn the suggestions in sight into labels."""
        positions = self._grid.visible_positions()
        self._state.editing.when_idle(lambda: self._accept([self._model.row(place).id for place in positions]))

    def _accept(self, image_ids: Sequence[int]) -> None:
        guesses = [(key, self._model.guess(key)) for key in image_ids]
        accepted = [(key, guess.class_id) for key, guess in guesses if guess is not None]
        project = self._state.project
        if project is not None and accepted:
            change = partial(project.edits.accept_suggestions, accepted)
            self._state.editing.edit(change, [key for key, _ in accepted])

    @pyqtSlot(object)
    def _on_suggested(self, guesses: "dict[int, Guess]") -> None:
        self._model.show_guesses(guesses)

    @pyqtSlot(object)
    def _on_found(self, found: "ImageList") -> None:
        self._kind, self._copies = found.kind, found.copies
        title, count = self._panel.title(found.kind), len(found.ids)
        self._bar.show_list(found.kind, title, count, self._limits_of(found.kind))
        self._panel.show_chosen(found.kind)
        if found.kind == SUGGESTIONS:
            self._model.show_guesses(found.guesses)
        doubts = found.guesses if found.kind == LABEL_ERRORS else {}
        self._model.show_notes(doubts, {key: self._words(found.kind, score) for key, score in found.scores.items()})
        self.list_shown.emit(Filter(listed=found.ids))

    def _words(self, kind: str, score: float) -> str:
        if kind == DUPLICATES:
            return self.tr("group {0:.0f}").format(score)
        return f"{score:.0f}" if score > 50 else f"{score:.2f}"

    def _limits_of(self, kind: str) -> tuple[float, float, float] | None:
        from app.assist.findings import CHECKS

        check = CHECKS.get(kind)
        return None if check is None else (self._limits.get(kind, check.limit), check.lowest, check.highest)

    @pyqtSlot(str)
    def _on_order_chosen(self, order: str) -> None:
        self.renew()

    @pyqtSlot(float)
    def _on_limit_chosen(self, limit: float) -> None:
        if self._kind is not None:
            self._limits[self._kind] = limit
            self.renew()

    @pyqtSlot()
    def _on_copies_requested(self) -> None:
        self._grid.select_ids(self._copies)
        self._grid.setFocus()


def _suggested(order: str, assistant: "Assistant", rows: Sequence[ImageRow]) -> "ImageList":
    return assistant.suggested(rows, order)


def _similar(selected: Sequence[int], assistant: "Assistant", rows: Sequence[ImageRow]) -> "ImageList":
    return assistant.similar(selected)


def _duplicates(assistant: "Assistant", rows: Sequence[ImageRow]) -> "ImageList":
    return assistant.duplicates(rows)


def _label_errors(assistant: "Assistant", rows: Sequence[ImageRow]) -> "ImageList":
    return assistant.label_errors(rows)


def _findings(kind: str, limit: float | None, assistant: "Assistant", rows: Sequence[ImageRow]) -> "ImageList":
    return assistant.findings(kind, limit)
