"""The thresholds dialog: every choice shows its price, and saving puts the rule into the model."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PyQt5.QtCore import QPointF, Qt
from PyQt5.QtWidgets import QDialogButtonBox, QFileDialog
from pytestqt.qtbot import QtBot

from app.errors import BundleError
from app.export.bundle import HELD_OUT_FILE, read_bundle_info
from tests.ui.mouse import drag
from ui import messages
from ui.state import AppState
from ui.thresholds_dialog import COSTS, DRAGGED, GIVEN, PRECISION, PRESENT, ThresholdsDialog

LONG_MS = 60_000


@pytest.fixture
def model(bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "model"))


@pytest.fixture
def dialog(model: Path, state: AppState, qtbot: QtBot) -> ThresholdsDialog:
    dialog = ThresholdsDialog(model, state.jobs)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    return dialog


def choose(dialog: ThresholdsDialog, way: str) -> None:
    dialog.way.setCurrentIndex(dialog.way.findData(way))
    dialog.way.activated.emit(dialog.way.currentIndex())


def test_it_opens_with_the_present_rule(dialog: ThresholdsDialog, model: Path) -> None:
    assert dialog.rule == read_bundle_info(model).rule
    assert "held-out images are accepted" in dialog.price.text()
    assert not dialog.share.isEnabled()
    assert dialog.table.item(0, 1).text() == "any"


def test_choices_change_thresholds_and_price(dialog: ThresholdsDialog) -> None:
    before = dialog.price.text()
    choose(dialog, GIVEN)
    dialog.share.setValue(99.5)
    assert set(dialog.rule.thresholds) == {0.995}
    assert dialog.table.item(1, 1).text() == "99.5%"
    assert dialog.price.text() != before
    dialog.unknown.click()
    assert dialog.rule.most_novel is None
    assert not dialog.keep.isEnabled()
    choose(dialog, PRECISION)
    dialog.share.setValue(100.0)
    dialog.per_class.click()
    assert dialog.rule.price is not None
    assert dialog.rule.price.wrong == 0


def test_the_limit_of_novelty_stays_until_its_share_is_touched(dialog: ThresholdsDialog, model: Path) -> None:
    present = read_bundle_info(model).ruled.most_novel
    assert present is not None
    for way in (PRECISION, GIVEN, PRESENT):
        choose(dialog, way)
        assert dialog.rule.most_novel == present
    for _ in range(2):
        dialog.unknown.click()
    assert dialog.rule.most_novel == present
    dialog.keep.setValue(50.0)
    assert dialog.rule.most_novel != present
    dialog.keep.setValue(dialog._first_keep)
    assert dialog.rule.most_novel == present


def test_thresholds_that_differ_have_no_point_in_common(dialog: ThresholdsDialog) -> None:
    choose(dialog, GIVEN)
    dialog.share.setValue(60.0)
    assert dialog.plot.plot._handle is not None
    dialog.plot.show_rule(replace(dialog.rule, thresholds=(0.6, 0.7, 0.6)))
    assert dialog.plot.plot._handle is None
    assert dialog.plot.words.text().startswith("The thresholds differ.")
    dialog.plot.show_rule(dialog.rule)
    assert dialog.plot.plot._handle is not None
    assert dialog.plot.words.text().startswith("Drag the point")


def test_it_looks_like_the_rest_of_the_program(dialog: ThresholdsDialog) -> None:
    assert all(button.icon().isNull() for button in dialog.buttons.buttons())
    assert dialog.table.horizontalHeader().defaultAlignment() & Qt.AlignmentFlag.AlignLeft
    assert "on new ones expect it to be slightly worse" in dialog.note.text()


def drag_point(qtbot: QtBot, dialog: ThresholdsDialog, share: float) -> None:
    """Drag the point of the figure to the place where about so much is accepted."""
    plot, curve = dialog.plot.plot, dialog.plot._curve
    assert curve is not None
    box, canvas = plot._plot.getPlotItem().getViewBox(), plot._plot.viewport()
    index = min(range(len(curve.x)), key=lambda place: abs(curve.x[place] - share))
    places = [
        plot._plot.mapFromScene(box.mapViewToScene(QPointF(curve.x[one], curve.y[one])))
        for one in (len(curve.x) - 1, index)
    ]
    drag(qtbot, canvas, places)


def test_a_common_threshold_is_dragged(dialog: ThresholdsDialog, qtbot: QtBot) -> None:
    before = dialog.price.text()
    drag_point(qtbot, dialog, 0.5)
    assert dialog.way.currentData() == DRAGGED
    assert dialog.rule.chosen == "by dragging"
    assert len(set(dialog.rule.thresholds)) == 1
    assert dialog.rule.thresholds[0] > 0
    assert dialog.price.text() != before
    assert "95% interval" in dialog.plot.plot._plot.accessibleDescription()
    assert not dialog.share.isEnabled()


def test_the_threshold_of_one_class_is_dragged_and_the_others_stay(dialog: ThresholdsDialog, qtbot: QtBot) -> None:
    dialog.plot.of.setCurrentIndex(2)
    drag_point(qtbot, dialog, 0.5)
    first, second, third = dialog.rule.thresholds
    assert (first, third) == (0.0, 0.0)
    assert second > 0
    dialog.plot.of.setCurrentIndex(0)
    assert dialog.plot.plot._handle is None  # the classes have no threshold in common


def test_saving_puts_the_rule_into_the_model(
    dialog: ThresholdsDialog, model: Path, state: AppState, qtbot: QtBot
) -> None:
    choose(dialog, GIVEN)
    dialog.share.setValue(75.0)
    with qtbot.waitSignal(dialog.rule_stored, timeout=LONG_MS) as stored:
        qtbot.mouseClick(dialog.buttons.button(QDialogButtonBox.StandardButton.Save), Qt.MouseButton.LeftButton)
    assert stored.args == [model]
    assert read_bundle_info(model).rule == dialog.rule
    qtbot.waitUntil(lambda: not state.jobs.running, timeout=LONG_MS)
    assert not dialog.isVisible()


def test_costs_come_from_a_table(
    dialog: ThresholdsDialog, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = read_bundle_info(model).labels
    table = tmp_path / "costs.csv"
    table.write_text(f"true,{labels[0]}\n{labels[1]},100\n", encoding="utf-8")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *arguments: (str(table), ""))
    choose(dialog, COSTS)
    assert dialog.rule.chosen.startswith("to cost least")
    said: list[str] = []
    monkeypatch.setattr(messages, "error", lambda parent, error: said.append(error.message))
    table.write_text("nonsense", encoding="utf-8")
    choose(dialog, COSTS)
    assert "holds no costs" in said[0]


def test_no_table_chosen_keeps_the_present_rule(dialog: ThresholdsDialog, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dialog.rule.thresholds
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *arguments: ("", ""))
    choose(dialog, COSTS)
    assert dialog.rule.thresholds == before


def test_a_model_without_held_out_scores_is_refused(model: Path, state: AppState) -> None:
    (model / HELD_OUT_FILE).unlink()
    with pytest.raises(BundleError, match="no held-out scores"):
        ThresholdsDialog(model, state.jobs)
