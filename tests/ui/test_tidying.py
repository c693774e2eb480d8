"""All garbage is collected when the user looks elsewhere, and not before."""

import gc
import weakref

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ui.tidying import NEVER, USUAL, Tidying


class Knot:
    """Something that only a look through everything can free."""

    def __init__(self) -> None:
        self.own = self


def test_it_looks_through_everything_when_another_program_is_turned_to(qtbot: QtBot) -> None:
    tidying = Tidying()
    try:
        assert gc.get_threshold() == (*USUAL[:2], NEVER)
        own = Knot()
        gc.collect(1)
        gc.collect(1)
        knot = weakref.ref(own)
        del own
        gc.collect(1)
        assert knot() is not None
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
        assert knot() is not None
        application.applicationStateChanged.emit(Qt.ApplicationState.ApplicationInactive)
        assert knot() is None
    finally:
        tidying.end()
    assert gc.get_threshold() == USUAL
