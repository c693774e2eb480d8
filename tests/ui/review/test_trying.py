"""The model of a run tried on another folder: labelled, the whole page; unlabelled, what it makes of the images."""

import shutil
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.evaluation.report import load_evaluation
from app.evaluation.subjects import subjects
from tests.ui.reviewing import click, click_cell, click_image, shown_paths
from ui.review_tab import ReviewTab
from ui.state import AppState
from ui.widgets.image_dialog import ImageDialog

LONG_MS = 60_000


def try_on(qtbot: QtBot, review: ReviewTab, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    with qtbot.waitSignal(review._measuring.measured, timeout=LONG_MS):
        review._head.trying.trigger()
    qtbot.waitUntil(lambda: review._task is None and not review._state.jobs.running)


@pytest.fixture
def flat(tmp_path: Path, garments: Path) -> Path:
    """Return the drawn garments without the folders that would label them, and a file that is no image."""
    folder = tmp_path / "flat"
    folder.mkdir()
    for path in garments.rglob("*.jpg"):
        shutil.copyfile(path, folder / f"{path.parent.name} {path.name}")
    (folder / "broken.jpg").write_bytes(b"no image")
    return folder


def test_labelled_images_get_the_whole_page(
    qtbot: QtBot,
    state: AppState,
    review: ReviewTab,
    garments: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = tmp_path / "new photos"
    for path in [*garments.rglob("*0.jpg"), *garments.rglob("*1.jpg")]:
        place = other / path.parent.name
        place.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place / path.name)
    try_on(qtbot, review, other, monkeypatch)
    assert state.project is not None
    subject = review._shown
    assert subject is not None
    assert subject.data == other.resolve()
    found = load_evaluation(subject.folder)
    assert review._head.runs.currentText() == "Run 1 on “new photos”"
    assert review._head.line.intervals.text().startswith(f"of {found.images} images right")
    protocol = review._head.protocol.text()
    assert protocol.startswith(f"Measured on {found.images} images of “new photos”, labelled by their folders. Beware:")
    assert "of them were trained on" in protocol
    assert "By the model's rule" in protocol
    assert protocol.endswith("a rule that is stored later does not change it.")
    click_cell(qtbot, review, 0, 0)
    assert all(Path(path).is_relative_to(other) for path in shown_paths(review))
    assert review._page.images._words.text().endswith("To correct labels, add these images to the project.")
    click_image(qtbot, review, 0)
    assert review._page.images._words.text().endswith("its label cannot be corrected here.")
    assert not review._page.images.agree.isEnabled()  # they are not in the project
    assert review._head.thresholds.isVisible()
    assert "Cross-validate" not in review._head.offer.text()
    assert [one.data for one in subjects(state.project)] == [None, other.resolve()]


def test_unlabelled_images_are_listed_and_compared(
    qtbot: QtBot, state: AppState, review: ReviewTab, flat: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try_on(qtbot, review, flat, monkeypatch)
    page = review._unlabelled
    assert page.isVisible()
    words = review._head.protocol.text()
    assert words.startswith("42 images of “flat”, whose own classes are not known: nothing can be measured.")
    assert "By the rule that the model had then" in words
    assert "look like the training images" in page.drift.text() or "differ from the training" in page.drift.text()
    assert not review._head.accuracy.isVisible()
    assert page.title.text() == "43 images"  # with the one that cannot be read, which says why
    bar = max(range(20), key=lambda place: page.bars._bottom[place] + page.bars._top[place])
    viewport = page.bars.canvas.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=page.bars.bar_place(bar))
    count = page.bars._bottom[bar] + page.bars._top[bar]
    assert page.title.text() == f"{count} images"
    target = tmp_path / "some.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    click(qtbot, page.save)
    assert len(target.read_text(encoding="utf-8").splitlines()) == count + 1
    click(qtbot, page.everything)
    assert page.title.text() == "43 images"
    page.table.selectRow(0)
    page.table.activated.emit(page.table.currentIndex())
    dialog = review.findChild(ImageDialog)
    qtbot.waitUntil(lambda: dialog.view.shown_path() is not None, timeout=LONG_MS)
    qtbot.keyClick(dialog.view, Qt.Key.Key_Escape)
    qtbot.keyClick(page.classes, Qt.Key.Key_Down)
    assert page.classes.currentText().startswith("dotted (")


def test_both_kinds_of_test_are_reported_as_a_page(
    qtbot: QtBot, state: AppState, review: ReviewTab, flat: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, folder in enumerate((None, flat)):
        if folder is not None:
            try_on(qtbot, review, folder, monkeypatch)
        file = tmp_path / f"report {number}.html"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, file=file: (str(file), ""))
        with qtbot.waitSignal(review._saving.saved, timeout=LONG_MS):
            review._head.report.trigger()
        text = file.read_text(encoding="utf-8")
        assert "Model card" in text
        assert ("expected calibration error" in text) == (folder is None)
        QApplication.processEvents()


def test_a_folder_without_the_models_classes_is_refused_with_words(
    qtbot: QtBot, state: AppState, review: ReviewTab, garments: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "others" / "zebra"
    place.mkdir(parents=True)
    shutil.copyfile(next(garments.rglob("*.jpg")), place / "one.jpg")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "others"))
    with qtbot.waitSignal(state.failed, timeout=LONG_MS) as heard:
        review._head.trying.trigger()
    assert "has a label of this model" in heard.args[0].message
    qtbot.waitUntil(lambda: not state.jobs.running)
    assert review._head.runs.count() == 1
    assert review._head.crossing.isEnabled()
