"""Zips, and what browsers let one drag: the picture itself, or only where it is."""

import zipfile
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from PyQt5.QtCore import QByteArray, QMimeData, QUrl
from PyQt5.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.dataset.archive import original
from app.dataset.held import held_folder
from app.export.predictor import Predictor
from tests.ui.dropping import drop, drop_data
from tests.ui.predict.asking import LONG_MS, SAME, answers, by_label, wait_for_results
from ui import messages
from ui.predict_tab import PredictTab
from ui.state import AppState


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Agree to every question, and note it."""
    asked: list[str] = []

    def agree(parent: object, title: str, question: str, action: str) -> bool:
        asked.append(question)
        return True

    monkeypatch.setattr(messages, "ask", agree)
    return asked


@pytest.fixture
def web(pictures: list[Path]) -> Iterator[str]:
    """Serve a picture at /picture on this computer, and nothing elsewhere."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802 - the library's name
            found = self.path.startswith("/picture")
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(pictures[0].read_bytes() if found else b"nothing")

        def log_message(self, *values: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def with_urls(*urls: str) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl(url) for url in urls])
    return data


def test_a_dropped_zip_fills_the_table(
    qtbot: QtBot, predict: PredictTab, bundle: Path, pictures: list[Path], tmp_path: Path
) -> None:
    file = tmp_path / "photos of mine.zip"
    with zipfile.ZipFile(file, "w") as stream:
        for number, path in enumerate(pictures):
            stream.write(path, f"in here/{number:02}.jpg")
    assert drop(predict, [file])
    results = wait_for_results(qtbot, predict)
    assert [original(Path(one["path"])) for one in results] == [file / f"in here/{n:02}.jpg" for n in range(12)]
    expected = answers(Predictor(bundle), pictures)
    assert [by_label(one["predictions"]) for one in results] == [pytest.approx(one, abs=SAME) for one in expected]
    assert list(tmp_path.glob("*")) == [file]
    assert predict._pane.name.toolTip() == str(file / "in here/00.jpg")


def test_a_bad_zip_is_one_sentence(qtbot: QtBot, state: AppState, predict: PredictTab, tmp_path: Path) -> None:
    (tmp_path / "bad.zip").write_bytes(b"PK but no zip")
    with qtbot.waitSignal(state.failed, timeout=LONG_MS) as failed:
        assert drop(predict, [tmp_path / "bad.zip"])
    assert failed.args[0].message == "“bad.zip” is damaged, or no zip."
    qtbot.waitUntil(lambda: predict._job is None)


def test_the_pictures_own_bytes_are_used(
    qtbot: QtBot, predict: PredictTab, bundle: Path, pictures: list[Path], questions: list[str]
) -> None:
    data = with_urls("https://example.invalid/photo.jpg")
    data.setData("image/jpeg", QByteArray(pictures[0].read_bytes()))
    assert drop_data(predict, data)
    (result,) = wait_for_results(qtbot, predict)
    assert Path(result["path"]).read_bytes() == pictures[0].read_bytes()
    assert Path(result["path"]).parent == held_folder()
    assert by_label(result["predictions"]) == pytest.approx(answers(Predictor(bundle), pictures[:1])[0], abs=SAME)
    assert questions == []


def test_a_picture_without_a_file_format_is_stored_without_loss(
    qtbot: QtBot, predict: PredictTab, bundle: Path, pictures: list[Path]
) -> None:
    data = QMimeData()
    data.setImageData(QImage(str(pictures[0])))
    assert drop_data(predict, data)
    (result,) = wait_for_results(qtbot, predict)
    assert by_label(result["predictions"]) == pytest.approx(answers(Predictor(bundle), pictures[:1])[0], abs=SAME)


def test_a_data_address_is_a_picture_and_no_network(
    qtbot: QtBot, predict: PredictTab, pictures: list[Path], questions: list[str]
) -> None:
    packed = b64encode(pictures[0].read_bytes()).decode()
    assert drop_data(predict, with_urls(f"data:image/jpeg;base64,{packed}"))
    (result,) = wait_for_results(qtbot, predict)
    assert Path(result["path"]).read_bytes() == pictures[0].read_bytes()
    assert questions == []


def test_an_address_alone_is_fetched_if_the_user_agrees(
    qtbot: QtBot, predict: PredictTab, pictures: list[Path], questions: list[str], web: str
) -> None:
    assert drop_data(predict, with_urls(f"{web}/picture of it.jpg?size=1"))
    (result,) = wait_for_results(qtbot, predict)
    assert Path(result["path"]).read_bytes() == pictures[0].read_bytes()
    assert len(questions) == 1
    assert web in questions[0]


def test_an_address_is_left_alone_if_not(
    qtbot: QtBot, predict: PredictTab, web: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def refuse(parent: object, title: str, question: str, action: str) -> bool:
        asked.append(question)
        return False

    monkeypatch.setattr(messages, "ask", refuse)
    assert drop_data(predict, with_urls(f"{web}/picture.jpg"))
    qtbot.waitUntil(lambda: len(asked) == 1)
    assert predict._job is None


@pytest.mark.parametrize("wrong", ["/nothing.jpg", "offline"])
def test_what_cannot_be_fetched_is_one_sentence(
    qtbot: QtBot, state: AppState, predict: PredictTab, questions: list[str], web: str, wrong: str
) -> None:
    address = "http://127.0.0.1:9/x.jpg" if wrong == "offline" else web + wrong
    with qtbot.waitSignal(state.failed, timeout=LONG_MS) as failed:
        assert drop_data(predict, with_urls(address))
    assert failed.args[0].message.startswith("The picture could not be had: ")
    assert failed.args[0].hint == "Save it in the browser, and drop the file."
    qtbot.waitUntil(lambda: predict._job is None)


def test_other_things_are_not_taken(predict: PredictTab) -> None:
    text = QMimeData()
    text.setText("a striped shirt")
    assert not drop_data(predict, text)
    assert not drop_data(predict, with_urls("mailto:somebody@example.invalid"))
