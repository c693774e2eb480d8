"""The table of predictions: texts, sorting, pictures, and rows that cannot be read."""

from pathlib import Path
from typing import Any

import pytest
from PyQt5.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from ui.widgets.prediction_table import CONFIDENCE, FILE, LABEL, SECOND, PredictionModel, PredictionTable

UNREADABLE = "It is not an image."


@pytest.fixture
def model() -> PredictionModel:
    return PredictionModel()


@pytest.fixture
def table(qtbot: QtBot, model: PredictionModel) -> PredictionTable:
    table = PredictionTable(model)
    qtbot.addWidget(table)
    table.resize(900, 500)
    with qtbot.waitExposed(table):
        table.show()
    return table


def result(path: str, *predictions: tuple[str, float]) -> dict[str, Any]:
    return {
        "path": path,
        "predictions": [{"label": label, "confidence": confidence} for label, confidence in predictions],
        "problem": None if predictions else UNREADABLE,
    }


def column(table: PredictionTable, number: int) -> list[str]:
    model = table.model()
    return [model.index(row, number).data(Qt.ItemDataRole.DisplayRole) for row in range(model.rowCount())]


RESULTS = [
    result("/x/b.jpg", ("dog", 0.09), ("cat", 0.06)),
    result("/x/a.jpg"),
    result("/x/c.jpg", ("cat", 1.0)),
]


def test_rows_come_in_the_order_they_were_added(table: PredictionTable, model: PredictionModel) -> None:
    model.add(RESULTS[:1])
    model.add(RESULTS[1:])
    assert column(table, FILE) == ["b.jpg", "a.jpg", "c.jpg"]
    assert column(table, LABEL) == ["dog", UNREADABLE, "cat"]
    assert column(table, CONFIDENCE) == ["9.0%", "", "100.0%"]
    assert column(table, SECOND) == ["cat 6.0%", "", ""]
    assert model.results() == RESULTS


def test_files_of_the_same_name_are_told_apart_by_their_folders(table: PredictionTable, model: PredictionModel) -> None:
    model.add([result("/x/cat/1.jpg", ("cat", 1.0)), result("/x/cat/2.jpg", ("cat", 1.0))])
    assert column(table, FILE) == ["1.jpg", "2.jpg"]
    model.add([result("/x/dog/1.jpg", ("dog", 1.0))])
    assert column(table, FILE) == ["cat/1.jpg", "2.jpg", "dog/1.jpg"]
    model.clear()
    model.add([result("/x/cat/1.jpg", ("cat", 1.0))])
    assert column(table, FILE) == ["1.jpg"]


def test_confidence_is_sorted_as_a_number(qtbot: QtBot, table: PredictionTable, model: PredictionModel) -> None:
    model.add([RESULTS[0], RESULTS[2]])
    header = table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(CONFIDENCE) + 10, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    first = column(table, CONFIDENCE)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert sorted([first, column(table, CONFIDENCE)]) == [["100.0%", "9.0%"], ["9.0%", "100.0%"]]


def test_a_chosen_row_says_its_result_however_it_is_sorted(
    qtbot: QtBot, table: PredictionTable, model: PredictionModel
) -> None:
    model.add(RESULTS)
    table.sortByColumn(FILE, Qt.SortOrder.AscendingOrder)
    with qtbot.waitSignal(table.result_chosen) as heard:
        place = table.visualRect(table.model().index(0, LABEL)).center()
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert heard.args == [RESULTS[1]]
    with qtbot.waitSignal(table.result_chosen) as heard:
        qtbot.keyClick(table, Qt.Key.Key_Down)
    assert heard.args == [RESULTS[0]]


def test_a_small_picture_arrives(
    qtbot: QtBot, table: PredictionTable, model: PredictionModel, garments: Path, tmp_path: Path
) -> None:
    picture = sorted((garments / "striped").iterdir())[0]
    model.add([result(str(picture), ("striped", 0.9)), result(str(tmp_path / "gone.jpg"))])
    role = Qt.ItemDataRole.DecorationRole
    qtbot.waitUntil(lambda: all(model.index(row, FILE).data(role) is not None for row in range(2)))
    assert not model.index(0, FILE).data(role).isNull()
    assert model.index(1, FILE).data(role).isNull()


def test_clearing_forgets_pictures_that_are_still_on_their_way(
    qtbot: QtBot, table: PredictionTable, model: PredictionModel, garments: Path
) -> None:
    paths = sorted(garments.rglob("*.jpg"))
    model.add([result(str(path), ("striped", 0.9)) for path in paths])
    table.grab()
    model.clear()
    assert model.rowCount() == 0
    model.add(RESULTS)
    assert column(table, FILE) == ["b.jpg", "a.jpg", "c.jpg"]


def test_a_reason_is_in_the_tool_tip(model: PredictionModel) -> None:
    model.add(RESULTS)
    tips = [model.index(row, LABEL).data(Qt.ItemDataRole.ToolTipRole) for row in range(3)]
    assert tips == ["/x/b.jpg", UNREADABLE, "/x/c.jpg"]
