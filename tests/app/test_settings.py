"""The table of settings: presets, limits, and what is typed."""

from dataclasses import asdict

import pytest

from app.errors import InputError
from app.settings import (
    BALANCED,
    PRESETS,
    CntkSettings,
    QuickSettings,
    TorchSettings,
    default_preset,
    parse_setting,
    preset_settings,
    settings_table,
)
from app.settings.cntk import read_numbers


def test_every_setting_is_explained_and_every_preset_is_within_limits() -> None:
    for preset in PRESETS.values():
        values = asdict(preset.settings) if preset.settings is not None else {}
        table = settings_table(preset.engine)
        assert [setting.name for setting in table] == list(values)
        for setting in table:
            assert setting.title
            assert setting.help.endswith(".")
            assert setting.checked(values[setting.name]) == values[setting.name]


def test_changes_are_laid_over_the_preset() -> None:
    settings = preset_settings("balanced", {"epochs": 2, "learning_rate": 0.01})
    assert isinstance(settings, TorchSettings)
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
        preset_settings("balanced", changes)
    assert caught.value.hint


def test_an_unknown_preset_is_a_sentence() -> None:
    with pytest.raises(InputError, match="no preset “slow”"):
        preset_settings("slow", {})


def test_quick_has_a_classifier_and_a_strength() -> None:
    assert [one.name for one in settings_table("quick")] == ["head", "strength"]
    assert preset_settings("quick", {"strength": 8.0}) == QuickSettings("logistic", 8.0)
    with pytest.raises(InputError, match="no setting “epochs”"):
        preset_settings("quick", {"epochs": 3})


def test_each_engine_has_its_own_table() -> None:
    changes = dict([parse_setting("cntk", "mode=dnn"), parse_setting("cntk", "rates=0.01*2, 0.002")])
    settings = preset_settings("cntk", changes)
    assert isinstance(settings, CntkSettings)
    assert (settings.mode, read_numbers(settings.rates)) == ("dnn", (0.01, 0.01, 0.002))
    with pytest.raises(InputError, match="no setting “mode”"):
        parse_setting("torch", "mode=dnn")


@pytest.mark.parametrize("rates", ["", "0.01 0.02", "0", "-1", "nan", "inf", "0.1*0", "0.1*many", "0.1,,0.2"])
def test_lists_of_numbers_that_cannot_be_read_are_a_sentence(rates: str) -> None:
    with pytest.raises(InputError, match="cannot be") as caught:
        preset_settings("cntk", {"rates": rates})
    assert "for each epoch" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "value"), [("epochs=3", 3), ("flip=false", False), ("mixup=0.2", 0.2), ("trained=whole", "whole")]
)
def test_typed_settings_are_read(text: str, value: object) -> None:
    assert parse_setting("torch", text) == (text.partition("=")[0], value)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        *[(f"epochs={value}", "It can be a whole number from 1 to 200.") for value in ("abc", "2.5", "1e9", "", "0")],
        ("mixup=much", "It can be a number from 0 to 1."),
        ("mixup=2", "It can be a number from 0 to 1."),
        ("learning_rate=nan", "It can be a number from 1e-06 to 0.1."),
        ("flip=yes", "It can be true or false."),
        ("trained=half", "It can be one of: upper, whole."),
    ],
)
def test_the_hint_says_what_is_allowed(text: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_setting("torch", text)
    assert caught.value.hint == hint


def test_the_window_is_told_the_same() -> None:
    for changes, hint in (({"flip": "yes"}, "It can be true or false."), ({"epochs": 2.5}, "It can be a whole number")):
        with pytest.raises(InputError) as caught:
            preset_settings("balanced", changes)
        assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize("text", ["epochs", "epochs=x", "flip=perhaps", "nothing=1", "mixup=7"])
def test_nonsense_that_is_typed_is_a_sentence(text: str) -> None:
    with pytest.raises(InputError):
        parse_setting("torch", text)
