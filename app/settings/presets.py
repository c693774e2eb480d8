"""The presets: named choices of an engine and its settings; and each engine's table of settings."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.errors import InputError
from app.settings.cntk import CLASSIC, CntkSettings
from app.settings.quick import QuickSettings
from app.settings.table import Setting, Value, changed, known_setting, settings_of
from app.settings.torch import BALANCED, BEST, TorchSettings

QUICK, TORCH, CNTK = "quick", "torch", "cntk"
EngineSettings = QuickSettings | TorchSettings | CntkSettings


@dataclass(frozen=True)
class Preset:
    """A named choice of engine and settings; `settings` is None for an engine that has none."""

    name: str
    engine: str
    title: str
    help: str
    settings: EngineSettings | None = None


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            "quick",
            QUICK,
            "Quick",
            "Seconds: a classifier on the features of a pretrained network.",
            QuickSettings(),
        ),
        Preset(
            "balanced", TORCH, "Balanced", "Minutes: the upper part of the network learns your images, too.", BALANCED
        ),
        Preset(
            "best",
            TORCH,
            "Best",
            "Up to hours: the whole network learns, a second one answers, too.",
            BEST,
        ),
        Preset(
            "cntk",
            CNTK,
            "CNTK",
            "By Microsoft's Cognitive Toolkit, on its networks or yours.",
            CLASSIC,
        ),
    )
}


def default_preset(engine: str) -> str:
    """Return the first preset of an engine, or nothing where it has none."""
    return next((preset.name for preset in PRESETS.values() if preset.engine == engine), "")


def settings_table(engine: str) -> tuple[Setting, ...]:
    """Return the settings of an engine; none of one that is not known."""
    preset = PRESETS.get(default_preset(engine))
    return settings_of(preset.settings) if preset is not None and preset.settings is not None else ()


def still_known(engine: str, stored: Mapping[str, Value]) -> dict[str, Value]:
    """Return those of a run's stored settings that its engine still has."""
    names = {setting.name for setting in settings_table(engine)}
    return {name: value for name, value in stored.items() if name in names}


def preset_settings(preset: str, changes: Mapping[str, object]) -> EngineSettings | None:
    """Return a preset's settings with some changed, None where it has none; raises InputError for unknown names."""
    if preset not in PRESETS:
        raise InputError(f"There is no preset “{preset}”.", f"Choose one of: {', '.join(PRESETS)}.")
    settings = PRESETS[preset].settings
    if settings is None:
        if changes:
            raise InputError(f"The preset “{preset}” has no settings to change.", "Choose another preset.")
        return None
    return changed(settings, changes)


def parse_setting(engine: str, text: str) -> tuple[str, Value]:
    """Read NAME=VALUE as it is typed for an engine; raises InputError."""
    name, _, value = text.partition("=")
    table = {one.name: one for one in settings_table(engine)}
    return name, known_setting(table, name).typed(value)
