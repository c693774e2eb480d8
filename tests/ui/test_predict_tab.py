"""The Predict tab: dropped, pasted and chosen images, and the same answer everywhere."""

import csv
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PyQt5.QtCore import QMimeData, QPoint, Qt, QUrl
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from app.engines.protocol import Progress
from app.export.predictor import Predictor
from app.files import cache_folder
from tests.ui.dropping import drop
from ui import messages
from ui.deploy_tab import DeployTab
from ui.predict_tab import PredictTab
from ui.prediction_work import KEPT_PASTED, PASTED_FOLDER
from ui.state import AppState
from ui.widgets.server_process import RUNNING, STOPPED

LONG_MS = 60_000
LABELS = ("dotted", "leopard", "striped")
SAME = 1e-5  # the largest difference between two ways to ask the same model


@pytest.fixture
def tab(qtbot: QtBot, state: AppState) -> Iterator[PredictTab]:
    tab = PredictTab(state)
    qtbot.addWidget(tab)
    tab.resize(1200, 760)
    with qtbot.waitExposed(tab):
        tab.show()
    tab.activateWindow()
    yield tab
    state.jobs.cancel_all()
    qtbot.waitUntil(lambda: not state.jobs.running, timeout=LONG_MS)
    tab.close_down()


@pytest.fixture
def predict(tab: PredictTab, bundle: Path) -> PredictTab:
    """Open the trained bundle without a project."""
    tab._picker.add_bundle(bundle)
    return tab


@pytest.fixture
def pictures(garments: Path) -> list[Path]:
    """Return twelve drawn garments, four of each class."""
    return [path for label in LABELS for path in sorted((garments / label).iterdir())[:4]]


