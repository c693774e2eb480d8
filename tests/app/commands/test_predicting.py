"""predict and correct: zips, going on after an interruption, and pictures with their right label."""

import argparse
import csv
import io
import json
import threading
import zipfile
from pathlib import Path

import pytest

from app.cli import main
from app.commands.predicting import predict
from app.errors import Cancelled
from app.project.project import Project
from app.terminal import ProgressLine


def value(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict:
    code = main([*(str(one) for one in arguments), "--json"])
    out, err = capsys.readouterr()
    assert code == 0, err
    answer: dict = json.loads(out.splitlines()[-1])
    return answer


def sentence(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main([str(one) for one in arguments]) == 1
    return capsys.readouterr().err


def rows(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def zipped_garments(garments: Path, tmp_path: Path) -> Path:
    file = tmp_path / "photos.zip"
    with zipfile.ZipFile(file, "w") as stream:
        for path in sorted((garments / "striped").iterdir())[:3]:
            stream.write(path, f"striped/{path.name}")
    return file


def test_a_zip_is_predicted_like_a_folder(
    capsys: pytest.CaptureFixture[str], bundle: Path, garments: Path, zipped_garments: Path, tmp_path: Path
) -> None:
    answer = value(capsys, "predict", bundle, zipped_garments, "--csv", tmp_path / "t.csv")
    same = value(capsys, "predict", bundle, garments / "striped")
    assert [one["predictions"] for one in answer["results"]] == [one["predictions"] for one in same["results"][:3]]
    assert answer["results"][0]["path"] == str(zipped_garments / "striped" / Path(same["results"][0]["path"]).name)
    assert [row["path"] for row in rows(tmp_path / "t.csv")] == [one["path"] for one in answer["results"]]
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    assert "is damaged, or no zip" in sentence(capsys, "predict", bundle, tmp_path / "bad.zip")


class Interrupting(ProgressLine):
    """Cancels after some images, as Ctrl+C does."""

    def __init__(self, cancel: threading.Event, after: int):
        super().__init__(io.StringIO())
        self._cancel_event, self._after = cancel, after

    def count(self, done: int, total: int) -> None:
        """Cancel."""
        if done == self._after:
            self._cancel_event.set()


def test_an_interrupted_table_goes_on_where_it_stopped(
    capsys: pytest.CaptureFixture[str], bundle: Path, garments: Path, tmp_path: Path
) -> None:
    table = tmp_path / "t.csv"
    cancel = threading.Event()
    options = argparse.Namespace(model=bundle, paths=[garments], csv=table, sort_into=None, link=False, json=False)
    with pytest.raises(Cancelled):
        predict(options, Interrupting(cancel, 17), cancel)
    assert not table.exists()
    answer = value(capsys, "predict", bundle, garments, "--csv", table)
    assert answer["resumed"] == 17
    assert len(rows(table)) == 42
    anew = value(capsys, "predict", bundle, garments, "--csv", tmp_path / "anew.csv")
    assert anew["resumed"] == 0
    assert (tmp_path / "anew.csv").read_bytes() == table.read_bytes()


def test_a_table_that_cannot_be_written_costs_no_answers(
    capsys: pytest.CaptureFixture[str], bundle: Path, garments: Path, tmp_path: Path
) -> None:
    images = garments / "dotted"
    assert "cannot be written" in sentence(capsys, "predict", bundle, images, "--csv", tmp_path / "no" / "t.csv")
    assert value(capsys, "predict", bundle, images, "--csv", tmp_path / "t.csv")["resumed"] == 14


def test_pictures_are_added_with_their_right_label(
    capsys: pytest.CaptureFixture[str], garments: Path, zipped_garments: Path, tmp_path: Path
) -> None:
    with Project.create(tmp_path / "p", "P"):
        pass
    picture = sorted((garments / "dotted").iterdir())[0]
    answer = value(capsys, "correct", tmp_path / "p", picture, "--label", "spots")
    assert answer == {"labelled": 1, "added": 1, "copied": 0}
    answer = value(capsys, "correct", tmp_path / "p", zipped_garments, picture, "--label", "stripes")
    assert answer == {"labelled": 4, "added": 3, "copied": 3}
    with Project.open(tmp_path / "p") as project:
        assert {one.name: one.images for one in project.classes()} == {"spots": 0, "stripes": 4}
    assert "There is no file" in sentence(capsys, "correct", tmp_path / "p", tmp_path / "no.png", "--label", "x")
    assert "needs a name" in sentence(capsys, "correct", tmp_path / "p", picture, "--label", " ")
    (tmp_path / "bad.jpg").write_bytes(b"words")
    assert "whatever its name says" in sentence(capsys, "correct", tmp_path / "p", tmp_path / "bad.jpg", "--label", "x")
