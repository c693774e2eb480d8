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
from app.settings import PRESETS, QUICK, Setting, settings_table
from app.sweeps.plan import MOST_RUNS, Axis, Plan, grid_plan, parse_axis, random_plan
from app.sweeps.results import value_words
from ui import theme

FIRST_DRAWS = 10
MOST_REPEATS = 20
LARGEST_SEED = 999_999
# What is offered at first, by setting; of others, what its table allows.
FIRST_VALUES = {"strength": "0.5, 2, 8, 32", "epochs": "2, 4, 8", "learning_rate": "2e-4, 7e-4, 2e-3"}


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
        """Offer the settings of the preset's engine."""
        self._rows = {}
        panel = QWidget()
        grid = QGridLayout(panel)
        grid.setContentsMargins(0, 0, 0, 0)
        for place, setting in enumerate(settings_table(self._engine())):
            box, field = QCheckBox(setting.title), QLineEdit(_first_values(setting))
            box.setToolTip(setting.help)
            field.setToolTip(self.tr("Values with commas between, or a range as 1e-4..1e-2 if they are drawn"))
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
        preset = self.preset.currentData() or QUICK
        axes: list[Axis] = [
            parse_axis(f"{name}={field.text()}", preset) for name, (box, field) in self._rows.items() if box.isChecked()
        ]
        if self.draw.isChecked():
            return random_plan(preset, axes, self.count.value(), self.repeats.value(), self.seed.value())
        return grid_plan(preset, axes, self.repeats.value(), self.seed.value())

    def _engine(self) -> str:
        return PRESETS[self.preset.currentData() or QUICK].engine

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
            runs, points = len(plan.trials()), len(plan.points)
            self.words.setText(self._count_words(runs, points, plan.repeats))
        self.changed.emit()

    def _count_words(self, runs: int, points: int, repeats: int) -> str:
        if points == 1:
            return self.tr("{0:,} runs: the same settings with {1} seeds").format(runs, repeats)
        if repeats == 1:
            return self.tr("{0:,} runs: {1:,} different ones with 1 seed").format(runs, points)
        return self.tr("{0:,} runs: {1:,} different ones with {2} seeds").format(runs, points, repeats)


def _first_values(setting: Setting) -> str:
    if setting.name in FIRST_VALUES:
        return FIRST_VALUES[setting.name]
    if isinstance(setting.default, bool):
        return "true, false"
    if setting.choices:
        return ", ".join(setting.choices)
    low, high = setting.low, setting.high
    values = [value for value in (setting.default, low, high) if value is not None]
    return ", ".join(dict.fromkeys(value_words(value) for value in values))
