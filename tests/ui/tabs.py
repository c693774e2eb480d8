"""A tab on the display without the rest of the window, and nothing left of it afterwards."""

from typing import Protocol, TypeVar

from PyQt5.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ui.state import AppState

LONG_MS = 120_000
SIZE = (1200, 760)


class Closable(Protocol):
    """What every tab has."""

    def close_down(self) -> None: ...


TabType = TypeVar("TabType", bound=Closable)


def on_display(qtbot: QtBot, state: AppState, tab: TabType, size: tuple[int, int] = SIZE) -> TabType:
    """Show a tab; before it is closed, its jobs are stopped and it is closed down."""
    assert isinstance(tab, QWidget)

    def finish(widget: QWidget) -> None:
        state.jobs.cancel_all()
        qtbot.waitUntil(lambda: not state.jobs.running, timeout=LONG_MS)
        tab.close_down()

    qtbot.addWidget(tab, before_close_func=finish)
    tab.resize(*size)
    with qtbot.waitExposed(tab):
        tab.show()
    tab.activateWindow()
    return tab
