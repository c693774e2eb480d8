"""Offer the feature nodes of the CNTK network that is named in a form, as soon as it is named."""

from functools import partial

from PyQt5.QtCore import QObject, pyqtSlot
from PyQt5.QtWidgets import QComboBox

from app.engines.cntk_service import network_nodes
from app.errors import AppError
from ui.jobs import run_in_pool
from ui.widgets.file_field import FileField
from ui.widgets.form import Form


class NetworkNodes(QObject):
    """Looks into the file in the background; what comes late, for another file, is dropped."""

    def __init__(self, form: Form):
        """Watch the form's present fields, and go with them."""
        super().__init__(form.field("network"))
        self._field: FileField = form.field("network")
        self._nodes: QComboBox = form.field("feature_node")
        self._help = self._nodes.toolTip()
        self._field.text_entered.connect(self._on_network_entered)

    @pyqtSlot(str)
    def _on_network_entered(self, network: str) -> None:
        self._show([], self.tr("looking into the file…") if network.endswith(".model") else "")
        if network.endswith(".model"):
            run_in_pool(network_nodes, network, on_done=partial(self._on_nodes_read, network))

    def _on_nodes_read(self, network: str, answer: object) -> None:
        if network != self._field.text():
            return
        if isinstance(answer, AppError):
            self._show([], answer.message)
            self._nodes.setToolTip(f"{answer.message} {answer.hint}")
        elif isinstance(answer, tuple):
            nodes, found = answer
            self._show(nodes, self.tr("found: {0}").format(found) if found else self.tr("found: before the last layer"))

    def _show(self, nodes: list[str], hint: str) -> None:
        self._nodes.clear()
        self._nodes.addItems(nodes)
        self._nodes.setCurrentIndex(-1)
        self._nodes.setEditText("")
        self._nodes.lineEdit().setPlaceholderText(hint)
        self._nodes.setToolTip(self._help)
