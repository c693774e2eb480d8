"""What a sweep is to try, as it is chosen in the window: preset, settings with their values, grid or draws, seeds."""

from PyQt5.QtCore import pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.engines.catalog import engine_status
from app.errors import AppError
from app.settings import PRESETS, QUICK, Preset, settings_table
from app.sweeps.first_values import first_values
from app.sweeps.plan import MOST_RUNS, Axis, Plan, grid_plan, parse_axis, random_plan
from ui import theme

FIRST_DRAWS = 10
MOST_REPEATS = 20
LARGEST_SEED = 999_999


class SweepSetup(QWidget):
    """A box for every setting; one that is ticked varies over the values beside it."""

    changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._rows: dict[str, tuple[QCheckBox, QLineEdit]] = {}
        self.preset = QComboBox()
        for preset in PRESETS.values():
            if engine_status(preset.engine).available and settings_table(preset.engine):
                self.preset.addItem(preset.title, preset.name)
        self.grid = QRadioButton(self.tr("Every combination"), checked=True)
        self.draw = QRadioButton(self.tr("Drawn at random"))
        self.draw.setToolTip(self.tr("Ranges are written as 1e-4..1e-2"))
        self.count = QSpinBox(minimum=1, maximum=MOST_RUNS, value=FIRST_DRAWS)
        self.count.setAccessibleName(self.tr("Number of draws"))
        self.repeats = QSpinBox(minimum=1, maximum=MOST_REPEATS, value=1)
        self.repeats.setToolTip(self.tr("Train each with so many seeds, to see whether a lead is more than chance"))
        self.seed = QSpinBox(maximum=LARGEST_SEED)
        self.seed.setToolTip(self.tr("The first seed; all runs divide the images by it"))
        self.words = QLabel(objectName="muted", wordWrap=True)
        self._settings = QWidget()
        self._lay_out()
        self.preset.currentIndexChanged.connect(self._show_settings)
        for button in (self.grid, self.draw):
            button.toggled.connect(self._on_changed)
        for box in (self.count, self.repeats, self.seed):
            box.valueChanged.connect(self._on_changed)
        self._show_settings()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow(self.tr("&Preset"), self.preset)
        form.addRow(self.tr("Try"), self.grid)
        form.addRow("", self.draw)
        form.addRow("", self.count)
        form.addRow(self.tr("&Repeats"), self.repeats)
        form.addRow(self.tr("First see&d"), self.seed)
        self._area = QScrollArea(widgetResizable=True, frameShape=QFrame.Shape.NoFrame)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addLayout(form)
        layout.addWidget(QLabel(self.tr("Settings that vary"), objectName="heading"))
        layout.addWidget(self._area, 1)
        layout.addWidget(self.words)

    @pyqtSlot()
    def _show_settings(self) -> None:
        """Offer the settings of the preset's engine, each with values around the preset's own."""
        self._rows = {}
        panel = QWidget()
        grid = QGridLayout(panel)
        grid.setContentsMargins(0, 0, 0, 0)
        preset = self._preset()
        for place, setting in enumerate(settings_table(preset.engine)):
            value = getattr(preset.settings, setting.name)
            box, field = QCheckBox(setting.title), QLineEdit(first_values(setting, value))
            box.setToolTip(setting.help)
            field.setToolTip(
                self.tr(
                    "Values with commas between (semicolons, if they have commas themselves), or a range as "
                    "1e-4..1e-2 if they are drawn"
                )
            )
            field.setAccessibleName(self.tr("Values of {0}").format(setting.title))
            field.setEnabled(False)
            box.toggled.connect(field.setEnabled)
            box.toggled.connect(self._on_changed)
            field.textChanged.connect(self._on_changed)
            grid.addWidget(box, place, 0)
            grid.addWidget(field, place, 1)
            self._rows[setting.name] = box, field
        grid.setRowStretch(len(self._rows), 1)
        grid.setColumnStretch(1, 1)
        self._area.setWidget(panel)
        self._on_changed()

    def vary(self, name: str, values: str) -> None:
        """Tick a setting and write values beside it."""
        box, field = self._rows[name]
        field.setText(values)
        box.setChecked(True)

    def plan(self) -> Plan:
        """Return what is chosen as a plan; raises InputError."""
        preset = self._preset().name
        axes: list[Axis] = [
            parse_axis(f"{name}={field.text()}", preset) for name, (box, field) in self._rows.items() if box.isChecked()
        ]
        if self.draw.isChecked():
            return random_plan(preset, axes, self.count.value(), self.repeats.value(), self.seed.value())
        return grid_plan(preset, axes, self.repeats.value(), self.seed.value())

    def _preset(self) -> Preset:
        return PRESETS[self.preset.currentData() or QUICK]

    @pyqtSlot()
    def _on_changed(self) -> None:
        self.count.setEnabled(self.draw.isChecked())
        self.count.setSuffix(self.tr(" draw") if self.count.value() == 1 else self.tr(" draws"))
        self.repeats.setSuffix(self.tr(" seed each") if self.repeats.value() == 1 else self.tr(" seeds each"))
        try:
            plan = self.plan()
        except AppError as error:
            self.words.setText(f"{error.message} {error.hint}")
        else:
            self.words.setText(self._told(plan))
        self.changed.emit()

    def _told(self, plan: Plan) -> str:
        """Say how many runs a plan has, and how they differ."""
        runs, points = len(plan.trials()), len(plan.points)
        if points == 1:
            return self.tr("{0:,} runs: the same settings, repeated with other seeds").format(runs)
        if plan.repeats == 1:
            return self.tr("{0:,} runs, all with different settings and one seed").format(runs)
        return self.tr("{0:,} runs: {1:,} different ones with {2} seeds").format(runs, points, plan.repeats)
