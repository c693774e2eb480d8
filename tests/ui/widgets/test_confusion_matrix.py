"""The confusion matrix: cells to click, keys to walk, words for what is painted."""

from pathlib import Path

import pytest
from PyQt5.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt5.QtGui import QHelpEvent
from PyQt5.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from ui import theme
from ui.review.saving import save_picture
from ui.widgets.confusion_matrix import COLUMN_SHARES, COUNTS, ROW_SHARES, ConfusionMatrix

LABELS = ("cat", "dog", "owl")
CELLS = ((8, 2, 0), (1, 9, 0), (0, 3, 7))


@pytest.fixture
def matrix(qtbot: QtBot) -> ConfusionMatrix:
    matrix = ConfusionMatrix()
    qtbot.addWidget(matrix)
    matrix.resize(420, 380)
    matrix.show_counts(LABELS, CELLS)
    with qtbot.waitExposed(matrix):
        matrix.show()
    return matrix


@pytest.fixture
def chosen(matrix: ConfusionMatrix) -> list[tuple[int, int]]:
    """Collect the cells that are chosen."""
    cells: list[tuple[int, int]] = []
    matrix.cell_chosen.connect(lambda true, predicted: cells.append((true, predicted)))
    return cells


def test_every_cell_can_be_clicked(qtbot: QtBot, matrix: ConfusionMatrix, chosen: list[tuple[int, int]]) -> None:
    everywhere = [(true, predicted) for true in range(3) for predicted in range(3)]
    for cell in everywhere:
        qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.cell_rect(*cell).center())
    assert chosen == everywhere


def test_beside_the_cells_there_is_nothing_to_click(
    qtbot: QtBot, matrix: ConfusionMatrix, chosen: list[tuple[int, int]]
) -> None:
    for place in (QPoint(1, 1), matrix.cell_rect(2, 2).bottomRight() + QPoint(9, 9)):
        qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=place)
    assert chosen == []


def test_arrows_stay_inside_and_enter_and_space_choose(
    qtbot: QtBot, matrix: ConfusionMatrix, chosen: list[tuple[int, int]]
) -> None:
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Return):
        qtbot.keyClick(matrix, key)
    for key in (*[Qt.Key.Key_Down] * 5, Qt.Key.Key_Right, Qt.Key.Key_Space):
        qtbot.keyClick(matrix, key)
    assert chosen == [(0, 0), (2, 1)]


def test_the_cell_at_the_keyboard_is_said(qtbot: QtBot, matrix: ConfusionMatrix) -> None:
    qtbot.keyClick(matrix, Qt.Key.Key_Right)
    assert matrix.accessibleDescription() == "2 of 10 images of “cat” were called “dog” (20%)"


def test_the_cell_at_the_mouse_is_said(matrix: ConfusionMatrix) -> None:
    place = matrix.cell_rect(2, 1).center()
    QApplication.sendEvent(matrix, QHelpEvent(QEvent.Type.ToolTip, place, matrix.mapToGlobal(place)))
    assert QToolTip.text() == "3 of 10 images of “owl” were called “dog” (30%)"
    QToolTip.hideText()


def test_it_counts_or_shows_shares_of_the_row(matrix: ConfusionMatrix) -> None:
    assert [matrix._cells.text(2, column) for column in range(3)] == ["0", "3", "7"]
    matrix.set_mode(ROW_SHARES)
    assert [matrix._cells.text(2, column) for column in range(3)] == ["0", "30", "70"]
    matrix.set_mode(COLUMN_SHARES)
    assert [matrix._cells.text(row, 1) for row in range(3)] == ["14", "64", "21"]
    matrix.set_mode(COUNTS)
    assert matrix._cells.text(0, 0) == "8"


def test_a_class_without_images_divides_by_nothing(matrix: ConfusionMatrix) -> None:
    matrix.show_counts(("a", "b"), ((0, 0), (1, 2)))
    matrix.set_mode(ROW_SHARES)
    assert matrix._cells.text(0, 0) == "0"


def test_right_answers_and_mistakes_have_their_own_colours(matrix: ConfusionMatrix) -> None:
    matrix.show_counts(("a", "b"), ((9, 9), (0, 9)))
    picture = matrix.grab().toImage()

    def colour(true: int, predicted: int) -> str:
        return str(picture.pixelColor(matrix.cell_rect(true, predicted).topLeft() + QPoint(5, 5)).name())

    assert colour(1, 1) == theme.token("accent")
    assert colour(1, 0) == theme.token("surface")
    assert len({colour(0, 0), colour(0, 1), colour(1, 0), colour(1, 1)}) == 4


@pytest.mark.parametrize("count", [0, 1, 2, 40, 200])
def test_any_number_of_classes_is_painted_inside(matrix: ConfusionMatrix, count: int) -> None:
    cells = tuple(tuple(3 if row == column else 1 for column in range(count)) for row in range(count))
    matrix.show_counts([f"a class with the long name {number}" for number in range(count)], cells)
    assert not matrix.grab().isNull()
    if count:
        assert matrix.rect().contains(matrix.cell_rect(count - 1, count - 1).topLeft())


def test_cells_too_small_for_lines_still_have_their_colours(matrix: ConfusionMatrix) -> None:
    cells = tuple(tuple(int(row == column) for column in range(80)) for row in range(80))
    matrix.show_counts([f"{number}" for number in range(80)], cells)
    picture = matrix.grab().toImage()
    for number in (0, 40, 79):
        assert picture.pixelColor(matrix.cell_rect(number, number).center()).name() == theme.token("accent")
    assert picture.pixelColor(matrix.cell_rect(40, 42).center()).name() == theme.token("surface")


