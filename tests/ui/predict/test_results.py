"""What comes of it: results, problems, tables, stopping, and another model."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.dataset.held import HELD_FOLDER, KEPT
from app.engines.protocol import Progress
from app.files import cache_folder
from tests.ui.dropping import drop
from tests.ui.predict.asking import LONG_MS, click, wait_for_results
from ui import messages
from ui.given import Given
from ui.predict_tab import PredictTab
from ui.state import AppState


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
    assert predict._bar.summary.text() == "1 image, 1 unreadable (listed with the reason)"
    table = predict._list.table
    place: QPoint = table.visualRect(table.model().index(1, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert predict._pane.problem.isVisible()
    assert predict._pane.problem.text() == results[1]["problem"]


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
    assert predict._drop.title.isVisible()
    assert predict._drop.title.text() == "Drop images here"
    assert predict._bar.summary.text() == ""


def test_an_empty_folder_among_others_is_listed(
    qtbot: QtBot, predict: PredictTab, pictures: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    drop(predict, [tmp_path / "empty", pictures[0]])
    empty, read = wait_for_results(qtbot, predict)
    assert "no images" in empty["problem"]
    assert read["path"] == str(pictures[0])
    assert predict._list.isVisible()
    assert predict._pane.name.text() == pictures[0].name
    assert predict._list.table.currentIndex().row() == 1


def test_the_row_of_the_image_on_show_is_chosen(qtbot: QtBot, predict: PredictTab, pictures: list[Path]) -> None:
    drop(predict, pictures)
    wait_for_results(qtbot, predict)
    assert predict._list.table.currentIndex().row() == 0
    assert predict._pane.name.text() == pictures[0].name
    qtbot.keyClick(predict._list.table, Qt.Key.Key_Down)
    assert predict._pane.name.text() == pictures[1].name


def test_old_pasted_pictures_are_deleted(
    qtbot: QtBot, predict: PredictTab, pictures: list[Path], focused: Callable[[], None]
) -> None:
    folder = cache_folder() / HELD_FOLDER
    folder.mkdir(exist_ok=True)
    for number in range(KEPT + 5):
        (folder / f"old-{number}.png").write_bytes(b"")
    QApplication.clipboard().setImage(QImage(str(pictures[0])))
    predict.setFocus()
    focused()
    qtbot.keyClick(predict, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    (result,) = wait_for_results(qtbot, predict)
    assert Path(result["path"]).exists()
    assert len(list(folder.iterdir())) == KEPT


def test_the_results_are_saved_as_a_table(
    qtbot: QtBot, predict: PredictTab, pictures: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(predict, pictures)
    results = wait_for_results(qtbot, predict)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *values: (str(tmp_path / "out.csv"), ""))
    click(qtbot, predict._bar.save)
    qtbot.waitUntil(lambda: not predict._state.jobs.running)
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert len(rows) == 1 + len(results)
    for row, result in zip(rows[1:], results, strict=True):
        assert result["path"] in row
        assert result["predictions"][0]["label"] in row


def test_a_table_that_cannot_be_written_is_said(
    qtbot: QtBot,
    state: AppState,
    predict: PredictTab,
    pictures: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drop(predict, pictures[:1])
    wait_for_results(qtbot, predict)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *values: (str(tmp_path / "no" / "out.csv"), ""))
    with qtbot.waitSignal(state.failed, timeout=LONG_MS) as failed:
        click(qtbot, predict._bar.save)
    assert "out.csv" in failed.args[0].message
    qtbot.waitUntil(lambda: not state.jobs.running)


def test_stop_stops(qtbot: QtBot, predict: PredictTab, garments: Path) -> None:
    predict.predict(Given((garments,) * 40))
    job = predict._job
    assert job is not None

    def has_begun(progress: Progress) -> bool:
        return progress.stage == "predict"

    with qtbot.waitSignal(job.progressed, check_params_cb=has_begun, timeout=LONG_MS):
        pass
    assert predict._bar.stop.isVisible()
    with qtbot.waitSignal(job.cancelled, timeout=LONG_MS):
        click(qtbot, predict._bar.stop)
        assert predict._bar.stop.text() == "Stopping…"
    qtbot.waitUntil(lambda: predict._job is None)
    assert predict._model.rowCount() < 40 * 42
    assert not predict._bar.stop.isVisible()
    assert predict._files.isEnabled()


def test_the_model_stays_the_same_while_it_predicts(qtbot: QtBot, predict: PredictTab, pictures: list[Path]) -> None:
    predict.predict(Given(tuple(pictures)))
    assert not predict._picker.isEnabled()
    wait_for_results(qtbot, predict)
    assert predict._picker.isEnabled()


def test_another_model_can_be_asked_about_the_same_images(
    qtbot: QtBot, predict: PredictTab, bundle: Path, pictures: list[Path], tmp_path: Path
) -> None:
    assert not predict._drop.again.isVisible()
    drop(predict, pictures[:3])
    wait_for_results(qtbot, predict)
    other = tmp_path / "other"
    shutil.copytree(bundle, other)
    predict._picker.add_bundle(other)
    assert predict._model.rowCount() == 0
    assert predict._drop.again.isVisible()
    click(qtbot, predict._drop.again)
    assert not predict._drop.again.isVisible()
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


def test_what_was_stopped_goes_on(qtbot: QtBot, predict: PredictTab, garments: Path) -> None:
    predict.predict(Given((garments,)))
    job = predict._job
    assert job is not None
    with qtbot.waitSignal(job.cancelled, timeout=LONG_MS):
        job.progressed.connect(predict._on_stop_requested)
    qtbot.waitUntil(lambda: predict._job is None)
    answered = len(predict._model.results())
    assert 0 < answered < 42
    assert predict._bar.summary.text() == f"Stopped at {answered} of 42 images; what was answered is kept"
    with qtbot.waitSignal(predict._state.jobs.job_started):
        click(qtbot, predict._bar.go_on)
    assert predict._job is not None
    with qtbot.waitSignal(predict._job.done, timeout=LONG_MS) as done:
        pass
    assert done.args == [answered]
    assert [Path(one["path"]) for one in wait_for_results(qtbot, predict)] == sorted(garments.rglob("*.jpg"))
    assert not predict._bar.go_on.isVisible()


@pytest.mark.parametrize("link", [False, True])
def test_images_are_sorted_into_folders_and_stay_where_they_are(
    qtbot: QtBot,
    predict: PredictTab,
    pictures: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    link: bool,
) -> None:
    said: list[str] = []
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in pictures}
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *values: str(tmp_path / "sorted"))
    monkeypatch.setattr(messages, "choose", lambda *values: int(link))
    monkeypatch.setattr(messages, "info", lambda parent, title, text: said.append(text))
    drop(predict, pictures)
    results = wait_for_results(qtbot, predict)
    click(qtbot, predict._bar.sort)
    qtbot.waitUntil(lambda: bool(said), timeout=LONG_MS)
    made = sorted(path for path in (tmp_path / "sorted").rglob("*.jpg"))
    assert said[0].startswith("12 images are sorted into")
    assert len(made) == len(results) == 12
    assert all(path.is_symlink() == link for path in made)
    assert {path.read_bytes() for path in made} == {data for _, data in before.values()}
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in pictures} == before
    qtbot.waitUntil(lambda: not predict._state.jobs.running)
