"""Each benchmark runs and prints its promised keys as one line of JSON."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.demo.garments import make_demo
from app.features.backbones import NETWORKS
from app.files import cache_folder
from benchmarks.finetune import difference, figures
from benchmarks.kill_label import Told, count_lost
from benchmarks.result import PROGRAM, middle, print_result
from tests.conftest import Trained

LIMIT_S = 240
QUICKLY = [part for change in ("epochs=1", "views=1", "second_network=none") for part in ("--set", change)]
SMALL = [*QUICKLY, "--set", "side=160"]


def run(name: str, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, str(PROGRAM.parent / "benchmarks" / name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    values: dict[str, Any] = json.loads(line)
    assert values["machine"]["processors"] > 0
    return values


@pytest.fixture(scope="module", autouse=True)
def converted(trained: Trained) -> None:
    """Have the pretrained network in the tests' home: no benchmark needs to convert it again."""
    assert any((cache_folder() / NETWORKS).glob("*.onnx"))


@pytest.mark.slow
def test_quick_train(garments: Path) -> None:
    values = run("quick_train.py", str(garments))
    assert values["images"] == 42
    assert values["ratio"] > 1
    assert values["warm_seconds"] > 0
    assert values["warm_stages"]["features"] < values["cold_stages"]["features"]


@pytest.mark.slow
def test_watching(tmp_path: Path) -> None:
    values = run("watching.py", str(make_demo(tmp_path / "photos", seed=3, per_class=4)), "1")
    assert values["images"] == 12
    assert len(values["worker_seconds"]) == 3
    assert values["worker_ratio"] > 0
    assert values["largest_gap_ms"] > 0
    assert values["frames_per_second"] > 1


@pytest.mark.slow
def test_cold_start() -> None:
    values = run("cold_start.py", "1")
    assert values["ratio"] == pytest.approx(values["window_ms"] / values["bare_ms"], rel=0.01)
    assert values["ratio"] > 1


def test_kill_label() -> None:
    values = run("kill_label.py", "5")
    assert values["kills"] == 5
    assert values["labels"] > 0
    assert values["max_lost"] <= 1
    assert (values["committed_lost"], values["failed_to_open"]) == (0, 0)


@pytest.mark.parametrize(("after", "lost"), [
    ({1: 7, 2: 8, 3: 8}, 0),
    ({1: 7, 2: None, 3: None}, 1),
    ({1: None, 2: None, 3: None}, 2),
    ({1: 7, 2: 8, 3: None}, None),
])  # fmt: skip
def test_lost_edits_are_counted_and_torn_ones_seen(after: dict[int, int | None], lost: int | None) -> None:
    told = [Told((1,), 7, written=True), Told((2, 3), 8, written=False)]
    assert count_lost({1: None, 2: None, 3: None}, told, after) == lost


@pytest.mark.slow
def test_find(garments: Path) -> None:
    values = run("find.py", str(garments))
    assert values["images"] == 10_000
    assert values["duplicate_recall"] == 1
    assert 0 <= values["duplicate_false_rate"] < 1
    assert 0 <= values["label_error_recall_worst"] <= values["label_error_recall"] <= 1
    assert min(values[f"{name}_s"] for name in ("similar", "duplicates", "label_errors", "findings")) >= 0


@pytest.mark.slow
def test_predict_many() -> None:
    values = run("predict_many.py", "120")
    assert values["images"] == 120
    assert values["ratio"] == pytest.approx(values["images_per_s"] / values["bare_images_per_s"], rel=0.01)
    assert values["ratio_by_cpu"] is None or values["ratio_by_cpu"] > 0
    assert 0 < values["stopped_at"] < 120
    assert values["answered_twice"] == 0
    assert values["resume_seconds"] > 0


def test_stream() -> None:
    values = run("stream.py", "120")
    assert values["images"] == values["files"] == 120
    assert 0 < values["largest_busy_ms"] <= values["largest_gap_ms"]
    assert 0 < values["stopped_at"] <= 120
    assert values["stop_seconds"] > 0


