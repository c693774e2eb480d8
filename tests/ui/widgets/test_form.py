"""The generated form: a field per setting, its limits, and what was changed."""

from dataclasses import asdict

import pytest
from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.settings import BALANCED, BEST, CLASSIC, preset_settings, settings_table
from ui.widgets.form import Form


@pytest.fixture
def form(qtbot: QtBot) -> Form:
    form = Form()
    qtbot.addWidget(form)
    form.show_settings(settings_table("torch"), asdict(BALANCED))
    with qtbot.waitExposed(form):
        form.show()
    return form


def test_every_setting_has_a_field_with_its_help(form: Form) -> None:
    for setting in settings_table("torch"):
        assert form.field(setting.name).toolTip() == setting.help
        assert form.field(setting.name).accessibleName() == setting.title


def test_untouched_it_changes_nothing(form: Form) -> None:
    assert form.changes() == {}


def test_what_is_typed_and_clicked_is_a_change_within_limits(qtbot: QtBot, form: Form) -> None:
    epochs = form.field("epochs")
    epochs.selectAll()
    qtbot.keyClicks(epochs, "900")
    qtbot.keyClick(epochs, Qt.Key.Key_Return)
    qtbot.keyClick(form.field("flip"), Qt.Key.Key_Space)
    qtbot.keyClick(form.field("trained"), Qt.Key.Key_Down)
    rate = form.field("learning_rate")
    rate.selectAll()
    qtbot.keyClicks(rate, rate.locale().toString(0.002, "f", 3))
    changes = form.changes()
    assert changes["flip"] is False
    assert changes["trained"] == "whole"
    assert changes["learning_rate"] == 0.002
    assert 1 <= int(changes["epochs"]) <= 200
    preset_settings("balanced", changes)


def test_another_preset_replaces_the_values(form: Form) -> None:
    form.show_settings(settings_table("torch"), asdict(BEST))
    assert form.field("epochs").value() == BEST.epochs
    assert form.changes() == {}
    form.show_settings((), {})
    assert form.changes() == {}


def test_texts_without_choices_are_typed(qtbot: QtBot, form: Form) -> None:
    form.show_settings(settings_table("cntk"), asdict(CLASSIC))
    assert form.changes() == {}
    form.field("rates").selectAll()
    qtbot.keyClicks(form.field("rates"), "0.01*3, 0.001")
    assert form.changes() == {"rates": "0.01*3, 0.001"}