def test_a_larger_font_makes_room_for_the_labels(matrix: ConfusionMatrix) -> None:
    before = matrix.cell_rect(0, 0).left()
    font = matrix.font()
    font.setPointSizeF(2 * font.pointSizeF())
    matrix.setFont(font)
    assert matrix.cell_rect(0, 0).left() > before


def test_another_order_moves_the_cells_and_not_their_meaning(
    qtbot: QtBot, matrix: ConfusionMatrix, chosen: list[tuple[int, int]]
) -> None:
    before = matrix.cell_rect(0, 1)
    matrix.set_order([2, 0, 1])
    assert matrix.cell_rect(2, 0) == before
    qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.cell_rect(1, 0).center())
    assert chosen == [(1, 0)]
    matrix.set_order([0, 1, 2])
    qtbot.keyClick(matrix, Qt.Key.Key_Up)
    assert matrix._chosen == (1, 0)


def test_other_counts_keep_order_and_choice(qtbot: QtBot, matrix: ConfusionMatrix) -> None:
    matrix.set_order([2, 0, 1])
    qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.cell_rect(1, 0).center())
    places = matrix._chosen
    matrix.show_counts(LABELS, ((8, 2, 0), (0, 10, 0), (0, 3, 7)))
    assert matrix._chosen == places
    assert matrix._cells.text(1, 1) == "10"


def test_two_hundred_classes_can_be_read_and_scrolled(
    qtbot: QtBot, matrix: ConfusionMatrix, chosen: list[tuple[int, int]]
) -> None:
    cells = tuple(tuple(9 if row == column else 0 for column in range(200)) for row in range(200))
    matrix.show_counts([f"class {number}" for number in range(200)], cells)
    matrix.set_readable(True)
    assert matrix.cell_rect(0, 0).height() >= matrix.fontMetrics().height()
    assert matrix.is_in_sight(0, 0)
    assert not matrix.is_in_sight(150, 150)
    for _ in range(150):
        qtbot.keyClick(matrix, Qt.Key.Key_Down)
        qtbot.keyClick(matrix, Qt.Key.Key_Right)
    assert matrix.is_in_sight(150, 150)
    assert not matrix.is_in_sight(0, 0)
    qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.cell_rect(150, 149).center())
    assert chosen == [(150, 149)]
    matrix.set_readable(False)
    assert matrix.is_in_sight(199, 199)
    assert not matrix._down.isVisible()


def _identity(count: int, images: int = 9) -> list[list[int]]:
    return [[images if row == column else 0 for column in range(count)] for row in range(count)]


def test_a_whole_matrix_of_two_hundred_classes_is_inside_a_small_widget(
    qtbot: QtBot, matrix: ConfusionMatrix, chosen: list[tuple[int, int]]
) -> None:
    matrix.resize(300, 155)
    matrix.show_counts([f"class number {number}" for number in range(200)], _identity(200))
    assert all(matrix.is_in_sight(number, number) for number in range(200))
    assert matrix.rect().contains(matrix.cell_rect(199, 199))
    picture = matrix.grab().toImage()
    for number in (5, 100, 195):
        assert picture.pixelColor(matrix.cell_rect(number, number).center()).name() != theme.token("surface")
    qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.cell_rect(199, 199).center())
    assert chosen[0] >= (197, 197)


def test_ten_classes_have_numbers_and_labels_where_there_is_little_height(matrix: ConfusionMatrix) -> None:
    matrix.resize(471, 207)
    matrix.show_counts(["longsleeve", *"bcdefghij"], _identity(10, 300))
    matrix.set_readable(True)
    layout, cell = matrix._layout(), matrix.cell_rect(0, 0).adjusted(1, 1, -1, -1)
    assert layout.labelled
    assert layout.high >= 13
    assert not matrix._down.isVisible()
    number = matrix._painter(layout, matrix._area(), QPointF()).number_font("300", cell, True)
    assert number.pointSizeF() > 0.7 * matrix.font().pointSizeF()
    assert layout.wide >= matrix._measured().number


def test_cells_that_would_be_too_low_to_read_are_scrolled(matrix: ConfusionMatrix) -> None:
    matrix.resize(471, 150)
    matrix.show_counts(["longsleeve", *"bcdefghij"], _identity(10))
    matrix.set_readable(True)
    assert matrix._down.isVisible()
    assert matrix.cell_rect(0, 0).height() >= matrix.fontMetrics().height()


def test_no_cell_is_chosen_once_that_is_forgotten(qtbot: QtBot, matrix: ConfusionMatrix) -> None:
    qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.cell_rect(1, 0).center())
    matrix.forget_choice()
    assert matrix._chosen is None


def test_the_saved_drawing_has_words_and_is_whole(matrix: ConfusionMatrix, tmp_path: Path) -> None:
    matrix.show_counts([f"class {number}" for number in range(40)], _identity(40))
    matrix.set_readable(True)
    assert not matrix.is_in_sight(39, 39)
    save_picture(matrix.drawing(), tmp_path / "matrix.svg")
    drawn = (tmp_path / "matrix.svg").read_text(encoding="utf-8")
    assert "<image" not in drawn
    assert drawn.count(">class 39<") == 2
    assert drawn.count("<text") == 40 + 2 * 40 + 2


def test_many_classes_are_saved_within_bounds(matrix: ConfusionMatrix) -> None:
    matrix.show_counts([f"class {number}" for number in range(300)], _identity(300))
    assert matrix.drawing().size.height() == 3000
