"""A form generated from a table of settings; each field has its title, its limits and a sentence of help."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from PyQt5.QtCore import pyqtBoundSignal, pyqtSignal
from PyQt5.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QFormLayout, QLineEdit, QSpinBox, QWidget

from app.settings import Setting, Value
from ui.widgets.field_manners import FieldManners
from ui.widgets.file_field import FileField

LARGEST = 1_000_000
DECIMALS = 6
LETTERS = 10  # that a choice has room for, at the least


class _ShortSpinBox(QDoubleSpinBox):
    """A field for numbers that shows no more digits than needed, and steps by a fifth of what it shows."""

    def textFromValue(self, value: float) -> str:
        """Write without zeros at the end."""
        return self.locale().toString(value, "f", DECIMALS).rstrip("0").rstrip(self.locale().decimalPoint()) or "0"


class Form(QWidget):
    """Fields by the name of their setting."""

    changed = pyqtSignal()  # a value

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._layout = QFormLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._fields: dict[str, QWidget] = {}
        self._before: QWidget | None = None
        self._shown: dict[str, Value] = {}

    def come_after(self, field: QWidget) -> None:
        """Let the Tab key lead from a field above to these, whichever are shown."""
        self._before = field
        self._order_stops()

    def show_settings(self, table: Sequence[Setting], values: Mapping[str, Value]) -> None:
        """Show a field for each setting of a table, with these values; anything shown before goes."""
        while self._layout.rowCount():
            self._layout.removeRow(0)
        self._fields = {}
        self._shown = dict(values)
        for setting in table:
            field = _field(setting, values[setting.name])
            field.setToolTip(setting.help)
            spoken = field.focusProxy() or field
            spoken.setToolTip(setting.help)
            FieldManners(spoken)
            spoken.setAccessibleName(setting.title)
            spoken.setAccessibleDescription(setting.help)
            self._fields[setting.name] = field
            _change_of(field).connect(self.changed)
            self._layout.addRow(setting.title, field)
            self._layout.labelForField(field).setToolTip(setting.help)
        self._order_stops()

    def _order_stops(self) -> None:
        stops = [] if self._before is None else [self._before]
        for field in self._fields.values():
            stops += [field.line, field.button] if isinstance(field, FileField) else [field]
        for before, after in pairwise(stops):
            self.setTabOrder(before, after)

    def field(self, name: str) -> QWidget:
        """Return the field of a setting; raises KeyError for one that is not shown."""
        return self._fields[name]

    def changes(self) -> dict[str, Value]:
        """Return what differs from the values that were shown."""
        now = {name: _value(field) for name, field in self._fields.items()}
        return {name: value for name, value in now.items() if value != self._shown[name]}


def _field(setting: Setting, value: Value) -> QWidget:
    if isinstance(value, bool):
        box = QCheckBox()
        box.setChecked(value)
        return box
    if setting.files:
        return FileField(str(value), setting.files)
    if setting.read is not None:
        return QLineEdit(str(value))
    if isinstance(value, str):
        choice = QComboBox(editable=not setting.choices)
        choice.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        choice.addItems(list(setting.choices))
        choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        choice.setMinimumContentsLength(LETTERS)
        choice.setCurrentText(value)
        return choice
    low, high = setting.low or 0, LARGEST if setting.high is None else setting.high
    if isinstance(value, int):
        number = QSpinBox()
        number.setRange(int(low), int(high))
        number.setValue(value)
        return number
    decimal = _ShortSpinBox()
    decimal.setDecimals(DECIMALS)
    decimal.setRange(low, high)
    decimal.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
    decimal.setValue(value)
    return decimal


def _change_of(field: QWidget) -> pyqtBoundSignal:
    """Return the signal that tells of a changed value."""
    if isinstance(field, QCheckBox):
        return field.toggled
    if isinstance(field, QComboBox):
        return field.currentTextChanged
    if isinstance(field, FileField):
        return field.line.textChanged
    if isinstance(field, QLineEdit):
        return field.textChanged
    return field.valueChanged


def _value(field: QWidget) -> Value:
    if isinstance(field, QCheckBox):
        return bool(field.isChecked())
    if isinstance(field, QComboBox):
        return str(field.currentText()).strip()
    if isinstance(field, FileField):
        return field.text()
    if isinstance(field, QLineEdit):
        return str(field.text()).strip()
    if isinstance(field, QSpinBox):
        return int(field.value())
    return round(float(field.value()), DECIMALS)
