"""An evaluation comes back from its file as it was."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.errors import ProjectError
from app.evaluation.metrics import evaluate
from app.evaluation.report import FILE_NAME, Evaluation, load_evaluation, write_evaluation

# Fields that are read as they are.
PLAIN = (
    "images", "accuracy", "macro_f1", "log_loss", "top_k", "top_accuracy", "calibration_error", "temperature",
    "protocol",
)  # fmt: skip


@pytest.fixture
def evaluation() -> Evaluation:
    """Measure three classes, one of them without images."""
    probabilities = np.random.default_rng(0).dirichlet(np.ones(3), 40)
    paths = [f"Größe {index}\n.jpg" for index in range(40)]
    return evaluate(probabilities, np.arange(40) % 2, ["a", "b", "c"], paths, "Measured once.")


def test_round_trip(evaluation: Evaluation, tmp_path: Path) -> None:
    write_evaluation(tmp_path, evaluation)
    assert load_evaluation(tmp_path) == evaluation
    assert evaluation.per_class[2].recall is None
    assert Evaluation.from_json(json.loads(json.dumps(evaluation.to_json()))) == evaluation


def test_the_file_is_strict_json(evaluation: Evaluation) -> None:
    json.dumps(evaluation.to_json(), allow_nan=False)


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", "7", '"text"', "{}", '{"format": 1}', '{"format": 99}'])
def test_damaged_files_have_words(tmp_path: Path, damage: str) -> None:
    (tmp_path / FILE_NAME).write_text(damage)
    with pytest.raises(ProjectError, match="cannot be read") as caught:
        load_evaluation(tmp_path)
    assert caught.value.hint


def test_any_missing_or_broken_field_has_words(evaluation: Evaluation, tmp_path: Path) -> None:
    whole = evaluation.to_json()
    for key in whole:
        for value in (None, 7):
            if key in PLAIN and value is not None:
                continue
            broken = {**whole, key: value}
            if value is None:
                del broken[key]
            (tmp_path / FILE_NAME).write_text(json.dumps(broken))
            with pytest.raises(ProjectError, match="cannot be read"):
                load_evaluation(tmp_path)


def test_a_run_that_was_not_measured(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="was not measured"):
        load_evaluation(tmp_path)


def test_the_window_can_read_it_without_a_framework() -> None:
    code = "import sys, app.evaluation.report; print([n for n in ('sklearn', 'scipy', 'cv2') if n in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_an_evaluation_of_the_first_format_gets_its_intervals(evaluation: Evaluation, tmp_path: Path) -> None:
    """Its figures stay; what it lacked is computed from the probabilities that it kept."""
    known = (
        "labels", "images", "accuracy", "interval", "macro_f1", "macro_f1_interval", "log_loss", "confusion",
        "predictions", "protocol",
    )  # fmt: skip
    stored = {key: value for key, value in evaluation.to_json().items() if key in known}
    stored["per_class"] = [
        {key: value for key, value in vars(one).items() if key not in ("f1_interval", "roc_auc_interval")}
        for one in evaluation.per_class
    ]
    (tmp_path / FILE_NAME).write_text(json.dumps({**stored, "format": 1}, default=vars))
    assert load_evaluation(tmp_path) == evaluation


def test_an_evaluation_of_the_second_format_gets_the_intervals_of_its_averages(tmp_path: Path) -> None:
    """Its near-duplicates and its temperature were known."""
    source = np.random.default_rng(0)
    scores = source.dirichlet(np.ones(3), 40)
    truth, groups, paths = source.integers(0, 3, 40), np.arange(40) // 2, [f"{place}.jpg" for place in range(40)]
    evaluation = evaluate(scores, truth, ["a", "b", "c"], paths, "As it was.", groups, 1.2)
    stored = json.loads(json.dumps({**evaluation.to_json(), "format": 2}))
    for name in ("micro", "macro"):
        for area in ("average_precision_interval", "roc_auc_interval"):
            del stored[name][area]
    (tmp_path / FILE_NAME).write_text(json.dumps(stored))
    assert load_evaluation(tmp_path) == evaluation
    assert evaluation.micro.roc_auc_interval is not None
