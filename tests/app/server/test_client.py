"""The window's own client: what the server says, or why it says nothing."""

import threading
from pathlib import Path

import pytest

from app.dataset.decode import UnreadableImage
from app.errors import ServerError
from app.server.client import classify
from tests.app.server.serving import RED, ColourModel, serving

TOKEN = "a secret'word-ü"


def ask(url: str, token: str, image: Path) -> str:
    reply = classify(url, token, image, lambda event: None, threading.Event())
    return str(reply["predictions"][0]["label"])


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    path.write_bytes(RED)
    return path


def test_the_answer_and_the_refusals(image: Path, tmp_path: Path) -> None:
    with serving(ColourModel(), TOKEN) as served:
        assert ask(served.url, TOKEN, image) == "red"
        with pytest.raises(ServerError, match="The token is missing or wrong"):
            ask(served.url, "", image)
        image.write_bytes(b"no image")
        with pytest.raises(ServerError, match="The image cannot be read"):
            ask(served.url, TOKEN, image)
        with pytest.raises(UnreadableImage):
            ask(served.url, TOKEN, tmp_path / "nothing.png")
    with pytest.raises(ServerError, match="The server did not answer"):
        ask(served.url, TOKEN, image)
