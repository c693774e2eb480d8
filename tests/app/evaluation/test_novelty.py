"""The novelty score: low for images like the classes, high for others, the same in the exported graph."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from sklearn.metrics import roc_auc_score

from app.errors import InputError
from app.evaluation import novelty as module
from app.evaluation.novelty import fit_novelty, rooted, side_by_side, similarities, squared_distances, straying
from app.export.bundle import NOVELTY
from app.export.novelty_graph import add_novelty
from app.onnx_sessions import open_session

WIDTH = 40
PER_CLASS = 30


def clusters(number: int, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return non-negative features [number * count, WIDTH] around `number` centres, and the centre of each."""
    centres = np.random.default_rng(5).gamma(0.3, 1.0, (number, WIDTH))
    truth = np.repeat(np.arange(number), count)
    noise = np.random.default_rng(seed).gamma(1.0, 0.1, (len(truth), WIDTH))
    return (centres[truth] + noise).astype(np.float32), truth


@pytest.fixture
def training() -> tuple[np.ndarray, np.ndarray]:
    return clusters(3, PER_CLASS, 1)


def test_images_of_other_classes_are_novel(training: tuple[np.ndarray, np.ndarray]) -> None:
    features, truth = training
    novelty, held_out = fit_novelty(features, truth, np.arange(len(truth)))
    others, kinds = clusters(6, PER_CLASS, 2)
    scores = novelty.scores(others)
    assert roc_auc_score(kinds >= 3, scores) > 0.99
    assert scores.dtype == np.float32
    assert scores.min() >= 0
    assert scores.max() <= 1
    assert held_out.shape == (len(truth),)
    assert np.median(held_out) < np.median(scores[kinds >= 3])


