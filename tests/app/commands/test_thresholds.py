"""The command `thresholds`, from its arguments to what the bundle says afterwards."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cli import main
from app.errors import InputError
from app.evaluation.costs import read_costs
from app.export.bundle import read_bundle_info
from app.export.held_out import read_held_out


@pytest.fixture
def model(bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "model"))


def run(capsys: pytest.CaptureFixture[str], model: Path, *arguments: str) -> dict[str, Any]:
    assert main(["thresholds", str(model), *arguments, "--json"]) == 0
    values: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return values


def test_without_a_wish_it_shows_the_present_rule(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule = read_bundle_info(model).ruled
    values = run(capsys, model)
    assert tuple(values["thresholds"].values()) == rule.thresholds
    assert values["most_novel"] == rule.most_novel
    assert values["price"]["images"] == len(read_held_out(model).truth)


def test_a_target_precision_is_chosen_and_stored(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    previewed = run(capsys, model, "--precision", "0.99", "--preview")
    assert read_bundle_info(model).ruled.chosen != previewed["chosen"]
    values = run(capsys, model, "--precision", "0.99")
    assert values == previewed | {"stored": True}
    assert values["price"]["error"] <= 0.01
    rule = read_bundle_info(model).ruled
    assert dict(zip(read_bundle_info(model).labels, rule.thresholds, strict=True)) == values["thresholds"]


def test_thresholds_can_be_given_for_all_or_one(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    label = read_bundle_info(model).labels[1]
    values = run(capsys, model, "--threshold", "0.5", "--threshold", f"{label}=0.9", "--no-unknown")
    assert values["most_novel"] is None
    assert values["thresholds"] == dict.fromkeys(values["thresholds"], 0.5) | {label: 0.9}
    kept = run(capsys, model, "--keep", "0.5")
    assert kept["thresholds"] == values["thresholds"]
    assert kept["price"]["unknown"] / kept["price"]["images"] == pytest.approx(0.5, abs=0.1)
    everything = run(capsys, model, "--accept-all", "--no-unknown")
    assert everything["price"]["coverage"] == 1


def test_recall_and_costs(model: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(capsys, model, "--recall", "0.5", "--common")["price"]["coverage"] >= 0.5
    labels = read_bundle_info(model).labels
    table = tmp_path / "costs.csv"
    table.write_text(f"true,{labels[0]}\n{labels[1]},1000\n", encoding="utf-8")
    assert run(capsys, model, "--costs", str(table), "--rejection", "0.5")["stored"]


@pytest.mark.parametrize(("arguments", "words"), [
    (("--threshold", "high"), "is not a threshold"),
    (("--threshold", "zebra=0.5"), "no class “zebra”"),
    (("--threshold", "2"), "0 to 1"),
    (("--precision", "95"), "share"),
    (("--costs", "nowhere.csv"), "cannot be read"),
])  # fmt: skip
def test_wrong_wishes_change_nothing(
    model: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    before = read_bundle_info(model)
    assert main(["thresholds", str(model), *arguments]) == 1
    assert words in capsys.readouterr().err
    assert read_bundle_info(model) == before


def test_costs_are_read_by_the_names_of_the_classes(tmp_path: Path) -> None:
    table = tmp_path / "costs.csv"
    table.write_text("true,b,a\nb,0,5\nc,,2.5\n", encoding="utf-8")
    np.testing.assert_array_equal(read_costs(table, ("a", "b", "c")), [[0, 1, 1], [5, 0, 1], [2.5, 1, 0]])
    for text in ("", "true\n", "true,z\na,1\n", "true,a\nz,1\n", "true,a\nb,much\n"):
        table.write_text(text, encoding="utf-8")
        with pytest.raises(InputError):
            read_costs(table, ("a", "b", "c"))
