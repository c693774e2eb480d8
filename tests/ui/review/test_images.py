"""The images behind the figures: pictures, order, large view, reasons, and what leaves the tab."""

from pathlib import Path

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from app.engines.snapshot import read_snapshot
from app.export.heat_methods import ACTIVATION, OCCLUSION
from tests.ui.reviewing import (
    click,
    click_cell,
    click_image,
    shown_paths,
    stored,
)
from ui.item_models import THUMBNAIL_SIDE
from ui.review_tab import ReviewTab
from ui.state import AppState
from ui.widgets.image_view import ImageView
from ui.widgets.scored_image_dialog import ScoredImageDialog


def test_first_it_shows_the_mistakes_or_that_there_are_none(state: AppState, review: ReviewTab) -> None:
    evaluation = stored(state)
    mistakes = [image for image in evaluation.predictions if image.truth != image.predicted]
    if mistakes:
        assert review._page.images.title.text() == "All mistakes"
        assert review._page.images.gallery.count() == len(mistakes)
    else:
        assert review._page.images.title.text() == "No mistakes among the test images"
        assert review._page.images.gallery.count() == evaluation.images


def test_every_cell_leads_to_exactly_its_images(qtbot: QtBot, state: AppState, review: ReviewTab) -> None:
    evaluation = stored(state)
    for true in range(3):
        for predicted in range(3):
            click_cell(qtbot, review, true, predicted)
            shown = {
                review._page.images.gallery.model().index(row, 0).data(Qt.ToolTipRole)
                for row in range(review._page.images.gallery.count())
            }
            assert shown == {
                image.path for image in evaluation.predictions if (image.truth, image.predicted) == (true, predicted)
            }
            assert len(shown) == evaluation.confusion[true][predicted]
            assert evaluation.labels[true] in review._page.images.title.text()


