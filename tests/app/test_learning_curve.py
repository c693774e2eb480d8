"""The learning curve: subsamples, words, the command with a real worker, and what it says where there is too little."""

import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.cli import main
from app.demo.garments import make_demo
from app.errors import Cancelled, InputError
from app.evaluation.forecast import Curve
from app.evaluation.learning_curve import _nested, learning_curve, sizes_for
from app.learning_curve import FILE_NAME, forecast_words, last_learning_curve
from app.project.project import Project
from tests.conftest import Trained

GROWING = Curve(
    (50, 100, 200), (0.7, 0.8, 0.85), ((0.6, 0.8),) * 3, 250, (0.0, 2.0, 0.5), ((0.0, 2.0, 0.5),) * 5, (0.02, 0.2)
)


def ignore(done: int, total: int) -> None:
    pass


def clouds(images: int, classes: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return features [N, 64], never negative, of overlapping classes."""
    source = np.random.default_rng(seed)
    truth = np.arange(images) % classes
    centres = source.random((classes, 64)) * 0.5
    return np.abs(centres[truth] + source.normal(0, 0.35, (images, 64))).astype(np.float32), truth


def test_accuracy_grows_with_the_number_of_images() -> None:
    features, truth = clouds(400)
    curve = learning_curve(features, truth, np.arange(400), ignore, threading.Event())
    assert curve.images == 400
    assert curve.sizes[-1] == 320
    assert curve.accuracy[-1] > curve.accuracy[0] + 0.05
    assert curve.grows
    gain, (low, high) = curve.gain(200)
    assert 0 <= low <= gain <= high < 0.2


def test_labels_by_chance_give_no_forecast() -> None:
    features, truth = clouds(300)
    shuffled = np.random.default_rng(1).permutation(truth)
    curve = learning_curve(features, shuffled, np.arange(300), ignore, threading.Event())
    assert not curve.grows
    assert forecast_words(curve, 100).startswith(("No forecast: three times", "More images did not help"))


def test_small_samples_lie_in_large_ones_with_all_classes_and_whole_groups() -> None:
    truth = np.repeat([0, 1, 2], [60, 30, 10])
    groups = np.arange(100) // 2
    order = _nested(truth, groups, np.arange(100), seed=3)
    assert sorted(order.tolist()) == list(range(100))
    assert np.bincount(truth[order[:50]]).tolist() == pytest.approx([30, 15, 5], abs=2)
    assert (groups[order[::2]] == groups[order[1::2]]).all()


def test_sizes_end_with_what_a_fold_leaves() -> None:
    assert sizes_for(1000, 10).tolist() == [71, 100, 141, 200, 283, 400, 566, 800]
    assert sizes_for(100, 3).tolist() == [20, 28, 40, 57, 80]


@pytest.mark.parametrize(("images", "classes"), [(40, 2), (100, 30)])
def test_too_few_images_are_a_sentence(images: int, classes: int) -> None:
    features, truth = clouds(images, classes)
    with pytest.raises(InputError, match="too few images") as caught:
        learning_curve(features, truth, np.arange(images), ignore, threading.Event())
    assert caught.value.hint


def test_it_stops_when_asked() -> None:
    features, truth = clouds(200)
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        learning_curve(features, truth, np.arange(200), ignore, cancel)


def test_words() -> None:
    assert forecast_words(GROWING, 200) == "200 more images: about +3.2 points (3.2 to 3.2)."
    assert forecast_words(GROWING, 300).startswith("No forecast: 300 more images are more than there are now (250)")
    flat = replace(GROWING, growth=(-0.001, 0.004))
    assert forecast_words(flat, 200).startswith(
        "More images did not help so far: three times as many brought -0.1 to +0.4"
    )
    unclear = replace(GROWING, growth=(-0.02, 0.08))
    assert forecast_words(unclear, 200).startswith(
        "No forecast: three times as many images brought -2.0 to +8.0 points"
    )


def test_the_command_measures_and_keeps_the_curve(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = make_demo(tmp_path / "images", seed=5, per_class=30)
    folder = tmp_path / "project"
    with Project.create(folder, "Garments") as project:
        project.add_folder(images, ignore, threading.Event())
        assert last_learning_curve(project) is None
    assert main(["learning-curve", str(folder), "--more", "50", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert 70 <= answer["images"] <= 82
    assert len(answer["sizes"]) == len(answer["accuracy"]) == len(answer["intervals"]) >= 4
    assert answer["forecast"]
    with Project.open(folder) as project:
        stored = last_learning_curve(project)
        assert stored is not None
        assert stored.accuracy == tuple(answer["accuracy"])
        (folder / FILE_NAME).write_text('{"format": 99}', encoding="utf-8")
        assert last_learning_curve(project) is None
        assert project.runs() == []


def test_the_command_says_where_there_is_too_little(
    trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(trained.project, tmp_path / "project")
    assert main(["learning-curve", str(folder), "--more", "0"]) == 1
    assert "0 more images are none." in capsys.readouterr().err
    assert main(["learning-curve", str(folder)]) == 1
    assert "There are too few images for a learning curve." in capsys.readouterr().err
