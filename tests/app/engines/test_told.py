"""What runs tell, as curves: of fine-tuning, of quick, of CNTK, live and stored."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.engines.metrics import add_metrics
from app.engines.protocol import Progress
from app.engines.run_curves import read_run_curves
from app.engines.told import ACCURACY, EPOCHS, IMAGES, LOSS, MEMORY, RATE, RECALL, SPEED, STRENGTHS, Told, mean_of
from benchmarks.result import PROGRAM
from tests.conftest import Trained

EPOCH_VALUES = {"loss": 0.5, "learning_rate": 0.01, "images_per_second": 20.0, "memory_mb": 700.0}
JUDGED = {"validation_loss": 0.6, "validation_accuracy": 0.8, "validation_recalls": [0.7, None, 0.9]}


def step(done: int, **more: float) -> Progress:
    values = {"loss": 1.0, "learning_rate": 0.1, "images_per_second": 9.0, "memory_mb": 500.0, "epochs": 2}
    return Progress("tune", done, 100, {**values, **more})


def epoch(number: int) -> Progress:
    return Progress("epoch", number, 2, {**EPOCH_VALUES, **JUDGED})


def fit(strength: float) -> Progress:
    return Progress("fit", 1, 5, {"strength": strength, **JUDGED})


def points(told: Told, quantity: str) -> dict[str, list[tuple[float, float]]]:
    return {name: list(zip(one.x, one.y, strict=True)) for name, one in told.of(quantity).items()}


def test_steps_count_epochs_and_the_means_of_an_epoch_do_not_repeat_them() -> None:
    told = Told([step(25), step(50), epoch(1), step(75)])
    assert points(told, LOSS) == {"training": [(0.5, 1.0), (1.0, 1.0), (1.5, 1.0)], "validation": [(1, 0.6)]}
    assert points(told, RECALL) == {"0": [(1, 0.7)], "2": [(1, 0.9)]}
    assert {told.over(quantity) for quantity in (LOSS, RATE, SPEED, MEMORY, RECALL)} == {EPOCHS}


def test_epochs_that_a_run_has_behind_it_are_drawn_from_their_means() -> None:
    told = Told([epoch(1), epoch(2), step(75)])
    assert points(told, LOSS)["training"] == [(1, 0.5), (2, 0.5)]
    assert points(told, MEMORY) == {"value": [(1, 700.0), (2, 700.0)]}


def test_cntk_tells_the_accuracy_of_training_by_its_errors() -> None:
    assert points(Told([step(50, error=0.25)]), ACCURACY) == {"training": [(1.0, 0.75)]}


def test_quick_has_strengths_and_the_speed_of_looking_at_images() -> None:
    looked = Progress("features", 64, 100, {"images_per_second": 200.0, "memory_mb": 300.0})
    told = Told([looked, fit(0.5), fit(2.0)])
    assert points(told, ACCURACY) == {"validation": [(0.5, 0.8), (2.0, 0.8)]}
    assert points(told, SPEED) == {"value": [(64, 200.0)]}
    assert (told.over(LOSS), told.over(SPEED), told.of(RATE)) == (STRENGTHS, IMAGES, {})


def test_a_classifier_on_what_was_tuned_is_not_mixed_with_epochs(tmp_path: Path) -> None:
    for event in (epoch(1), fit(8.0)):
        add_metrics(tmp_path, event)
    (stored,) = read_run_curves({3: tmp_path})
    assert points(stored.told, ACCURACY) == {"validation": [(1, 0.8)]}
    assert (stored.number, stored.engine, stored.classes) == (3, "", ())


def test_the_mean_is_taken_where_all_have_a_point() -> None:
    told = Told([epoch(1), Progress("epoch", 2, 2, {"validation_recalls": [0.1, None, None]})])
    mean = mean_of(told.of(RECALL))
    assert list(zip(mean.x, mean.y, strict=True)) == [(1, pytest.approx(0.8))]


def test_a_real_run_of_quick_is_read_with_the_names_of_its_classes(trained: Trained) -> None:
    (stored,) = read_run_curves({1: trained.project / "runs" / "1"})
    assert stored.classes == ("dotted", "leopard", "striped")
    assert set(stored.told.of(RECALL)) == {"0", "1", "2"}
    assert len(stored.told.of(LOSS)["validation"]) == 5
    looked = [event for event in trained.events if isinstance(event, Progress) and event.stage == "features"]
    assert looked[-1].values["memory_mb"] > 10


def test_memory_grows_with_what_is_held() -> None:
    """In a process of its own: this one may have freed as much before, and use it again."""
    script = (
        "import os\n"
        "from app.engines.resident_memory import resident_mb\n"
        "before = resident_mb()\n"
        "held = os.urandom(200_000_000)\n"
        "print(resident_mb() - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROGRAM.parent, capture_output=True, text=True, check=True
    )
    assert float(done.stdout) > 100
