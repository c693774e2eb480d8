"""Predictions as a table: what a spreadsheet reads is what was predicted."""

import csv
from pathlib import Path
from typing import Any

import pytest

from app.errors import InputError
from app.export.table import write_table


def prediction(path: str, **confidences: float) -> dict[str, Any]:
    ranked = sorted(confidences.items(), key=lambda pair: -pair[1])
    return {"path": path, "predictions": [{"label": label, "confidence": share} for label, share in ranked]}


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def test_a_table_has_a_column_per_class_and_the_problems(tmp_path: Path) -> None:
    first = prediction("a.png", x=0.75, y=0.25) | {"verdict": "unsure", "novelty": 0.5}
    results = [first, {"path": "c.png", "predictions": [], "problem": "It is empty."}]
    write_table(tmp_path / "t.csv", results, ("y", "x"))
    assert (tmp_path / "t.csv").read_bytes().decode().split("\n") == [
        "path,label,confidence,verdict,novelty,y,x,problem",
        "a.png,x,0.75,unsure,0.5,0.25,0.75,",
        "c.png,,,,,,,It is empty.",
        "",
    ]


@pytest.mark.parametrize("name", ["a, b.png", 'say "cheese".png', "two\nlines.png", "été – 写真.png", " .png"])
def test_any_name_comes_back_as_it_was(tmp_path: Path, name: str) -> None:
    label = name.removesuffix(".png")
    write_table(tmp_path / "t.csv", [prediction(name, **{label: 1.0})], (label,))
    assert rows(tmp_path / "t.csv") == [
        ["path", "label", "confidence", "verdict", "novelty", label, "problem"],
        [name, label, "1.0", "", "", "1.0", ""],
    ]


def test_a_name_that_is_no_text_is_escaped(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", [prediction("b\udcff.png", x=1.0)], ("x",))
    assert rows(tmp_path / "t.csv")[1][0] == r"b\udcff.png"


def test_confidences_keep_all_their_digits(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", [prediction("a", x=0.1234567890123456, y=1e-12)], ("x", "y"))
    assert [float(one) for one in rows(tmp_path / "t.csv")[1][5:7]] == [0.1234567890123456, 1e-12]


def test_no_predictions_are_a_table_with_its_heading(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", [], ("x",))
    assert rows(tmp_path / "t.csv") == [["path", "label", "confidence", "verdict", "novelty", "x", "problem"]]


def test_a_table_replaces_an_older_one(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_table(tmp_path / "t.csv", [prediction(name, x=1.0)], ("x",))
    assert rows(tmp_path / "t.csv")[1][0] == "second"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere" / "t.csv", tmp_path):
        with pytest.raises(InputError, match="cannot be written") as caught:
            write_table(path, [], ("x",))
        assert caught.value.hint
