"""The page of an evaluation: whole, harmless, and with the figures that were computed."""

import json
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from app.cli import main
from app.evaluation.drift import drift_of
from app.export.html_chart import Line, chart, histogram
from app.export.html_page import formatted, matrix, page, paragraph, picture, table
from tests.conftest import Trained

WITHOUT_END = ("meta", "img")


class Reader(HTMLParser):
    """Checks that elements are closed in order, and collects addresses and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in WITHOUT_END:
            self.open.append(tag)
        assert tag not in ("script", "link", "iframe")
        self.sources += [str(value) for name, value in attributes if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    assert all(source.startswith("data:image/") for source in reader.sources)
    return reader


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    assert main(["evaluate", *map(str, arguments), "--json"]) == 0
    values: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return values


def test_texts_cannot_become_elements() -> None:
    evil = "<script>alert('x')</script>&\""
    parts = [paragraph(evil), paragraph(evil, notice=True), table([evil], [[evil]]), matrix([evil], [[3]])]
    parts += [
        formatted(evil),
        histogram([0.1, 0.99, 1.0], evil),
        chart(evil, evil, evil, [Line(evil, (0, 1), (1, 0), "#000")]),
        picture(Path("no such <file>.png"), evil),
    ]
    reader = read(page(evil, parts))
    assert reader.text.count(evil) == 13


def test_the_page_of_a_labelled_folder(
    bundle: Path, trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = tmp_path / "images <b>"
    shutil.copytree(trained.images, images)
    (images / "dotted").rename(images / "swap")
    (images / "striped").rename(images / "dotted")
    (images / "swap").rename(images / "striped")
    values = run(capsys, bundle, images, "--report", tmp_path / "report")
    reader = read(Path(values["report"]).read_text(encoding="utf-8"))
    assert "accuracy on 42 images" in reader.text
    assert f"{values['accuracy']:.1%}" in reader.text
    assert f"By the model's rule {values['price']['coverage']:.1%} are accepted" in reader.text
    assert "Model card" in reader.text
    assert "Meant for" in reader.text
    assert not any(mark in reader.text for mark in ("##", "|--"))  # the card is no longer Markdown
    assert len(reader.sources) == min(24, round(42 * (1 - values["accuracy"])))
    assert values["price"]["images"] == 42
    words = reader.text
    assert all(title in words for title in ("Precision and recall", "ROC", "Calibration", "Accuracy against coverage"))
    assert words.count("mean (macro)") == words.count("all (micro)") == 4  # a curve and its name, in two charts
    assert words.count("striped") > 4


def test_the_page_of_a_folder_without_labels(
    bundle: Path, trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = tmp_path / "images"
    images.mkdir()
    for number, path in enumerate(sorted(trained.images.rglob("*.jpg"))):
        shutil.copyfile(path, images / f"{number}.jpg")
    values = run(capsys, bundle, images, "--report", tmp_path / "report")
    assert values["accuracy"] is None
    assert sum(values["predicted"].values()) == sum(values["verdicts"].values()) == values["images"] == 42
    assert not values["drift"]["notable"]
    reader = read(Path(values["report"]).read_text(encoding="utf-8"))
    assert "look like the training images" in reader.text
    assert all(f"{number}.jpg" in reader.text for number in range(42))


def test_strange_images_are_told_to_differ(bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(0)
    images = tmp_path / "noise"
    images.mkdir()
    for number in range(30):
        noise = random.integers(0, 256, (int(random.integers(8, 60)), 50, 3), np.uint8)
        cv2.imwrite(str(images / f"{number}.png"), cv2.resize(noise, (240, 240)))
    values = run(capsys, bundle, images, "--report", tmp_path)
    assert values["drift"]["notable"]
    assert 'class="notice"' in Path(values["report"]).read_text(encoding="utf-8")


def test_drift_needs_some_images_and_a_difference() -> None:
    random = np.random.default_rng(1)
    known = random.random(300)
    assert drift_of(known[:10], known) is None
    same, other = drift_of(random.random(300), known), drift_of(random.random(300) + 0.3, known)
    closer = drift_of(random.random(300) - 0.3, known)
    assert closer is not None
    assert not closer.notable
    assert same is not None
    assert other is not None
    assert not same.notable
    assert other.notable


def test_a_report_that_cannot_be_written_has_words(
    bundle: Path, trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert main(["evaluate", str(bundle), str(trained.images), "--report", str(tmp_path / "file" / "x")]) == 1
    assert "cannot be written" in capsys.readouterr().err
