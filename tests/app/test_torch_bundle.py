"""A fine-tuned model's thresholds, heat maps and forms, from a small real run that looks twice."""

import threading
from pathlib import Path

import numpy as np
import onnx
import pytest

from app.dataset.decode import read_image
from app.evaluation.thresholds import by_precision, price_of, verdicts
from app.export.bundle import MODEL_FILE, read_bundle_info
from app.export.explaining import Explainer
from app.export.heat_methods import ACTIVATION
from app.export.held_out import read_held_out
from app.export.novelty_graph import NODES
from app.export.predictor import Predictor
from app.export.ruling import set_rule
from app.export.torch_forms import write_safetensors, write_torchscript
from app.project.project import Project
from app.training import TrainingRequest, train

pytestmark = pytest.mark.slow
SETTINGS = {"epochs": 1, "side": 160, "views": 1, "batch_size": 8, "twice": True}


@pytest.fixture(scope="module")
def tuned(garments: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with Project.create(tmp_path_factory.mktemp("tuned") / "project", "Tuned") as project:
        project.add_folder(garments, lambda done, total: None, threading.Event())
        request = TrainingRequest("torch", preset="balanced", settings=dict(SETTINGS))
        return train(project, request, lambda event: None, threading.Event()).bundle


def test_thresholds_are_chosen_on_its_held_out_scores_and_kept_to(tuned: Path, garments: Path) -> None:
    held_out = read_held_out(tuned)
    first = read_bundle_info(tuned).rule
    assert first is not None
    assert first.price == price_of(first, held_out)
    rule = by_precision(held_out, 0.9, per_class=False)
    set_rule(tuned, rule)
    predictor = Predictor(tuned)
    assert predictor.info.rule == rule
    for path in sorted(garments.glob("*/*.jpg"))[::7]:
        found = predictor.predict_file(path)
        novelty = None if found.novelty is None else np.array([found.novelty])
        assert found.verdict == verdicts(rule, np.array([found.probabilities]), novelty)[0]


def test_its_heat_map_changes_with_the_picture_and_the_class(tuned: Path, garments: Path) -> None:
    explainer = Explainer(tuned)
    one, other = (read_image(path) for path in sorted(garments.glob("*/*.jpg"))[:2])
    heat = explainer.explain(one, 0)
    assert heat.values.shape == (5, 5)
    np.testing.assert_array_equal(heat.values, explainer.explain(one, 0, ACTIVATION).values)
    for different in (explainer.explain(other, 0), explainer.explain(one, 1)):
        assert np.abs(heat.values - different.values).max() > 0.1


def test_it_answers_an_image_and_its_mirror_image_alike(tuned: Path, garments: Path) -> None:
    predictor = Predictor(tuned)
    for path in sorted(garments.glob("*/*.jpg"))[:3]:
        image = read_image(path)
        mirrored = np.ascontiguousarray(image[:, ::-1])
        np.testing.assert_allclose(predictor.predict_image(image), predictor.predict_image(mirrored), atol=1e-3)
        ours, theirs = (Explainer(tuned).explain(one, 0).values for one in (image, mirrored))
        assert np.abs(ours - theirs[:, ::-1]).max() < 0.05


def test_its_novelty_is_that_of_what_it_sees_and_saw_before(tuned: Path) -> None:
    nodes = onnx.load(tuned / MODEL_FILE).graph.node
    (joined,) = (node for node in nodes if node.name.startswith(NODES) and node.op_type == "Concat")
    assert len(joined.input) == 2
    held_out = read_held_out(tuned)
    assert held_out.novelty is not None
    assert 0 < np.median(held_out.novelty) < 0.9
    assert [output.name for output in onnx.load(tuned / MODEL_FILE).graph.output] == [
        "probabilities",
        "features",
        "novelty",
    ]


def test_it_is_written_for_pytorch_which_proves_that_the_answers_are_the_same(tuned: Path) -> None:
    info = read_bundle_info(tuned)
    write_safetensors(tuned, info)
    write_torchscript(tuned, info)
