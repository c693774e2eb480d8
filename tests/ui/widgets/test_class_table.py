"""The table of classes: all its columns in a narrow window, and names that can be told apart."""

import pytest
from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.evaluation.report import ClassFigures
from ui.widgets.class_table import ClassTable

WHOLE = (0.57, 1.0)


@pytest.fixture
def table(qtbot: QtBot) -> ClassTable:
    table = ClassTable()
    qtbot.addWidget(table)
    table.resize(747, 220)
    with qtbot.waitExposed(table):
        table.show()
    return table


def _figures(label: str) -> ClassFigures:
    figures = (1.0, WHOLE) * 5
    return ClassFigures(label, 1234, *figures, None, None)


def test_all_columns_are_seen_beside_the_matrix(table: ClassTable) -> None:
    table.show_figures([_figures("a class with a long name 17")])
    assert table.item(0, 6).text() == "100% (57–100)"
    assert table.columnViewportPosition(6) + table.columnWidth(6) <= table.viewport().width()


def test_long_names_are_cut_in_their_middle_and_said_whole(table: ClassTable) -> None:
    table.show_figures([_figures("a class with a long name 17")])
    assert not table.wordWrap()
    assert table.textElideMode() == Qt.TextElideMode.ElideMiddle
    assert table.item(0, 0).toolTip() == "a class with a long name 17"
