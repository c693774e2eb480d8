"""The strip of augmented pictures: drawn by a real worker, renewed by settings, stopped, and in words without any."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.ui.tabs import on_display
from ui.augmentation_preview import AugmentationPreview
from ui.state import AppState
from ui.train_tab import TrainTab
from ui.widgets.preview_strip import PICTURES, PreviewStrip

LONG_MS = 120_000


@pytest.fixture
def tab(qtbot: QtBot, state: AppState, labelled_folder: Path) -> Iterator[TrainTab]:
    state.open_project(labelled_folder)
    return on_display(qtbot, state, TrainTab(state), size=(1200, 900))


def click(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPoint(10, widget.height() // 2))


def open_preset(qtbot: QtBot, tab: TrainTab, name: str) -> PreviewStrip:
    click(qtbot, tab.choices.presets.button(name))
    if not tab.choices.advanced.isChecked():
        click(qtbot, tab.choices.advanced)
    return tab.findChild(PreviewStrip)


def pictures(strip: PreviewStrip) -> list[QImage]:
    return [label.pixmap().toImage() for label in strip.pictures]


def wait_until_drawn(qtbot: QtBot, strip: PreviewStrip) -> None:
    qtbot.waitUntil(lambda: strip.shown() == PICTURES and strip.words.text().startswith("Drawn"), timeout=LONG_MS)


@pytest.mark.slow
def test_pictures_are_drawn_and_drawn_anew_when_a_setting_changes(qtbot: QtBot, tab: TrainTab) -> None:
    strip = open_preset(qtbot, tab, "balanced")
    wait_until_drawn(qtbot, strip)
    before = pictures(strip)
    assert len({image.cacheKey() for image in before}) == PICTURES
    rotation = tab.choices.settings.field("rotation")
    rotation.setFocus()
    rotation.selectAll()
    qtbot.keyClicks(rotation, "180")
    qtbot.waitUntil(lambda: strip.words.text() == "Drawing…", timeout=LONG_MS)
    wait_until_drawn(qtbot, strip)
    turned = pictures(strip)
    assert sum(one != other for one, other in zip(before, turned, strict=True)) >= 6
    qtbot.waitUntil(strip.button.isVisible)
    click(qtbot, strip.button)
    qtbot.waitUntil(lambda: strip.words.text() == "Drawing…", timeout=LONG_MS)
    wait_until_drawn(qtbot, strip)
    assert pictures(strip) != turned
    click(qtbot, tab.choices.advanced)
    preview = tab.findChild(AugmentationPreview)
    qtbot.waitUntil(lambda: preview._worker is None, timeout=LONG_MS)


@pytest.mark.slow
def test_drawing_can_be_stopped_and_asked_for_again(qtbot: QtBot, state: AppState, tab: TrainTab) -> None:
    strip = open_preset(qtbot, tab, "best")
    qtbot.waitUntil(lambda: strip.button.text() == "Stop", timeout=LONG_MS)
    click(qtbot, strip.button)
    qtbot.waitUntil(lambda: strip.words.text() == "Stopped.", timeout=LONG_MS)
    assert strip.shown() == 0
    qtbot.waitUntil(lambda: not state.jobs.running, timeout=LONG_MS)
    click(qtbot, strip.button)
    wait_until_drawn(qtbot, strip)


def test_without_augmentation_or_images_there_are_words(qtbot: QtBot, state: AppState, tab: TrainTab) -> None:
    strip = open_preset(qtbot, tab, "quick")
    qtbot.waitUntil(lambda: strip.words.text() == "Quick looks at each image as it is.", timeout=LONG_MS)
    assert not strip.button.isVisible()
    project = state.project
    assert project is not None
    project.edits.set_label([row.id for row in project.images()], None)
    open_preset(qtbot, tab, "balanced")
    words = "There is no labelled image to show. Label some first."
    qtbot.waitUntil(lambda: strip.words.text() == words, timeout=LONG_MS)
    state.close_project()
    qtbot.waitUntil(lambda: strip.words.text() == "No project is open.", timeout=LONG_MS)
