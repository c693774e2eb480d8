"""What the Review tab saves."""

from pathlib import Path

import pytest
from PyQt5.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from tests.ui.reviewing import click, click_cell
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


def test_a_picture_that_cannot_be_saved_is_said(
    qtbot: QtBot, state: AppState, planted: ReviewTab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("figure.png", "figure.svg"):
        file = tmp_path / "nowhere" / name
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, file=file: (str(file), ""))
        with qtbot.waitSignal(state.failed) as heard:
            click(qtbot, planted._page.save)
        assert "cannot be written" in heard.args[0].message
