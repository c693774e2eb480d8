"""What a sweep offers at first: the preset's own value and its neighbours, never the outermost limits."""

import pytest

from app.settings import PRESETS, settings_table
from app.sweeps.first_values import first_values
from app.sweeps.plan import parse_axis


def offered(preset: str) -> dict[str, str]:
    chosen = PRESETS[preset]
    return {
        setting.name: first_values(setting, getattr(chosen.settings, setting.name))
        for setting in settings_table(chosen.engine)
    }


@pytest.mark.parametrize(("preset", "name", "values"), [
    ("balanced", "epochs", "2, 4, 8"),
    ("balanced", "side", "160, 224, 288"),
    ("best", "side", "192, 256, 320"),
    ("balanced", "weight_decay", "0, 0.01, 0.02"),
    ("balanced", "label_smoothing", "0, 0.1, 0.2"),
    ("balanced", "averaging", "0.98, 0.99, 0.995"),
    ("balanced", "patience", "2, 4, 8"),
    ("balanced", "batch_size", "16, 32, 64"),
    ("balanced", "views", "2, 4, 8"),
    ("balanced", "mixup", "0, 0.1, 0.2"),
    ("balanced", "rotation", "0, 20, 40"),
    ("balanced", "training_share", "0.5, 1"),
    ("best", "training_share", "0.5, 0.75, 1"),
    ("best", "frozen_layers", "1, 3, 6"),
    ("best", "trained", "whole, upper"),
    ("cntk", "threads", "1, 2"),
    ("cntk", "head_rates", "0.01*20, 0.001;"),
])  # fmt: skip
def test_the_presets_value_is_offered_with_its_neighbours(preset: str, name: str, values: str) -> None:
    assert offered(preset)[name] == values


@pytest.mark.parametrize("preset", PRESETS)
def test_what_is_offered_can_be_read_and_has_the_presets_value(preset: str) -> None:
    for name, values in offered(preset).items():
        own = getattr(PRESETS[preset].settings, name)
        if own == "":
            continue  # no value to try until one is written
        axis = parse_axis(f"{name}={values}", preset)
        assert own in axis.values or name == "strength"  # of which the preset's 0 leaves the choice to others
