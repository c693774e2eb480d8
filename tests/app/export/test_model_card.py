"""The model card: what a reader must know, also where there is nothing to tell."""

from dataclasses import replace

import numpy as np
import pytest

from app.evaluation.metrics import evaluate
from app.evaluation.report import Evaluation
from app.export.bundle import BundleInfo
from app.export.model_card import model_card

INFO = BundleInfo(
    name="Étoffes",
    labels=("dotted", "cut | sewn", "plain"),
    engine="quick",
    backbone="efficientnet-lite0",
    created="2025-03-04T05:06:07+00:00",
    version="1.2.3",
    temperature=1.0,
    training_images=12_345,
    training_digest="0123456789abcdef" * 4,
    model_sha256="f" * 64,
    class_images=(12_000, 300, 45),
    preprocessing={"fit": "central square", "resize": "linear", "width": 224, "height": 192},
    versions={"sightline": "1.2.3", "onnx": "1.23.2"},
)


@pytest.fixture
def evaluation() -> Evaluation:
    """Measure four images of the first two classes, one of them wrong, and none of the third."""
    probabilities = np.array([[0.8, 0.1, 0.1], [0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.6, 0.3, 0.1]])
    truth = np.array([0, 0, 1, 1])
    return evaluate(probabilities, truth, INFO.labels, ["a", "b", "c", "d"], "Measured with care.")


def test_it_says_what_it_is_and_what_it_was_made_from(evaluation: Evaluation) -> None:
    card = model_card(INFO, evaluation)
    assert card.startswith("# Étoffes\n")
    for words in ("Sightline 1.2.3 on 2025-03-04", "efficientnet-lite0", "12,345 images", "cut | sewn 300, plain 45."):
        assert words in card
    for title in ("Meant for", "Classes", "Trained on", "Measured", "Limits", "Use", "Made with"):
        assert f"\n## {title}\n" in card


def test_it_says_what_it_was_made_with() -> None:
    card = model_card(INFO, None)
    for words in ("central square, 224 × 192 pixels", "sightline 1.2.3, onnx 1.23.2.", "whoever trained it"):
        assert words in card


def test_figures_come_with_their_interval_and_protocol(evaluation: Evaluation) -> None:
    card = model_card(INFO, evaluation)
    low, high = evaluation.interval
    assert f"Accuracy 75.0% of 4 images (95% interval {low:.1%} to {high:.1%})." in card
    assert "Measured with care." in card
    assert "| dotted | 2 | 66.7% | 100.0% | " in card
    low, high = evaluation.macro_f1_interval
    assert f"F1, averaged over the classes: {evaluation.macro_f1:.1%} ({low:.1%} to {high:.1%})." in card


def test_what_was_not_measured_is_not_a_figure(evaluation: Evaluation) -> None:
    assert "| plain | 0 | – | – | – |" in model_card(INFO, evaluation)
    card = model_card(INFO, None)
    assert "Not measured: there were no test images." in card
    assert "%" not in card


def test_a_class_name_cannot_break_the_table(evaluation: Evaluation) -> None:
    rows = [line for line in model_card(INFO, evaluation).splitlines() if line.startswith("| cut")]
    assert [row.rpartition(" | ")[0] for row in rows] == [r"| cut \| sewn | 2 | 100.0% | 50.0%"]


def test_it_ends_with_one_line_end() -> None:
    card = model_card(replace(INFO, labels=("a", "b"), class_images=()), None)
    assert card.endswith("\n")
    assert not card.endswith("\n\n")
