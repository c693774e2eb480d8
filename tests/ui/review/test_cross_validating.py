"""Few test images: the page says so, and every labelled image is predicted out of fold."""

from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.evaluation.subjects import cross_validation_subject, run_subject
from tests.ui.reviewing import click_cell, click_image, newest
from ui.review_tab import ReviewTab
from ui.state import AppState
from ui.widgets.scored_image_dialog import ScoredImageDialog

LONG_MS = 60_000


@pytest.fixture
def crossed(qtbot: QtBot, state: AppState, review: ReviewTab) -> ReviewTab:
    """Cross-validate by the link that is offered, with the keyboard."""
    offer = review._head.offer
    offer.setFocus(Qt.FocusReason.TabFocusReason)
    with qtbot.waitSignal(review._measuring.measured, timeout=LONG_MS):
        qtbot.keyClick(offer, Qt.Key.Key_Tab)  # to the link
        qtbot.keyClick(offer, Qt.Key.Key_Return)
        assert not offer.isEnabled()
        assert [job.title for job in state.jobs.running] == ["Cross-validating"]
    qtbot.waitUntil(lambda: review._task is None and not state.jobs.running)
    return review


def test_every_labelled_image_is_predicted_out_of_fold(qtbot: QtBot, state: AppState, crossed: ReviewTab) -> None:
    assert state.project is not None
    head, review = crossed._head, crossed._review
    assert head.runs.currentText() == "Cross-validation of all images"
    assert head.line.intervals.text().startswith("of 42 images right")
    assert head.protocol.text().startswith("Cross-validated on all 42 labelled images: each was predicted by models")
    assert not head.thresholds.isVisible()
    assert head.offer.text() == "Only 42 images: the intervals are wide."
    assert head.offer.isEnabled()
    assert review is not None
    assert review.subject == cross_validation_subject(state.project)
    click_cell(qtbot, crossed, 0, 0)
    crossed._page.images.gallery.activated.emit(crossed._page.images.gallery.model().index(0, 0))
    dialog = crossed.findChild(ScoredImageDialog)
    qtbot.waitExposed(dialog)
    assert not dialog.looks.isVisible()
    dialog.reject()
    head.runs.setCurrentIndex(0)
    head.runs.activated.emit(0)
    expected = run_subject(state.project, newest(state).number)
    qtbot.waitUntil(lambda: crossed._shown == expected)
    qtbot.waitUntil(head.thresholds.isVisible)


def test_its_labels_are_corrected_and_its_reasons_left_its_group_out(
    qtbot: QtBot, state: AppState, crossed: ReviewTab
) -> None:
    click_cell(qtbot, crossed, 0, 0)
    click_image(qtbot, crossed, 0)
    why, review = crossed._page.images.why.list, crossed._review
    assert review is not None
    path = crossed._page.images.gallery.images()[0].path
    group = dict(zip((image.path for image in review.evaluation.predictions), review.evaluation.groups, strict=True))
    learnt = {image.path for image in review.trained_for(path)}
    assert learnt == {other for other, number in group.items() if number != group[path]}
    qtbot.waitUntil(lambda: why.count() == 6, timeout=LONG_MS)
    assert all(why.item(row).toolTip().split("\n")[0] in learnt for row in range(6))
    crossed._relabelling.exclude(crossed._page.images._selected())
    assert crossed._head.line.intervals.text().startswith("of 41 images right")
    assert crossed._head.note.text().startswith("1 image left out since the cross-validation.")


def test_a_stopped_cross_validation_leaves_the_run_in_sight(
    qtbot: QtBot, state: AppState, review: ReviewTab, trained_folder: Path
) -> None:
    review._head.crossing.trigger()
    job = state.jobs.running[0]
    with qtbot.waitSignal(job.cancelled, timeout=LONG_MS):
        job.cancel()
    qtbot.waitUntil(lambda: not state.jobs.running)
    assert review._head.offer.isEnabled()
    assert review._head.runs.count() == 1
    assert not (trained_folder / "cross-validation" / "evaluation.json").exists()
