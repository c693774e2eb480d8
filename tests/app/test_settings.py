"""The table of settings: presets, limits, and what is typed."""

from dataclasses import asdict

import pytest

from app.errors import InputError
from app.settings import BALANCED, PRESETS, default_preset, parse_setting, torch_settings, torch_table


def test_every_setting_is_explained_and_every_preset_is_within_limits() -> None:
    for setting in torch_table():
        assert setting.title
        assert setting.help.endswith(".")
        for preset in PRESETS.values():
            if preset.settings is not None:
                value = asdict(preset.settings)[setting.name]
                assert setting.checked(value) == value


def test_changes_are_laid_over_the_preset() -> None:
    settings = torch_settings("balanced", {"epochs": 2, "learning_rate": 0.01})
    assert (settings.epochs, settings.learning_rate, settings.views) == (2, 0.01, BALANCED.views)
    assert default_preset("torch") == "balanced"
    assert default_preset("steam") == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"epochs": 0}, "“Epochs” cannot be 0"),
        ({"epochs": "many"}, "“Epochs” cannot be “many”"),
        ({"flip": 1}, "“Mirror images” cannot be"),
        ({"trained": "half"}, "“Trained part” cannot be “half”"),
        ({"speed": 3}, "no setting “speed”"),
    ],
)
def test_what_is_out_of_bounds_is_a_sentence(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        torch_settings("balanced", changes)
    assert caught.value.hint


def test_an_unknown_preset_is_a_sentence() -> None:
    with pytest.raises(InputError, match="no preset “quick”"):
        torch_settings("quick", {})


@pytest.mark.parametrize(
    ("text", "value"), [("epochs=3", 3), ("flip=false", False), ("mixup=0.2", 0.2), ("trained=whole", "whole")]
)
def test_typed_settings_are_read(text: str, value: object) -> None:
    assert parse_setting(text) == (text.partition("=")[0], value)


@pytest.mark.parametrize("text", ["epochs", "epochs=x", "flip=perhaps", "nothing=1", "mixup=7"])
def test_nonsense_that_is_typed_is_a_sentence(text: str) -> None:
    with pytest.raises(InputError):
        parse_setting(text)
