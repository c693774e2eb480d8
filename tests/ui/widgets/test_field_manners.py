"""Fields in a form that is scrolled, and reached by keyboard."""

from dataclasses import asdict
from functools import partial

import pytest
from PyQt5.QtCore import QPoint, QPointF, Qt
from PyQt5.QtGui import QWheelEvent
from PyQt5.QtWidgets import QApplication, QFrame, QScrollArea, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from app.settings import BALANCED, settings_table
from ui.widgets.form import Form

NOTCH = QPoint(0, -120)


@pytest.fixture
def scrolled(qtbot: QtBot) -> QScrollArea:
    area = QScrollArea(widgetResizable=True, frameShape=QFrame.Shape.NoFrame)
    area.setWidget(Form())
    area.widget().show_settings(settings_table("torch"), asdict(BALANCED))
    area.resize(400, 300)
    qtbot.addWidget(area)
    with qtbot.waitExposed(area):
        area.show()
    area.activateWindow()
    return area


def turn_wheel(field: QWidget) -> bool:
    """Turn it by a notch; tell whether the field took that, or Qt goes on to what is around it."""
    middle = field.rect().center()
    keys = Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        QPointF(middle),
        QPointF(field.mapToGlobal(middle)),
        QPoint(),
        NOTCH,
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(field, event)
    return event.isAccepted()


def is_shown(help: str) -> bool:
    return QToolTip.text() == help


@pytest.mark.parametrize("name", ["epochs", "learning_rate", "class_weights", "patience"])
def test_the_wheel_is_left_to_what_is_around_and_changes_nothing(scrolled: QScrollArea, name: str) -> None:
    form = scrolled.widget()
    assert not turn_wheel(form.field(name))
    assert form.changes() == {}


def test_the_wheel_changes_the_field_that_has_the_focus(qtbot: QtBot, scrolled: QScrollArea) -> None:
    form = scrolled.widget()
    epochs = form.field("epochs")
    epochs.setFocus()
    qtbot.waitUntil(epochs.hasFocus)
    assert turn_wheel(epochs)
    assert form.changes() == {"epochs": BALANCED.epochs - 1}


def test_by_keyboard_the_help_of_a_field_is_shown_in_the_order_of_the_form(qtbot: QtBot, scrolled: QScrollArea) -> None:
    form, table = scrolled.widget(), settings_table("torch")
    form.field(table[0].name).setFocus()
    for setting in table[1:4]:
        focused = QApplication.focusWidget()
        assert focused is not None
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
        assert form.field(setting.name).hasFocus()
        qtbot.waitUntil(partial(is_shown, setting.help))
    form.field("epochs").clearFocus()
    qtbot.keyClick(form.field(table[3].name), Qt.Key.Key_Backtab)
    assert form.field(table[2].name).hasFocus()
