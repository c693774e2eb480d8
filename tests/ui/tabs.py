"""A tab on the display without the rest of the window, and nothing left of it afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def on_display(qtbot: QtBot, state: AppState, tab: TabType, size: tuple[int, int] = SIZE) -> Iterator[TabType]:
    """Show a tab; at the end its jobs are stopped and it is closed down."""
    assert isinstance(tab, QWidget)
    qtbot.addWidget(tab)
    tab.resize(*size)
    with qtbot.waitExposed(tab):
        tab.show()
    tab.activateWindow()
    yield tab
    state.jobs.cancel_all()
    qtbot.waitUntil(lambda: not state.jobs.running, timeout=LONG_MS)
    tab.close_down()
