"""The settings of training: a table for each engine, and the presets made of them."""

from app.settings.cntk import CLASSIC, MODES, CntkSettings
from app.settings.presets import (
    CNTK,
    PRESETS,
    QUICK,
    TORCH,
    Preset,
    default_preset,
    parse_setting,
    preset_settings,
    settings_table,
    still_known,
)
from app.settings.quick import HEAD, QuickSettings
from app.settings.table import Setting, Value
from app.settings.torch import BALANCED, BEST, TorchSettings

__all__ = [
    "BALANCED",
    "BEST",
    "CLASSIC",
    "CNTK",
    "HEAD",
    "MODES",
    "PRESETS",
    "QUICK",
    "TORCH",
    "CntkSettings",
    "Preset",
    "QuickSettings",
    "Setting",
    "TorchSettings",
    "Value",
    "default_preset",
    "parse_setting",
    "preset_settings",
    "settings_table",
    "still_known",
]