def test_suggest_refresh() -> None:
    values = run("suggest_refresh.py", "400")
    assert values["images"] == 400
    assert values["p95_ms"] == max(values["p95_ms_10"], values["p95_ms_50"]) > 0
    assert values["largest_ms"] >= values["p95_ms"]


@pytest.mark.slow
def test_active_learning(garments: Path, tmp_path: Path) -> None:
    other = make_demo(tmp_path / "other", seed=8, per_class=6)
    values = run("active_learning.py", str(garments), str(other), "--goal", "0.5", "--seeds", "2")
    assert (values["photos"], values["validation_photos"], values["goal"]) == (42, 18, 0.5)
    assert values["saved"] == pytest.approx(1 - values["mean_suggested"] / values["mean_random"], abs=1e-3)
    assert all(20 <= count <= 42 for count in values["labels_suggested"] + values["labels_random"])
    assert values["interval"][0] <= values["saved"] <= values["interval"][1]


@pytest.mark.slow
def test_serve(garments: Path) -> None:
    values = run("serve.py", str(garments), "--requests", "12", "--rounds", "1", "--without-litserve")
    assert values["throughput_ratio"] > 0
    assert values["p99_ratio"] > 0
    assert sorted(values["clients"]) == ["1", "64", "8"]
    assert all(each["p99_ms"] >= each["p50_ms"] > 0 for each in values["clients"].values())
    assert sorted(values["choice"]) == ["batches_of_8", "processes", "threads"]
    assert values["restart_seconds"] > 0
    assert values["photos"] == 42
    assert values["p99_ratio_bare"] > 0
    assert values["mean_ratio_least"] > 0


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_soak() -> None:
    values = run("soak.py", "--light", "--requests", "300", "--clients", "3")
    assert (values["requests"], values["failed"], values["replaced"]) == (300, 0, 0)
    assert len(values["memory_mb"]) == 20
    assert min(values["memory_mb"]) > 0


@pytest.mark.slow
def test_finetune(garments: Path) -> None:
    values = run("finetune.py", str(garments), "--seeds", "1", "--plain-epochs", "1", *SMALL)
    assert (values["seeds"], values["photos"]) == (1, 21)
    for name in ("quick", "balanced", "best", "plain"):
        assert {"accuracy", "sd", "seconds", "time_ratio"} <= set(values[name])
        assert 0 <= values[name]["accuracy"] <= 1
        assert values[name]["seconds"] > 0
    assert values["plain"]["time_ratio"] == 1
    for centre, low, high in values["differences"].values():
        assert -100 <= low <= centre <= high <= 100


@pytest.mark.slow
def test_finetune_goes_on_where_it_ended(garments: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(PROGRAM.parent / "benchmarks" / "finetune.py"), str(garments), "--seeds", "1"]
    command += ["--keep", str(tmp_path), "--only", "quick"]
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S)
        assert done.returncode == 1
        assert "Not measured yet: balanced of seed 0, best of seed 0, plain of seed 0." in done.stderr
    assert "seed 0: quick" not in done.stderr
    assert (tmp_path / "quick-0.json").exists()


@pytest.mark.slow
def test_resolution(garments: Path) -> None:
    values = run("resolution.py", str(garments), "--sides", "160", *QUICKLY)
    (found,) = values["sides"].values()
    assert 0 <= found["interval"][0] <= found["accuracy"] <= found["interval"][1] <= 1
    assert min(found["seconds"], found["test_seconds"]) > 0


@pytest.mark.slow
def test_imbalance(garments: Path) -> None:
    values = run(
        "imbalance.py", str(garments), str(garments), "--largest", "12", "--ratio", "6", "--seeds", "1", *SMALL
    )
    assert values["sizes"] == [12, 5, 2]
    assert 0 <= values["plain"]["macro_recall"] <= 1
    gain = values["corrected"]["macro_recall"] - values["plain"]["macro_recall"]
    assert values["gain"] == pytest.approx(100 * gain, abs=0.02)


