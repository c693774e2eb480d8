"""The camera, with a film in its place."""

import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.dataset.camera import Camera, cameras, encoded, pictures
from app.dataset.decode import decode_image, read_image
from app.dataset.held import KEPT, held_folder, hold
from app.engines.protocol import Event, Progress
from app.errors import InputError
from app.export.service import ModelService
from app.export.watching import watch
from tests.hostile.images import photo


@pytest.fixture
def film(tmp_path: Path, garments: Path) -> Path:
    """Make a film of six drawn garments."""
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (160, 120))
    for image in sorted(garments.rglob("*.jpg"))[::7]:
        writer.write(cv2.resize(read_image(image)[:, :, ::-1], (160, 120)))
    writer.release()
    return path


def test_a_film_gives_its_pictures_in_rgb(film: Path) -> None:
    seen = list(pictures(str(film)))
    assert len(seen) == 6
    assert seen[0].shape == (120, 160, 3)
    stored = decode_image(encoded(seen[0]))
    assert np.array_equal(stored, seen[0])


def test_cameras_have_the_names_that_linux_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for number, index, name in ((10, 0, "Microscope"), (2, 0, "Built in"), (3, 1, "Built in"), (4, None, "Odd")):
        device = tmp_path / f"video{number}"
        device.mkdir()
        (device / "name").write_text(f"{name}\n")
        if index is not None:
            (device / "index").write_text(f"{index}\n")
    assert cameras(tmp_path) == [Camera(2, "Built in"), Camera(10, "Microscope")]
    assert cameras(tmp_path / "none") == []
    monkeypatch.setattr(sys, "platform", "darwin")
    assert [one.source for one in cameras()] == [0, 1, 2, 3]


def test_no_camera_is_a_sentence(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match="No camera was found"):
        next(pictures(99))
    (tmp_path / "no.avi").write_bytes(b"no film")
    with pytest.raises(InputError, match="No camera was found"):
        next(pictures(str(tmp_path / "no.avi")))
    assert capfd.readouterr().err == ""


def test_what_a_camera_sees_is_predicted_and_its_last_picture_kept(film: Path, bundle: Path) -> None:
    before = set(held_folder().glob("camera-*"))
    heard: list[Progress] = []
    service = ModelService()

    def hear(event: Event) -> None:
        assert isinstance(event, Progress)
        heard.append(event)

    last = watch(service, bundle, hear, threading.Event(), str(film))
    service.close()
    assert 1 <= len(heard) <= 6
    assert heard[0].values["picture"].shape == (120, 160, 3)
    assert sum(one["confidence"] for one in heard[0].values["result"]["predictions"]) == pytest.approx(1)
    assert last is not None
    assert read_image(Path(last["path"])).shape == (120, 160, 3)
    assert set(held_folder().glob("camera-*")) - before == {Path(last["path"])}


def test_stopping_keeps_the_picture_that_was_seen_last(film: Path, bundle: Path) -> None:
    stop = threading.Event()
    service = ModelService()
    heard: list[Progress] = []

    def hear(event: Event) -> None:
        assert isinstance(event, Progress)
        heard.append(event)
        stop.set()

    last = watch(service, bundle, hear, stop, str(film))
    service.close()
    assert len(heard) == 1
    assert last == heard[0].values["result"]


def test_held_pictures_are_few_and_images() -> None:
    data = cv2.imencode(".png", photo())[1].tobytes()
    paths = [hold(data, "pasted") for _ in range(KEPT + 3)]
    assert paths[-1].read_bytes() == data
    assert len(list(held_folder().iterdir())) == KEPT
    with pytest.raises(InputError, match="not an image"):
        hold(b"<html>", "browser")
