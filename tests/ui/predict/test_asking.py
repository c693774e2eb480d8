"""Ways to ask: without a model there are none; files, folders and pictures, dropped, pasted and chosen."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PyQt5.QtCore import QMimeData, QPoint, Qt, QUrl
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.dataset.held import HELD_FOLDER
from app.export.predictor import Predictor
from app.files import cache_folder
from tests.ui.dropping import drop
from tests.ui.predict.asking import SAME, answers, by_label, click, wait_for_results
from ui import messages
from ui.predict_tab import PredictTab
from ui.state import AppState


def test_without_a_project_it_asks_for_a_model(tab: PredictTab, pictures: list[Path]) -> None:
    assert tab._drop.title.text() == "There is no model yet"
    assert not tab._files.isEnabled()
    assert not tab._folder.isEnabled()
    assert not drop(tab, pictures)


def test_without_images_it_asks_for_a_model(state: AppState, tab: PredictTab, tmp_path: Path) -> None:
    state.open_project(tmp_path / "new", "New")
    assert tab._drop.title.text() == "There is no model yet"


def test_labels_alone_are_no_model(state: AppState, tab: PredictTab, labelled_folder: Path) -> None:
    state.open_project(labelled_folder)
    assert tab._drop.title.text() == "There is no model yet"
    assert not tab._files.isEnabled()


def test_a_finished_run_is_a_model(state: AppState, tab: PredictTab, trained_folder: Path) -> None:
    state.open_project(trained_folder)
    assert tab._drop.title.text() == "Drop images here"
    assert tab._picker.bundle() is not None
    state.close_project()
    assert tab._picker.bundle() is None
    assert not tab._files.isEnabled()


def test_one_dropped_image_shows_picture_and_bars(qtbot: QtBot, predict: PredictTab, pictures: list[Path]) -> None:
    assert drop(predict, pictures[:1])
    (result,) = wait_for_results(qtbot, predict)
    assert result["problem"] is None
    assert predict._results.isVisible()
    assert not predict._list.isVisible()
    assert predict._pane.name.text() == pictures[0].name
    assert [label for label, _ in predict._pane.bars.rows()] == [one["label"] for one in result["predictions"]]
    assert sum(confidence for _, confidence in predict._pane.bars.rows()) == pytest.approx(1)
    qtbot.waitUntil(lambda: predict._pane.view.shown_path() is not None)
    assert predict._bar.summary.text() == "1 image"


def test_a_dropped_folder_fills_the_table(qtbot: QtBot, predict: PredictTab, garments: Path) -> None:
    assert drop(predict, [garments])
    results = wait_for_results(qtbot, predict)
    assert [Path(one["path"]) for one in results] == sorted(garments.rglob("*.jpg"))
    assert predict._list.isVisible()
    right = sum(one["predictions"][0]["label"] == Path(one["path"]).parent.name for one in results)
    assert right >= 36
    assert predict._bar.summary.text() == "42 images"


def test_the_keyboard_walks_through_the_results(qtbot: QtBot, predict: PredictTab, pictures: list[Path]) -> None:
    drop(predict, pictures)
    wait_for_results(qtbot, predict)
    table = predict._list.table
    place: QPoint = table.visualRect(table.model().index(1, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert predict._pane.name.text() == pictures[1].name
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert predict._pane.name.text() == pictures[2].name


def test_chosen_files_are_predicted(
    qtbot: QtBot, predict: PredictTab, pictures: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = [str(path) for path in pictures[:3]]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *values: (chosen, ""))
    click(qtbot, predict._files)
    assert [one["path"] for one in wait_for_results(qtbot, predict)] == chosen


def test_a_chosen_folder_is_predicted(
    qtbot: QtBot, predict: PredictTab, garments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *values: str(garments / "striped"))
    click(qtbot, predict._folder)
    assert len(wait_for_results(qtbot, predict)) == 14


def test_choosing_nothing_does_nothing(qtbot: QtBot, predict: PredictTab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *values: ([], ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *values: "")
    click(qtbot, predict._files)
    click(qtbot, predict._folder)
    assert predict._job is None


def test_a_pasted_picture_is_predicted(
    qtbot: QtBot, predict: PredictTab, bundle: Path, pictures: list[Path], focused: Callable[[], None]
) -> None:
    QApplication.clipboard().setImage(QImage(str(pictures[0])))
    predict.setFocus()
    focused()
    qtbot.keyClick(predict, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    (result,) = wait_for_results(qtbot, predict)
    assert Path(result["path"]).parent == cache_folder() / HELD_FOLDER
    assert by_label(result["predictions"]) == pytest.approx(answers(Predictor(bundle), pictures[:1])[0], abs=SAME)


def test_a_pasted_file_is_predicted(
    qtbot: QtBot, predict: PredictTab, pictures: list[Path], focused: Callable[[], None]
) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(pictures[0]))])
    QApplication.clipboard().setMimeData(data)
    predict.setFocus()
    focused()
    qtbot.keyClick(predict, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert wait_for_results(qtbot, predict)[0]["path"] == str(pictures[0])


def test_pasting_text_says_that_there_is_no_image(
    qtbot: QtBot, predict: PredictTab, focused: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(messages, "info", lambda parent, title, text: said.append(text))
    QApplication.clipboard().setText("striped")
    predict.setFocus()
    focused()
    qtbot.keyClick(predict, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert said == ["There is no image in the clipboard."]