def test_finetune_sums_up_seeds() -> None:
    seeds = [
        {
            "balanced": {"right": {"a": True, "b": True}, "seconds": 10.0, "whole_seconds": 20.0},
            "plain": {
                "right": {"a": True, "b": first},
                "seconds": 40.0,
                "whole_seconds": 50.0,
                "curve": [{"accuracy": 0.0, "seconds": 20.0}, {"accuracy": (1 + first) / 2, "seconds": 40.0}],
            },
        }
        for first in (False, True)
    ]
    assert figures("balanced", seeds) == {
        "accuracy": 1.0, "sd": 0.0, "seconds": 10.0, "whole_seconds": 20.0,
        "time_ratio": 0.25, "same_accuracy_ratio": 0.25,
    }  # fmt: skip
    assert figures("plain", seeds)["accuracy"] == 0.75
    assert difference("balanced", "plain", seeds)[0] == 25
    assert difference("balanced", "balanced", seeds) == [0, 0, 0]


def test_one_line_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    print_result(ratio=1.23456, images=3, name="Größe")
    printed = json.loads(capsys.readouterr().out)
    assert (printed["ratio"], printed["images"], printed["name"]) == (1.235, 3, "Größe")
    assert middle([3.0, 1.0, 2.0]) == 2


@pytest.mark.slow
def test_unknown(tmp_path: Path) -> None:
    both = [make_demo(tmp_path / name, seed=seed, per_class=8) for name, seed in (("train", 5), ("validation", 6))]
    for one in both:  # five classes, so that three are left
        for number, name in enumerate(("checked", "plain")):
            (one / name).mkdir()
            for path in sorted((one / "dotted").iterdir())[number::2]:
                path.rename(one / name / path.name)
    values = run("unknown.py", *map(str, both), "--pairs", "2")
    assert values["pairs"] >= 2
    assert values["interval"][0] <= values["auroc"] <= values["interval"][1]
    assert values["worst"] <= values["median"] <= values["best"] <= 1
    assert set(values["others"]) >= {"energy", "nearest_cosine", "relative_mahalanobis"}


@pytest.mark.slow
def test_unknown_with_a_preset(tmp_path: Path) -> None:
    both = [make_demo(tmp_path / name, seed=seed, per_class=8) for name, seed in (("train", 5), ("validation", 6))]
    for one in both:  # four classes, so that two are left
        (one / "plain").mkdir()
        for path in sorted((one / "dotted").iterdir())[::2]:
            path.rename(one / "plain" / path.name)
    kept = ("--keep", str(tmp_path / "kept"))
    values = run("unknown.py", *map(str, both), "--pairs", "1", "--preset", "balanced", *kept, *SMALL)
    (pair,) = (tmp_path / "kept").iterdir()
    assert values["pairs"] == 1
    assert 0 <= values["auroc"] <= 1
    auroc = json.loads(pair.read_text(encoding="utf-8"))["auroc"]  # not rounded, as what is printed is
    assert values["auroc"] == pytest.approx(auroc, abs=1e-3)
    assert values["gain"] == pytest.approx(auroc - values["quick"], abs=1e-3)


@pytest.mark.slow
def test_remaining(tmp_path: Path) -> None:
    values = run(
        "remaining.py", str(make_demo(tmp_path / "photos", seed=3, per_class=6)), "--presets", "balanced", *SMALL
    )
    assert values["balanced"]["seconds"] > 0
    assert values["balanced"]["0.75"] is None or values["balanced"]["0.75"] >= 0


@pytest.mark.slow
def test_review() -> None:
    values = run("review.py", "300", "6")
    assert (values["images"], values["classes"]) == (300, 6)
    assert 0 < values["click_median_ms"] <= values["click_p95_ms"]
    assert 0 < values["relabel_median_ms"] <= values["relabel_p95_ms"]


@pytest.mark.slow
def test_learning_curve(tmp_path: Path) -> None:
    images = make_demo(tmp_path, seed=4, per_class=60)
    values = run("learning_curve.py", str(images), "--sizes", "70", "--more", "10", "--projects", "2")
    (found,) = values["sizes"]
    assert (values["images"], values["more"], values["projects"], found["size"]) == (180, 10, 2, 70)
    assert found["none"] + values["forecasts"] == 2
    assert abs(found["actual"]) <= 100
    assert found["seconds"] > 0
