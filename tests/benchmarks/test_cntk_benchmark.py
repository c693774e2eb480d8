"""The benchmark of CNTK: its sums, and one piece of it where CNTK is."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.engines.cntk_runtime import RUNTIME_VARIABLE
from benchmarks.cntk import FROZEN, divide, summed_up
from benchmarks.result import PROGRAM


def piece(quick: list[int], cntk: list[int]) -> dict[str, object]:
    of = {"images_per_second": 10.0, "seconds": 2.0}
    return {"quick": {"right": quick, **of}, "cntk": {"right": cntk, **of}, "photos": len(cntk), "trained": 5}


def test_seeds_are_summed_up_and_photos_paired() -> None:
    values = summed_up(FROZEN, [piece([1, 1, 0, 1], [1, 0, 0, 1]), piece([1, 1, 1, 1], [1, 1, 1, 1])])
    assert (values["quick"]["accuracy"], values["cntk"]["accuracy"], values["seeds"]) == (0.875, 0.75, 2)
    middle, low, high = values["difference"]
    assert middle == -12.5
    assert low < middle < high


def test_a_division_has_every_class_on_both_sides(garments: Path, tmp_path: Path) -> None:
    divide([garments], tmp_path, 1, 20, 10)
    for part in ("train", "test"):
        assert {folder.name for folder in (tmp_path / part).iterdir()} == {"dotted", "leopard", "striped"}
    names = {part: {path.read_bytes() for path in (tmp_path / part).rglob("*.jpg")} for part in ("train", "test")}
    assert not names["train"] & names["test"]


@pytest.mark.slow
def test_a_piece_is_measured(garments: Path) -> None:
    if RUNTIME_VARIABLE not in os.environ:
        pytest.skip(f"{RUNTIME_VARIABLE} does not name a folder with CNTK's Python 3.6")
    program = str(PROGRAM.parent / "benchmarks" / "cntk.py")
    sizes = ["--train", "18", "--test", "9", "--piece", FROZEN, "0"]
    done = subprocess.run([sys.executable, program, str(garments), *sizes], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout)
    assert values[FROZEN]["photos"] >= 9
    assert values[FROZEN]["cntk"]["images_per_second"] > 0
    assert values["machine"]["processors"] > 0
