"""What the next training is told: a preset and, behind “Advanced”, network, classifier, seed and settings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import pairwise

from PyQt5.QtCore import pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QComboBox, QFormLayout, QPushButton, QSpinBox, QVBoxLayout, QWidget

from app.engines.imbalance import correction
from app.settings import CNTK, HEAD, QUICK, TorchSettings, preset_settings, settings_table
from app.training import TrainingRequest
from ui import theme
from ui.augmentation_preview import AugmentationPreview
from ui.network_nodes import NetworkNodes
from ui.state import AppState
from ui.widgets.field_manners import FieldManners
from ui.widgets.form import Form
from ui.widgets.network_choice import NetworkChoice
from ui.widgets.preset_choice import PresetChoice
from ui.widgets.preview_strip import PreviewStrip

LARGEST_SEED = 999_999


class TrainingChoices(QWidget):
    """Presets, a button that shows the other choices, and these."""

    changed = pyqtSignal()  # of preset

    def __init__(self, state: AppState, is_training: Callable[[], bool], parent: QWidget | None = None):
        """Ask `is_training` whether pictures can be augmented for the preview now."""
        super().__init__(parent)
        self._is_training = is_training
        self.presets = PresetChoice()
        self.advanced = QPushButton(self.tr("Advanced"), checkable=True)
        self.settings = Form()
        self.reset = QPushButton(self.tr("Back to the preset's settings"))
        self.head = QComboBox()
        self.head.addItem(self.tr("Logistic regression"), "logistic")
        self.head.addItem(self.tr("Linear support vector machine"), "svm")
        self.head.setAccessibleName(self.tr("Classifier"))
        self.head.setToolTip(self.tr("What is fitted on the features. Logistic regression is usually better."))
        self.network = NetworkChoice()
        self.seed = QSpinBox(maximum=LARGEST_SEED)
        self.seed.setAccessibleName(self.tr("Seed"))
        self.seed.setToolTip(self.tr("The same seed and the same labels give the same model."))
        for field in (self.network, self.head, self.seed):
            FieldManners(field)
        self._strip = PreviewStrip()
        self.preview = AugmentationPreview(state, self._strip, self._augmented)
        self._lay_out()
        self.advanced.toggled.connect(self.options.setVisible)
        self.advanced.toggled.connect(self.preview.refresh)
        self.settings.changed.connect(self.preview.refresh)
        self.settings.changed.connect(self._count_changes)
        self.reset.clicked.connect(self._on_presets_changed)
        self.presets.changed.connect(self._on_presets_changed)
        state.engines_changed.connect(self.presets.refresh)
        state.networks_changed.connect(self._show_networks)

    def _lay_out(self) -> None:
        self.options = QWidget()
        self._form = QFormLayout(self.options)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.addRow(self._strip)
        self._form.addRow(self.tr("Network"), self.network)
        self._form.addRow(self.tr("Classifier"), self.head)
        self._form.addRow(self.tr("Seed"), self.seed)
        self._form.addRow(self.reset)
        self._form.addRow(self.settings)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * theme.SPACE)
        for widget in (self.presets, self.advanced, self.options):
            layout.addWidget(widget)
        self.options.hide()

    def come_after(self, buttons: Sequence[QWidget]) -> None:
        """Let the Tab key go through some buttons and then through the choices from top to bottom."""
        choices = [
            *self.presets.buttons(),
            self.advanced,
            self._strip.button,
            self.network,
            self.head,
            self.seed,
            self.reset,
        ]
        for before, after in pairwise([*buttons, *choices]):
            self.setTabOrder(before, after)
        self.settings.come_after(self.reset)

    def request(self) -> TrainingRequest | None:
        """Return what is asked for; None where no engine can be used."""
        preset = self.presets.chosen()
        if preset is None:
            return None
        changes = self.settings.changes() if preset.settings else {}
        request = TrainingRequest(preset.engine, self.seed.value(), preset=preset.name, settings=changes)
        if preset.engine != CNTK:
            request = replace(request, head=self.head.currentData(), backbone=self.network.chosen())
        return request

    def correction(self, counts: Mapping[str, int]) -> str:
        """Say what is done, and why, about classes of very different size; nothing where nothing is suggested."""
        settings = self._tuning()
        return "" if settings is None else correction(list(counts.values()), list(counts), settings).reason

    def _tuning(self) -> TorchSettings | None:
        """Return the settings of fine-tuning; None where another engine is chosen."""
        preset = self.presets.chosen()
        if preset is None or not isinstance(preset.settings, TorchSettings):
            return None
        settings = preset_settings(preset.name, self.settings.changes())
        assert isinstance(settings, TorchSettings)
        return settings

    @pyqtSlot()
    def _on_presets_changed(self) -> None:
        """Show the settings that the preset has."""
        preset = self.presets.chosen()
        settings = preset.settings if preset else None
        table = [one for one in settings_table(preset.engine) if one.name != HEAD] if preset else []  # above it
        self.settings.show_settings(table, asdict(settings) if settings else {})
        is_cntk = preset is not None and preset.engine == CNTK
        if is_cntk:
            NetworkNodes(self.settings)
        for field in (self.head, self.network):  # CNTK's own settings name both
            field.setHidden(is_cntk)
            self._form.labelForField(field).setHidden(is_cntk)
        self._show_networks()
        self._count_changes()
        self.changed.emit()
        self.preview.refresh()

    @pyqtSlot()
    def _count_changes(self) -> None:
        """Say how many settings differ from the preset's; another preset brings its own."""
        count = len(self.settings.changes())
        self.advanced.setText(self.tr("Advanced ({0} changed)").format(count) if count else self.tr("Advanced"))
        self.reset.setEnabled(bool(count))

    def _augmented(self) -> TorchSettings | str:
        """Return the settings that pictures are augmented by, or say why none are drawn."""
        preset, settings = self.presets.chosen(), self._tuning()
        if self._is_training():
            return self.tr("Drawn again when training has ended.")
        if settings is not None:
            return settings
        if preset is not None and preset.engine == CNTK:
            return self.tr("CNTK mirrors images while the whole network learns, and changes nothing else.")
        return self.tr("Quick looks at each image as it is.")

    @pyqtSlot()
    def _show_networks(self) -> None:
        preset = self.presets.chosen()
        self.network.show_networks(tuned=preset is not None and preset.engine != QUICK)
