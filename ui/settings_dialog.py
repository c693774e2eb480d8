"""Settings of the program: the engines and what they need, and the pretrained networks."""

from PyQt5.QtCore import Qt, pyqtSlot
from PyQt5.QtWidgets import QDialog, QDialogButtonBox, QFrame, QLabel, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from app.engines.catalog import engines
from app.settings import CNTK
from ui import theme
from ui.cntk_setup import CntkSetup
from ui.networks_page import NetworksPage
from ui.state import AppState
from ui.widgets.cntk_panel import CntkPanel
from ui.widgets.engine_card import EngineCard

SIZE = (860, 640)


class SettingsDialog(QDialog):
    """A page for each kind of setting."""

    def __init__(self, state: AppState, setup: CntkSetup, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle(self.tr("Settings"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*SIZE)
        self.pages = QTabWidget()
        self.pages.setAccessibleName(self.tr("Kinds of settings"))
        self.pages.addTab(EnginesPage(state, setup), self.tr("Engines"))
        self.pages.addTab(NetworksPage(state), self.tr("Networks"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.SPACE] * 4)
        layout.setSpacing(2 * theme.SPACE)
        layout.addWidget(self.pages)
        layout.addWidget(buttons)


class EnginesPage(QWidget):
    """A card for each engine; CNTK's can set it up."""

    def __init__(self, state: AppState, setup: CntkSetup, parent: QWidget | None = None):
        super().__init__(parent)
        self.cards: dict[str, EngineCard] = {}
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 2 * theme.SPACE, theme.SPACE, 0)
        column.setSpacing(2 * theme.SPACE)
        column.addWidget(
            QLabel(self.tr("An engine trains. Everything it needs stays on this computer."), objectName="muted")
        )
        for status in engines():
            self.cards[status.name] = EngineCard()
            column.addWidget(self.cards[status.name])
        self.cards[CNTK].add(CntkPanel(setup))
        column.addStretch()
        area = QScrollArea(widgetResizable=True, frameShape=QFrame.Shape.NoFrame)
        area.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)
        state.engines_changed.connect(self._refresh)
        self._refresh()

    @pyqtSlot()
    def _refresh(self) -> None:
        for status in engines():
            self.cards[status.name].show_status(status)
