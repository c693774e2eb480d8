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
            if key in ("images", "accuracy", "macro_f1", "log_loss", "protocol") and value is not None:
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