def test_what_lies_outside_the_projection_counts_as_distance(
    training: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PROJECTED", 2)
    features, truth = training
    novelty, _ = fit_novelty(features, truth, np.arange(len(truth)))
    assert novelty.components.shape == (2, WIDTH)
    outside = np.linalg.svd(novelty.components)[2][-1].astype(np.float32)  # at a right angle to both components
    centred = (rooted(features[:1]) - novelty.mean) + np.array([[0.0], [5.0]], np.float32) * outside
    squares = squared_distances(centred, centred @ novelty.components.T, novelty.landmarks)
    near, far = similarities(squares).max(axis=1)
    assert near > 0.5
    assert far < 1e-6


def test_held_out_scores_come_from_fits_without_the_images_group() -> None:
    features, truth = clusters(2, PER_CLASS, 3)
    odd = np.zeros((2, WIDTH), np.float32)
    odd[:, ::7] = 3.0  # two copies, like nothing else
    features, truth = np.vstack([features, odd]), np.append(truth, [0, 0])
    alone, together = np.arange(len(truth)), np.arange(len(truth))
    together[-1] = together[-2]
    scores = {name: fit_novelty(features, truth, groups)[1] for name, groups in (("a", alone), ("t", together))}
    assert scores["t"][-2:].min() > 0.9
    fitted = fit_novelty(features, truth, together)[0].scores(odd)
    assert fitted.max() < scores["t"][-2:].min()


def test_the_same_data_give_the_same_score(training: tuple[np.ndarray, np.ndarray]) -> None:
    features, truth = training
    one, other = (fit_novelty(features, truth, np.arange(len(truth)), seed=4)[0] for _ in range(2))
    np.testing.assert_array_equal(one.scores(features), other.scores(features))


def test_more_images_than_landmarks_are_all_learnt_from(
    training: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LANDMARKS", 12)
    features, truth = training
    novelty, _ = fit_novelty(features, truth, np.arange(len(truth)))
    assert novelty.landmarks.shape[0] == 12
    assert (novelty.memberships(features).argmax(axis=1) == truth).mean() > 0.95


def test_one_class_is_refused() -> None:
    with pytest.raises(InputError, match="only one class"):
        fit_novelty(np.ones((4, 3), np.float32), np.zeros(4, np.int64), np.arange(4))


def test_features_below_zero_and_of_nothing_but_zeros_are_scored() -> None:
    features, truth = clusters(2, 10, 4)
    novelty, _ = fit_novelty(features - np.float32(0.5), truth, np.arange(len(truth)))
    strange = np.vstack([np.zeros((1, WIDTH)), -features[:1]]).astype(np.float32)
    assert np.isfinite(novelty.scores(strange)).all()


def test_the_graph_gives_the_same_scores(training: tuple[np.ndarray, np.ndarray]) -> None:
    features, truth = training
    novelty, _ = fit_novelty(features, truth, np.arange(len(truth)))
    shape: list[str | int | None] = ["batch", WIDTH]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["raw"], ["features"])],
        "features",
        [helper.make_tensor_value_info("raw", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    add_novelty(model, novelty, ["features"])
    onnx.checker.check_model(model, full_check=True)
    others = np.vstack([clusters(6, 5, 6)[0], np.zeros((1, WIDTH), np.float32), -features[:2]])
    answer = open_session(model.SerializeToString()).run([NOVELTY], {"raw": others})[0]
    np.testing.assert_allclose(answer, novelty.scores(others), atol=1e-5)


def test_two_networks_are_scored_side_by_side_in_the_graph_too(training: tuple[np.ndarray, np.ndarray]) -> None:
    features, truth = training
    other = clusters(3, PER_CLASS, 8)[0][:, ::-1] * np.float32(50)  # whose larger numbers weigh no more
    views = side_by_side([features, other])
    np.testing.assert_allclose(views.sum(axis=1), 2, atol=1e-5)
    np.testing.assert_allclose(views[:, :WIDTH].sum(axis=1), 1, atol=1e-5)
    novelty, _ = fit_novelty(views, truth, np.arange(len(truth)))
    names = ["features", "second_features"]
    given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", WIDTH]) for name in ("one", "two")]
    seen = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", WIDTH]) for name in names]
    nodes = [helper.make_node("Identity", [one.name], [name]) for one, name in zip(given, names, strict=True)]
    graph = helper.make_graph(nodes, "features", given, seen)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    add_novelty(model, novelty, names)
    onnx.checker.check_model(model, full_check=True)
    asked = [np.vstack([clusters(6, 5, seed)[0], np.zeros((1, WIDTH), np.float32)]) for seed in (6, 7)]
    answer = open_session(model.SerializeToString()).run([NOVELTY], dict(zip(("one", "two"), asked, strict=True)))[0]
    np.testing.assert_allclose(answer, novelty.scores(side_by_side(asked)), atol=1e-5)


def test_the_same_distance_is_stranger_where_images_are_close_together() -> None:
    random = np.random.default_rng(2)
    close, apart = random.normal(0, 0.01, (20, 8)), random.normal(0, 0.1, (20, 8)) + 5
    landmarks = np.vstack([close, apart]).astype(np.float32)
    squares = squared_distances(landmarks, landmarks, landmarks)
    np.fill_diagonal(squares, np.inf)
    reach = np.sqrt(np.sort(squares, axis=1)[:, : module.NEIGHBOURS]).mean(axis=1)
    asked = np.array([[0.5] + [0] * 7, [5.5] + [5] * 7], np.float32)
    dense, sparse = straying(squared_distances(asked, asked, landmarks), reach)
    assert dense > 5 * sparse


def test_copies_of_one_image_per_class_are_usual_and_others_are_not() -> None:
    features, truth = clusters(3, 1, 4)
    features, truth = np.repeat(features, 30, axis=0), np.repeat(truth, 30)
    novelty, held_out = fit_novelty(features, truth, np.repeat(np.arange(30), 3))
    assert np.isfinite(held_out).all()
    assert novelty.scores(features).max() < 0.3
    assert novelty.scores(clusters(6, 5, 5)[0][15:]).min() > 0.7
