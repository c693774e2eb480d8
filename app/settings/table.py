"""A table of settings: default, limits, title and help of each.

The form in the window, the command line and the documentation are generated from such tables. A table is a frozen
dataclass whose fields are made by `setting`.
"""

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any, TypeVar

from app.errors import InputError

Value = bool | int | float | str
Table = TypeVar("Table")
KINDS: dict[type, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


@dataclass(frozen=True)
class Setting:
    """A setting as it is offered: `low` and `high` are included, `choices` are all there are.

    `read` takes apart what is written in a text without choices; raises ValueError where it cannot. `files` is the
    pattern of files that such a text may name.
    """

    name: str
    title: str
    help: str
    default: Value
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    read: Callable[[str], object] | None = None
    files: str = ""

    @property
    def allowed(self) -> str:
        """Say which values it can have, such as “a whole number from 1 to 200”."""
        if self.choices:
            return f"one of: {', '.join(self.choices)}"
        kind = KINDS[type(self.default)]
        return kind if self.low is None or self.high is None else f"{kind} from {self.low:g} to {self.high:g}"

    def checked(self, value: object) -> Value:
        """Return the value as this setting's kind; raises InputError outside its limits."""
        wanted = type(self.default)
        if wanted is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value) is not wanted or (self.choices and value not in self.choices):
            raise self._refusal(f"“{value}”")
        if self.low is not None and self.high is not None and not self.low <= float(value) <= self.high:
            raise self._refusal(f"{value}")
        if self.read is not None:
            self._read(str(value))
        return value

    def _read(self, text: str) -> None:
        assert self.read is not None
        try:
            self.read(text)
        except ValueError:
            raise self._refusal(f"“{text}”") from None

    def typed(self, text: str) -> Value:
        """Return the value of what was typed; raises InputError."""
        kind = type(self.default)
        try:
            value: Value = {"true": True, "false": False}[text.lower()] if kind is bool else kind(text)
        except (KeyError, ValueError):
            raise self._refusal(f"“{text}”") from None
        return self.checked(value)

    def _refusal(self, value: str) -> InputError:
        """Return what is raised over a value; how a text is written that is taken apart is in its help."""
        hint = self.help if self.read is not None else f"It can be {self.allowed}."
        return InputError(f"“{self.title}” cannot be {value}.", hint)


def setting(
    default: Value,
    title: str,
    help: str,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    read: Callable[[str], object] | None = None,
    files: str = "",
) -> Any:
    """Make the field of a table."""
    words = {"title": title, "help": help, "low": low, "high": high, "choices": choices, "read": read, "files": files}
    return field(default=default, metadata=words)


def settings_of(table: Any) -> tuple[Setting, ...]:
    """Return the settings of a table, which is the class or one set of values."""
    return tuple(_from_field(one) for one in fields(table))


def _from_field(one: Field[Any]) -> Setting:
    return Setting(name=one.name, **{"default": one.default, **one.metadata})


def changed(values: Table, changes: Mapping[str, object]) -> Table:
    """Return a table's values with some changed; raises InputError for unknown names and bad values."""
    table = {one.name: one for one in settings_of(values)}
    checked = {name: known_setting(table, name).checked(value) for name, value in sorted(changes.items())}
    return replace(values, **checked)  # type: ignore[type-var]


def known_setting(table: Mapping[str, Setting], name: str) -> Setting:
    """Return the setting of a name; raises InputError where there is none."""
    if name not in table:
        raise InputError(f"There is no setting “{name}”.", f"Choose among: {', '.join(table)}.")
    return table[name]