def test_pictures_arrive_and_one_opens_large(qtbot: QtBot, review: ReviewTab) -> None:
    first = review._page.images.gallery.model().index(0, 0)
    qtbot.waitUntil(lambda: first.data(Qt.DecorationRole) is not None)
    assert not first.data(Qt.DecorationRole).isNull()
    place = review._page.images.gallery.visualRect(first).center()
    qtbot.mouseClick(review._page.images.gallery.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(review._page.images.gallery.viewport(), Qt.MouseButton.LeftButton, pos=place)
    dialog = review.findChild(QDialog)
    view = dialog.findChild(ImageView)
    qtbot.waitUntil(lambda: view.shown_path() is not None)
    with qtbot.waitSignal(dialog.finished):
        qtbot.keyClick(view, Qt.Key.Key_Escape)


def test_a_button_opens_the_selected_image_large(qtbot: QtBot, review: ReviewTab) -> None:
    images = review._page.images
    click_cell(qtbot, review, 0, 0)
    assert not images.large.isEnabled()
    click_image(qtbot, review, 1)
    click(qtbot, images.large)
    dialog = review.findChild(ScoredImageDialog)
    assert dialog.windowTitle() == f"{Path(images.gallery.images()[1].path).name}, 2 of {images.gallery.count()}"
    dialog.reject()


def test_the_arrows_and_buttons_go_through_the_large_images(qtbot: QtBot, review: ReviewTab) -> None:
    click_cell(qtbot, review, 0, 0)
    images = review._page.images.gallery.images()
    review._page.images.gallery.activated.emit(review._page.images.gallery.model().index(0, 0))
    dialog = review.findChild(ScoredImageDialog)
    qtbot.waitExposed(dialog)
    assert dialog.windowTitle() == f"{Path(images[0].path).name}, 1 of {len(images)}"
    assert dialog._words.text() == "“dotted”, recognised"
    assert dialog._guesses.text().startswith(f"dotted {images[0].confidence:.1%}, ")
    assert not dialog._previous.isEnabled()
    for _ in images:  # the last press finds no further image
        qtbot.keyClick(dialog._view, Qt.Key.Key_Right)
    assert dialog.windowTitle() == f"{Path(images[-1].path).name}, {len(images)} of {len(images)}"
    assert not dialog._next.isEnabled()
    qtbot.mouseClick(dialog._previous, Qt.MouseButton.LeftButton)
    assert dialog._position == len(images) - 2
    qtbot.waitUntil(lambda: dialog._view.shown_path() is not None)
    with qtbot.waitSignal(dialog.finished):
        qtbot.keyClick(dialog._previous, Qt.Key.Key_Escape)


def test_pictures_come_from_the_projects_thumbnails(
    qtbot: QtBot, state: AppState, review: ReviewTab, trained_folder: Path
) -> None:
    first = review._page.images.gallery.model().index(0, 0)
    qtbot.waitUntil(lambda: first.data(Qt.DecorationRole) is not None)
    path = review._page.images.gallery.images()[0].path
    digest = next(row.digest for row in read_snapshot(trained_folder / "runs" / "1").images if row.path == path)
    assert list((trained_folder / "cache" / "thumbnails").rglob(f"{digest}-{THUMBNAIL_SIDE}.jpg"))


def test_the_mistakes_are_shown_most_wrong_first_or_by_margin(qtbot: QtBot, planted: ReviewTab) -> None:
    gallery = planted._page.images.gallery
    assert planted._page.images.title.text() == "All mistakes"
    shares = [image.probabilities[image.truth] for image in gallery.images()]
    assert shares == sorted(shares)
    assert len(shares) == 12
    qtbot.keyClick(planted._page.images.order, Qt.Key.Key_Down)
    assert planted._page.images.order.currentText() == "Smallest margin first"
    confidences = [image.confidence for image in gallery.images()]
    assert confidences == sorted(confidences)


def test_training_images_like_it_say_why(qtbot: QtBot, review: ReviewTab) -> None:
    click_cell(qtbot, review, 0, 0)
    click_image(qtbot, review, 0)
    why = review._page.images.why.list
    qtbot.waitUntil(lambda: why.count() == 6, timeout=20_000)
    qtbot.waitUntil(lambda: not why.item(0).icon().isNull(), timeout=20_000)
    likeness = [float(why.item(row).toolTip().split(" ")[-1]) for row in range(6)]
    assert likeness == sorted(likeness, reverse=True)
    trained = {row.path for row in review._review.trained_on} if review._review is not None else set()
    assert all(why.item(row).toolTip().split("\n")[0] in trained for row in range(6))


def test_the_list_is_copied_and_sent(qtbot: QtBot, planted: ReviewTab) -> None:
    click_cell(qtbot, planted, 0, 1)
    click(qtbot, planted._page.images.copy)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    assert set(clipboard.text().split("\n")) == shown_paths(planted)
    click_image(qtbot, planted, 0)
    with qtbot.waitSignal(planted.label_tab_requested) as heard:
        click(qtbot, planted._page.images.send)
    assert planted._review is not None
    assert heard.args == [[int(planted._review.image_ids[planted._page.images._selected()[0]])]]


def test_what_speaks_for_a_class_is_laid_over_the_image(qtbot: QtBot, review: ReviewTab) -> None:
    click_cell(qtbot, review, 0, 0)
    review._page.images.gallery.activated.emit(review._page.images.gallery.model().index(0, 0))
    dialog = review.findChild(ScoredImageDialog)
    qtbot.waitExposed(dialog)
    qtbot.waitUntil(lambda: dialog._view.shown_path() is not None, timeout=20_000)
    dialog.looks.setFocus()
    plain = dialog._view.grab().toImage()
    assert not dialog.opacity.isEnabled()
    qtbot.keyClick(dialog.looks, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: dialog.found is not None, timeout=60_000)
    assert dialog.found.label == "dotted"
    assert dialog._view.grab().toImage() != plain
    inside = dialog.found
    qtbot.keyClick(dialog.method, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: dialog.found not in (None, inside), timeout=60_000)
    assert (inside.method, dialog.found.method) == (ACTIVATION, OCCLUSION)
    assert dialog.found.picture != inside.picture
    qtbot.keyClick(dialog.opacity, Qt.Key.Key_Home)
    assert dialog._view.grab().toImage() == plain
    with qtbot.waitSignal(dialog.finished):
        qtbot.keyClick(dialog._previous, Qt.Key.Key_Escape)
