"""What the Review tab saves."""

from pathlib import Path

import pytest
from PyQt5.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from tests.ui.reviewing import click, click_cell, look_at
from ui.review_tab import ReviewTab
from ui.state import AppState


def test_the_table_and_the_figure_are_saved(
    qtbot: QtBot, planted: ReviewTab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    click_cell(qtbot, planted, 0, 1)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "images.csv"), ""))
    click(qtbot, planted._page.images.table)
    lines = (tmp_path / "images.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "path,label,predicted,confidence,dotted,leopard,striped"
    assert len(lines) == 5
    assert all(",dotted,leopard,0." in line for line in lines[1:])
    for name, beginning in (("figure.png", b"\x89PNG"), ("figure.svg", b"<?xml")):
        file = tmp_path / name
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, file=file: (str(file), ""))
        click(qtbot, planted._page.save)
        assert file.read_bytes().startswith(beginning)


def test_the_matrix_and_the_curves_are_saved_as_drawings(
    qtbot: QtBot, planted: ReviewTab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "drawing.svg"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    click(qtbot, planted._page.matrix_view.save)
    drawn = file.read_text(encoding="utf-8")
    assert "<image" not in drawn
    assert drawn.count(">leopard<") == 2
    click(qtbot, planted._page.save)
    drawn = file.read_text(encoding="utf-8")
    assert drawn.count(">leopard<") == 1
    assert planted._page.curves.kind.currentText() not in drawn


def test_the_figures_of_the_classes_are_saved_as_a_table_or_a_picture(
    qtbot: QtBot, state: AppState, planted: ReviewTab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_at(planted, planted._page.table)
    file = tmp_path / "classes.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    click(qtbot, planted._page.save)
    first, *lines = file.read_text(encoding="utf-8").splitlines()
    assert first.startswith("class,images,precision,precision_low,precision_high,recall,")
    assert [line.split(",")[:2] for line in lines] == [["dotted", "14"], ["leopard", "14"], ["striped", "14"]]
    assert all(len(line.split(",")) == 17 for line in lines)
    picture = tmp_path / "classes.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(picture), ""))
    click(qtbot, planted._page.save)
    assert picture.read_bytes().startswith(b"\x89PNG")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "nowhere" / "classes.csv"), ""))
    with qtbot.waitSignal(state.failed) as heard:
        click(qtbot, planted._page.save)
    assert "cannot be written" in heard.args[0].message


def test_a_picture_that_cannot_be_saved_is_said(
    qtbot: QtBot, state: AppState, planted: ReviewTab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("figure.png", "figure.svg"):
        file = tmp_path / "nowhere" / name
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, file=file: (str(file), ""))
        with qtbot.waitSignal(state.failed) as heard:
            click(qtbot, planted._page.save)
        assert "cannot be written" in heard.args[0].message
