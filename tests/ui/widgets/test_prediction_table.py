"""The table of predictions: texts, sorting, pictures, and rows that cannot be read."""

from pathlib import Path
from typing import Any

import pytest
from PyQt5.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from ui.widgets.prediction_list import PredictionList
from ui.widgets.prediction_model import (
    ALL,
    BAD,
    CONFIDENCE,
    FILE,
    GOOD,
    KNOWN,
    LABEL,
    SECOND,
    STRANGE,
    UNCERTAIN,
    UNSORTED,
    PredictionModel,
)
from ui.widgets.prediction_table import PredictionTable

UNREADABLE = "It is not an image."
LABELS = ("dog", "cat", "striped")


@pytest.fixture
def model() -> PredictionModel:
    model = PredictionModel()
    model.clear(LABELS)
    return model


@pytest.fixture
def table(qtbot: QtBot, model: PredictionModel) -> PredictionTable:
    table = PredictionTable(model)
    qtbot.addWidget(table)
    table.resize(900, 500)
    with qtbot.waitExposed(table):
        table.show()
    return table


def result(path: str, *predictions: tuple[str, float], verdict: str = "accepted") -> dict[str, Any]:
    return {
        "path": path,
        "predictions": [{"label": label, "confidence": confidence} for label, confidence in predictions],
        "problem": None if predictions else UNREADABLE,
        "verdict": verdict if predictions else None,
        "novelty": None,
    }


def column(table: PredictionTable, number: int) -> list[str]:
    model = table.model()
    return [model.index(row, number).data(Qt.ItemDataRole.DisplayRole) for row in range(model.rowCount())]


RESULTS = [
    result("/x/b.jpg", ("dog", 0.5), ("cat", 0.25), ("striped", 0.25)),
    result("/x/a.jpg"),
    result("/x/c.jpg", ("cat", 1.0), ("dog", 0.0), ("striped", 0.0), verdict="unknown"),
]


def test_rows_come_in_the_order_they_were_added(table: PredictionTable, model: PredictionModel) -> None:
    model.add(RESULTS[:1])
    model.add(RESULTS[1:])
    assert column(table, FILE) == ["b.jpg", "a.jpg", "c.jpg"]
    assert column(table, LABEL) == ["dog", UNREADABLE, "unknown (cat?)"]
    assert column(table, CONFIDENCE) == ["50.0%", "", "100.0%"]
    assert column(table, SECOND) == ["cat 25.0%", "", "dog 0.0%"]
    assert list(model.results()) == RESULTS


def test_files_of_the_same_name_are_told_apart_by_their_folders(table: PredictionTable, model: PredictionModel) -> None:
    model.add([result("/x/cat/1.jpg", ("cat", 1.0)), result("/x/cat/2.jpg", ("cat", 1.0))])
    assert column(table, FILE) == ["1.jpg", "2.jpg"]
    model.add([result("/x/dog/1.jpg", ("dog", 1.0))])
    assert column(table, FILE) == ["cat/1.jpg", "2.jpg", "dog/1.jpg"]
    model.clear(LABELS)
    model.add([result("/x/cat/1.jpg", ("cat", 1.0))])
    assert column(table, FILE) == ["1.jpg"]


def test_confidence_is_sorted_as_a_number(qtbot: QtBot, table: PredictionTable, model: PredictionModel) -> None:
    model.add([RESULTS[0], RESULTS[2]])
    header = table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(CONFIDENCE) + 10, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    first = column(table, CONFIDENCE)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert sorted([first, column(table, CONFIDENCE)]) == [["100.0%", "50.0%"], ["50.0%", "100.0%"]]


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
    model.clear(LABELS)
    assert model.rowCount() == 0
    model.add(RESULTS)
    assert column(table, FILE) == ["b.jpg", "a.jpg", "c.jpg"]


def test_a_reason_is_in_the_tool_tip(model: PredictionModel) -> None:
    model.add(RESULTS)
    tips = [model.index(row, LABEL).data(Qt.ItemDataRole.ToolTipRole) for row in range(3)]
    assert tips == ["/x/b.jpg", UNREADABLE, "/x/c.jpg"]


def test_rows_are_filtered_by_text_and_kind_also_while_they_come(qtbot: QtBot, model: PredictionModel) -> None:
    list_ = PredictionList(model)
    qtbot.addWidget(list_)
    list_.show()
    model.add(RESULTS)
    for kind, names in (
        (GOOD, ["b.jpg"]),
        (STRANGE, ["c.jpg"]),
        (UNCERTAIN, []),
        (BAD, ["a.jpg"]),
        (ALL, ["b.jpg", "a.jpg", "c.jpg"]),
    ):
        list_.kind.setCurrentIndex(KNOWN.index(kind))
        assert column(list_.table, FILE) == names
    qtbot.keyClicks(list_.text, "CAT")
    qtbot.waitUntil(lambda: column(list_.table, FILE) == ["c.jpg"])
    assert list_._count.text() == "1 of 3"
    model.add([result("/x/cat photo.jpg", ("dog", 1.0))])
    assert column(list_.table, FILE) == ["c.jpg", "cat photo.jpg"]
    assert list_._count.text() == "2 of 4"
    list_.show_all()
    assert len(column(list_.table, FILE)) == 4
    assert list_._count.text() == ""


def test_pictures_that_were_scrolled_past_are_forgotten(
    qtbot: QtBot, model: PredictionModel, garments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.widgets.prediction_model.KEPT_ICONS", 5)
    model.add([result(str(path), ("striped", 0.9)) for path in sorted(garments.rglob("*.jpg"))[:12]])
    for row in range(12):
        model.index(row, FILE).data(Qt.ItemDataRole.DecorationRole)
    qtbot.waitUntil(lambda: not model._tasks)
    assert 1 <= len(model._icons) <= 5


def test_rows_that_come_later_are_sorted_in_and_the_keyboard_stays_on_its_row(
    table: PredictionTable, model: PredictionModel
) -> None:
    table.sortByColumn(FILE, Qt.SortOrder.DescendingOrder)
    model.add(RESULTS[1:])
    assert column(table, FILE) == ["c.jpg", "a.jpg"]
    table.choose(0)
    assert table.currentIndex().row() == 1
    model.add(RESULTS[:1])
    assert column(table, FILE) == ["c.jpg", "b.jpg", "a.jpg"]
    assert table.currentIndex().row() == 2
    table.sortByColumn(UNSORTED, Qt.SortOrder.AscendingOrder)
    assert column(table, FILE) == ["a.jpg", "c.jpg", "b.jpg"]
    assert table.currentIndex().row() == 0
    model.set_filter("", BAD)
    table.choose(1)
    assert column(table, FILE) == ["a.jpg"]
