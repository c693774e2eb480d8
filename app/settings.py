"""The one table of training settings: default, limits, title and help of each; and the presets made of them.

The form in the window, the command line and the documentation are generated from it.
"""

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any

from app.errors import InputError

Value = bool | int | float | str
QUICK, TORCH = "quick", "torch"


@dataclass(frozen=True)
class Setting:
    """A setting as it is offered: `low` and `high` are included, `choices` are all there are."""

    name: str
    title: str
    help: str
    default: Value
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    def checked(self, value: object) -> Value:
        """Return the value as this setting's kind; raises InputError outside its limits."""
        wanted = type(self.default)
        if wanted is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value) is not wanted:
            raise InputError(f"“{self.title}” cannot be “{value}”.", self.help)
        if self.choices and value not in self.choices:
            raise InputError(f"“{self.title}” cannot be “{value}”.", f"Choose one of: {', '.join(self.choices)}.")
        if self.low is not None and self.high is not None and not self.low <= float(value) <= self.high:
            raise InputError(f"“{self.title}” cannot be {value}.", f"It is from {self.low:g} to {self.high:g}.")
        return value


def _setting(
    default: Value,
    title: str,
    help: str,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    words = {"title": title, "help": help, "low": low, "high": high, "choices": choices}
    return field(default=default, metadata=words)


@dataclass(frozen=True)
class TorchSettings:
    """How the torch engine fine-tunes; the defaults are those of the preset Balanced."""

    trained: str = _setting(
        "upper",
        "Trained part",
        "Train the upper blocks only, on what the lower ones computed once, or the whole network, which takes longer.",
        choices=("upper", "whole"),
    )
    epochs: int = _setting(4, "Epochs", "How often every training image is seen.", 1, 200)
    head_epochs: int = _setting(
        0, "Epochs of the head alone", "Epochs at first in which nothing but the classifier learns.", 0, 20
    )
    learning_rate: float = _setting(
        7e-4,
        "Learning rate",
        "How large the steps are at their largest; too large, and the network forgets.",
        1e-6,
        0.1,
    )
    lower_rate: float = _setting(
        1.0,
        "Rate of lower layers",
        "The learning rate of the lowest layers as a share of that of the highest.",
        0.01,
        1,
    )
    weight_decay: float = _setting(0.01, "Weight decay", "Pulls weights towards zero, against overfitting.", 0, 1)
    label_smoothing: float = _setting(
        0.1, "Label smoothing", "The share of each label given to all classes alike, as some labels are wrong.", 0, 0.5
    )
    averaging: float = _setting(
        0.99,
        "Weight averaging",
        "How much of the average of weights is kept at each step; 0 averages nothing.",
        0,
        0.9999,
    )
    batch_size: int = _setting(32, "Batch size", "Images per step; halved where memory does not suffice.", 2, 512)
    patience: int = _setting(4, "Patience", "Stop after so many epochs without a lower validation loss.", 1, 200)
    class_weights: str = _setting(
        "auto",
        "Weights of classes",
        "Give images of rare classes more weight; “auto” does where classes differ ten times in size.",
        choices=("auto", "on", "off"),
    )
    views: int = _setting(
        4, "Views per image", "Crops of each image that the lower blocks look at; more take longer and help.", 1, 16
    )
    flip: bool = _setting(True, "Mirror images", "Switch it off where left and right carry meaning.")
    smallest_crop: float = _setting(
        0.5, "Smallest crop", "The least share of the picture's central square that a random crop shows.", 0.1, 1
    )
    colour: float = _setting(
        0.2, "Colour changes", "How far brightness and contrast are changed (whole network).", 0, 0.9
    )
    erasing: float = _setting(0.1, "Erasing", "The share of images with a random box blanked (whole network).", 0, 1)
    mixup: float = _setting(0.0, "Mixup", "How strongly pairs of images are blended (whole network).", 0, 1)
    deterministic: bool = _setting(False, "Exactly repeatable", "The same seed gives the same model, more slowly.")


@dataclass(frozen=True)
class Preset:
    """A named choice of engine and settings; `settings` is None for an engine that has none."""

    name: str
    engine: str
    title: str
    help: str
    settings: TorchSettings | None = None


BALANCED = TorchSettings()
BEST = replace(
    BALANCED, trained="whole", epochs=8, head_epochs=1, lower_rate=0.1, averaging=0.995, smallest_crop=0.4, mixup=0.1
)
PRESETS = {
    preset.name: preset
    for preset in (
        Preset("quick", QUICK, "Quick", "Seconds: a classifier on the features of a pretrained network."),
        Preset(
            "balanced", TORCH, "Balanced", "Minutes: the upper part of the network learns your images, too.", BALANCED
        ),
        Preset("best", TORCH, "Best", "Up to hours: the whole network learns your images.", BEST),
    )
}


def default_preset(engine: str) -> str:
    """Return the first preset of an engine, or nothing where it has none."""
    return next((preset.name for preset in PRESETS.values() if preset.engine == engine), "")


def torch_table() -> tuple[Setting, ...]:
    """Return the settings of the torch engine."""
    return tuple(_from_field(one) for one in fields(TorchSettings))


def _from_field(one: Field[Any]) -> Setting:
    return Setting(name=one.name, **{"default": one.default, **one.metadata})


def torch_settings(preset: str, changes: Mapping[str, object]) -> TorchSettings:
    """Return a preset's settings with some changed; raises InputError for unknown names and bad values."""
    known = PRESETS.get(preset)
    if known is None or known.settings is None:
        names = ", ".join(name for name, one in PRESETS.items() if one.settings is not None)
        raise InputError(f"Fine-tuning has no preset “{preset}”.", f"Choose one of: {names}.")
    table = {one.name: one for one in torch_table()}
    unknown = sorted(set(changes) - set(table))
    if unknown:
        raise InputError(f"There is no setting “{unknown[0]}”.", f"Choose among: {', '.join(table)}.")
    return replace(known.settings, **{name: table[name].checked(value) for name, value in changes.items()})  # type: ignore[arg-type]


def parse_setting(text: str) -> tuple[str, Value]:
    """Read NAME=VALUE as it is typed; raises InputError."""
    name, _, value = text.partition("=")
    table = {one.name: one for one in torch_table()}
    if name not in table:
        raise InputError(f"There is no setting “{name}”.", f"Choose among: {', '.join(table)}.")
    setting = table[name]
    kind = type(setting.default)
    try:
        parsed: Value = {"true": True, "false": False}[value.lower()] if kind is bool else kind(value)
    except (KeyError, ValueError):
        raise InputError(f"“{setting.title}” cannot be “{value}”.", setting.help) from None
    return name, setting.checked(parsed)