def click(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def wait_for_results(qtbot: QtBot, tab: PredictTab) -> list[dict[str, Any]]:
    qtbot.waitUntil(lambda: tab._job is None and tab._model.rowCount() > 0, timeout=LONG_MS)
    return tab._model.results()


def by_label(predictions: list[dict[str, Any]]) -> dict[str, float]:
    return {one["label"]: one["confidence"] for one in predictions}


def answers(predictor: Predictor, paths: list[Path]) -> list[dict[str, float]]:
    """Ask the library itself."""
    labels = predictor.info.labels
    return [
        {one.label: one.confidence for one in prediction.ranked(labels)}
        for prediction in predictor.predict_files(paths)
    ]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


# -- nothing to predict with


def test_without_a_project_it_asks_for_a_model(tab: PredictTab, pictures: list[Path]) -> None:
    assert tab._title.text() == "There is no model yet"
    assert not tab._files.isEnabled()
    assert not tab._folder.isEnabled()
    assert not drop(tab, pictures)


def test_without_images_it_asks_for_a_model(state: AppState, tab: PredictTab, tmp_path: Path) -> None:
    state.open_project(tmp_path / "new", "New")
    assert tab._title.text() == "There is no model yet"


def test_labels_alone_are_no_model(state: AppState, tab: PredictTab, labelled_folder: Path) -> None:
    state.open_project(labelled_folder)
    assert tab._title.text() == "There is no model yet"
    assert not tab._files.isEnabled()


def test_a_finished_run_is_a_model(state: AppState, tab: PredictTab, trained_folder: Path) -> None:
    state.open_project(trained_folder)
    assert tab._title.text() == "Drop images here"
    assert tab._picker.bundle() is not None
    state.close_project()
    assert tab._picker.bundle() is None
    assert not tab._files.isEnabled()


# -- ways to ask


def test_one_dropped_image_shows_picture_and_bars(qtbot: QtBot, predict: PredictTab, pictures: list[Path]) -> None:
    assert drop(predict, pictures[:1])
    (result,) = wait_for_results(qtbot, predict)
    assert result["problem"] is None
    assert predict._results.isVisible()
    assert not predict._table.isVisible()
    assert predict._name.text() == pictures[0].name
    assert [label for label, _ in predict._bars.rows()] == [one["label"] for one in result["predictions"]]
    assert sum(confidence for _, confidence in predict._bars.rows()) == pytest.approx(1)
    qtbot.waitUntil(lambda: predict._view.shown_path() is not None)
    assert predict._summary.text() == "1 image"


def test_a_dropped_folder_fills_the_table(qtbot: QtBot, predict: PredictTab, garments: Path) -> None:
    assert drop(predict, [garments])
    results = wait_for_results(qtbot, predict)
    assert [Path(one["path"]) for one in results] == sorted(garments.rglob("*.jpg"))
    assert predict._table.isVisible()
    right = sum(one["predictions"][0]["label"] == Path(one["path"]).parent.name for one in results)
    assert right >= 36
    assert predict._summary.text() == "42 images"


def test_the_keyboard_walks_through_the_results(qtbot: QtBot, predict: PredictTab, pictures: list[Path]) -> None:
    drop(predict, pictures)
    wait_for_results(qtbot, predict)
    table = predict._table
    place: QPoint = table.visualRect(table.model().index(1, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert predict._name.text() == pictures[1].name
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert predict._name.text() == pictures[2].name


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
    assert Path(result["path"]).parent == cache_folder() / "pasted"
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


# -- what comes of it


def test_an_unreadable_image_is_listed_with_its_reason(
    qtbot: QtBot, predict: PredictTab, pictures: list[Path], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture at all")
    drop(predict, [pictures[0], broken])
    results = wait_for_results(qtbot, predict)
    assert results[0]["problem"] is None
    assert results[1]["problem"]
    assert results[1]["predictions"] == []
    assert predict._summary.text() == "1 image, 1 unreadable (listed with the reason)"
    table = predict._table
    place: QPoint = table.visualRect(table.model().index(1, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert predict._problem.isVisible()
    assert predict._problem.text() == results[1]["problem"]


def test_a_folder_without_images_is_said_and_nothing_old_is_shown(
    qtbot: QtBot, state: AppState, predict: PredictTab, pictures: list[Path], tmp_path: Path
) -> None:
    drop(predict, pictures[:1])
    wait_for_results(qtbot, predict)
    (tmp_path / "empty").mkdir()
    with qtbot.waitSignal(state.failed, timeout=LONG_MS) as failed:
        drop(predict, [tmp_path / "empty"])
    assert "no images" in failed.args[0].message
    qtbot.waitUntil(lambda: predict._job is None)
    assert predict._title.isVisible()
    assert predict._title.text() == "Drop images here"
    assert predict._summary.text() == ""


def test_an_empty_folder_among_others_is_listed(
    qtbot: QtBot, predict: PredictTab, pictures: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    drop(predict, [tmp_path / "empty", pictures[0]])
    qtbot.waitUntil(lambda: predict._job is None, timeout=LONG_MS)
    empty, read = predict._model.results()
    assert "no images" in empty["problem"]
    assert read["path"] == str(pictures[0])
    assert predict._table.isVisible()
    assert predict._name.text() == pictures[0].name
    assert predict._table.currentIndex().row() == 1


def test_the_row_of_the_image_on_show_is_chosen(qtbot: QtBot, predict: PredictTab, pictures: list[Path]) -> None:
    drop(predict, pictures)
    wait_for_results(qtbot, predict)
    assert predict._table.currentIndex().row() == 0
    assert predict._name.text() == pictures[0].name
    qtbot.keyClick(predict._table, Qt.Key.Key_Down)
    assert predict._name.text() == pictures[1].name


def test_old_pasted_pictures_are_deleted(
    qtbot: QtBot, predict: PredictTab, pictures: list[Path], focused: Callable[[], None]
) -> None:
    folder = cache_folder() / PASTED_FOLDER
    folder.mkdir(exist_ok=True)
    for number in range(KEPT_PASTED + 5):
        (folder / f"old-{number}.png").write_bytes(b"")
    QApplication.clipboard().setImage(QImage(str(pictures[0])))
    predict.setFocus()
    focused()
    qtbot.keyClick(predict, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    (result,) = wait_for_results(qtbot, predict)
    assert Path(result["path"]).exists()
    assert len(list(folder.iterdir())) == KEPT_PASTED


def test_the_results_are_saved_as_a_table(
    qtbot: QtBot, predict: PredictTab, pictures: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(predict, pictures)
    results = wait_for_results(qtbot, predict)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *values: (str(tmp_path / "out.csv"), ""))
    click(qtbot, predict._save)
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert len(rows) == 1 + len(results)
    for row, result in zip(rows[1:], results, strict=True):
        assert result["path"] in row
        assert result["predictions"][0]["label"] in row


def test_a_table_that_cannot_be_written_is_said(
    qtbot: QtBot, predict: PredictTab, pictures: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(messages, "error", lambda parent, problem: said.append(problem.message))
    drop(predict, pictures[:1])
    wait_for_results(qtbot, predict)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *values: (str(tmp_path / "no" / "out.csv"), ""))
    click(qtbot, predict._save)
    assert len(said) == 1
    assert "out.csv" in said[0]


def test_stop_stops(qtbot: QtBot, predict: PredictTab, garments: Path) -> None:
    predict.predict([garments] * 40)
    job = predict._job
    assert job is not None

    def has_begun(progress: Progress) -> bool:
        return progress.stage == "predict"

    with qtbot.waitSignal(job.progressed, check_params_cb=has_begun, timeout=LONG_MS):
        pass
    assert predict._stop.isVisible()
    with qtbot.waitSignal(job.cancelled, timeout=LONG_MS):
        click(qtbot, predict._stop)
        assert predict._stop.text() == "Stopping…"
    qtbot.waitUntil(lambda: predict._job is None)
    assert predict._model.rowCount() < 40 * 42
    assert not predict._stop.isVisible()
    assert predict._files.isEnabled()


def test_the_model_stays_the_same_while_it_predicts(qtbot: QtBot, predict: PredictTab, pictures: list[Path]) -> None:
    predict.predict(pictures)
    assert not predict._picker.isEnabled()
    wait_for_results(qtbot, predict)
    assert predict._picker.isEnabled()


def test_another_model_can_be_asked_about_the_same_images(
    qtbot: QtBot, predict: PredictTab, bundle: Path, pictures: list[Path], tmp_path: Path
) -> None:
    assert not predict._again.isVisible()
    drop(predict, pictures[:3])
    wait_for_results(qtbot, predict)
    other = tmp_path / "other"
    shutil.copytree(bundle, other)
    predict._picker.add_bundle(other)
    assert predict._model.rowCount() == 0
    assert predict._again.isVisible()
    click(qtbot, predict._again)
    assert not predict._again.isVisible()
    assert [one["path"] for one in wait_for_results(qtbot, predict)] == [str(path) for path in pictures[:3]]


def test_a_bundle_that_is_none_is_said(
    tab: PredictTab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    said: list[str] = []
    monkeypatch.setattr(messages, "error", lambda parent, problem: said.append(problem.message))
    (tmp_path / "bundle.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *values: (str(tmp_path / "bundle.json"), ""))
    click(qtbot, tab._picker._open)
    assert len(said) == 1
    assert tab._picker.bundle() is None


# -- the same answer everywhere


def test_window_library_and_server_agree(
    qtbot: QtBot, state: AppState, predict: PredictTab, bundle: Path, pictures: list[Path]
) -> None:
    deploy = DeployTab(state)
    qtbot.addWidget(deploy, before_close_func=DeployTab.close_down)
    deploy.show()
    deploy._picker.add_bundle(bundle)
    deploy._panel.port.setValue(free_port())
    click(qtbot, deploy._panel.start)
    qtbot.waitUntil(lambda: deploy._panel.process.state == RUNNING, timeout=LONG_MS)

    drop(predict, pictures)
    in_window = [by_label(one["predictions"]) for one in wait_for_results(qtbot, predict)]
    in_library = answers(Predictor(bundle), pictures)
    with httpx.Client(base_url=deploy._panel.process.url, timeout=60) as client:
        replies = [client.post("/predict", files={"file": path.read_bytes()}) for path in pictures]
    over_http = [by_label(reply.json()["predictions"]) for reply in replies]

    assert len(in_window) == len(in_library) == len(over_http) == 12
    for window, library, server in zip(in_window, in_library, over_http, strict=True):
        assert window == pytest.approx(library, abs=SAME)
        assert server == pytest.approx(library, abs=SAME)
    click(qtbot, deploy._panel.start)
    qtbot.waitUntil(lambda: deploy._panel.process.state == STOPPED, timeout=LONG_MS)
