"""The camera, with a film in its place: bars that follow, the last picture kept, and no camera at all."""

from pathlib import Path

import cv2
import pytest
from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.dataset.camera import Camera
from app.dataset.decode import read_image
from app.dataset.held import held_folder
from app.engines.protocol import Progress
from tests.ui.predict.asking import LONG_MS, click, wait_for_results
from ui.predict_tab import PredictTab
from ui.state import AppState


@pytest.fixture
def film(tmp_path: Path, pictures: list[Path]) -> str:
    """Make a long film of two garments, one after the other."""
    path = tmp_path / "film.avi"
    seen = [cv2.resize(read_image(one)[:, :, ::-1], (160, 160)) for one in (pictures[0], pictures[8])]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (160, 160))
    for number in range(600):
        writer.write(seen[number // 10 % 2])
    writer.release()
    return str(path)


def test_bars_follow_the_camera_and_stop_keeps_the_last_picture(qtbot: QtBot, predict: PredictTab, film: str) -> None:
    predict._cameras.show_cameras([Camera(film)])
    click(qtbot, predict._look)
    seen: list[list[tuple[str, float]]] = []
    qtbot.waitUntil(lambda: predict._pane.live.isVisible(), timeout=LONG_MS)

    def follow() -> bool:
        if predict._pane.bars.rows() not in seen:
            seen.append(predict._pane.bars.rows())
        return len(seen) == 2

    qtbot.waitUntil(follow, timeout=LONG_MS)
    assert predict._pane.live.picture().width() == 160
    assert not predict._list.isVisible()
    assert not predict._files.isEnabled()
    click(qtbot, predict._bar.stop)
    (result,) = wait_for_results(qtbot, predict)
    assert Path(result["path"]).parent == held_folder()
    assert Path(result["path"]).name.startswith("camera-")
    assert predict._pane.view.isVisible()
    assert predict._pane.name.text() == Path(result["path"]).name
    assert not predict._bar.go_on.isVisible()
    qtbot.waitUntil(lambda: predict._pane.view.shown_path() is not None)


def test_no_camera_is_one_sentence(qtbot: QtBot, state: AppState, predict: PredictTab) -> None:
    predict._cameras.show_cameras([Camera(99)])
    with qtbot.waitSignal(state.failed, timeout=LONG_MS) as failed:
        click(qtbot, predict._look)
    assert failed.args[0].message == "No camera was found."
    assert failed.args[0].hint
    qtbot.waitUntil(lambda: predict._job is None)
    assert predict._drop.isVisible()
    assert predict._look.isEnabled()


def test_leaving_frees_the_camera(qtbot: QtBot, state: AppState, predict: PredictTab, film: str) -> None:
    predict._cameras.show_cameras([Camera(film)])
    click(qtbot, predict._look)
    job = predict._job
    assert job is not None
    assert job.detached
    with qtbot.waitSignal(job.progressed, timeout=LONG_MS, check_params_cb=lambda one: isinstance(one, Progress)):
        pass
    with qtbot.waitSignal(job.finished, timeout=LONG_MS):
        state.jobs.cancel_all()


def test_one_camera_is_not_chosen(predict: PredictTab) -> None:
    predict._cameras.show_cameras([Camera(0, "Built in")])
    assert not predict._cameras.isVisible()
    assert predict._cameras.source() == 0
    predict._cameras.show_cameras([])
    assert predict._cameras.source() == 0


def test_the_chosen_camera_is_looked_through_and_remembered(qtbot: QtBot, predict: PredictTab, film: str) -> None:
    several = [Camera(98, "Lamp"), Camera(film, "Lamp"), Camera(99)]
    predict._cameras.show_cameras(several)
    assert predict._cameras.isVisible()
    assert [predict._cameras.itemText(at) for at in range(3)] == ["Lamp", "Lamp (2)", "Camera 3"]
    predict._cameras.setFocus()
    qtbot.keyClick(predict._cameras, Qt.Key.Key_Down)
    assert predict._cameras.source() == film
    click(qtbot, predict._look)
    assert not predict._cameras.isEnabled()
    qtbot.waitUntil(lambda: predict._pane.live.isVisible(), timeout=LONG_MS)
    click(qtbot, predict._bar.stop)
    wait_for_results(qtbot, predict)
    predict._cameras.show_cameras([])
    predict._cameras.show_cameras(several)
    assert predict._cameras.source() == film
