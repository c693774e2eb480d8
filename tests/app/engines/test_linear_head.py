"""The linear heads: what scikit-learn fits is what the ONNX nodes compute."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from app.engines.linear_head import (
    HEADS,
    Projection,
    fit_logistic,
    fit_svm,
    head_network,
    log_loss,
)
from app.engines.tuned_heads import logits_of
from app.features.outputs import FEATURES
from app.features.rooted import root_normalised
from app.onnx_sessions import open_session

WIDTH = 12


@pytest.fixture
def backbone(tmp_path: Path) -> Path:
    """Write a network whose features are the pixels of one row: uint8 [N, 2, 2, 3] → float32 [N, 12]."""
    nodes = [
        helper.make_node("Cast", ["pixels"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["float"], ["features"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "flat",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["batch", 2, 2, 3])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", WIDTH])],
    )
    path = tmp_path / "backbone.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    return path


def data(classes: int, count: int = 90) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(classes)
    truth = rng.integers(0, classes, count)
    centres = rng.integers(20, 200, (classes, WIDTH))
    pixels = np.clip(centres[truth] + rng.normal(0, 30, (count, WIDTH)), 0, 255).astype(np.uint8)
    return pixels, truth


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("kind", ["logistic", "svm"])
def test_the_network_computes_the_heads_logits(backbone: Path, kind: str, classes: int) -> None:
    pixels, truth = data(classes)
    features = root_normalised(pixels.astype(np.float32))
    projection = Projection.fit(features)
    head = HEADS[kind](projection.apply(features), truth, 8.0)
    session = open_session(head_network(backbone, {FEATURES: head.behind(projection)}).SerializeToString())
    logits, raw = session.run(["logits", "features"], {"pixels": pixels.reshape(-1, 2, 2, 3)})
    np.testing.assert_allclose(logits, head.logits(projection.apply(features)), atol=2e-5)
    np.testing.assert_array_equal(raw, pixels)
    assert np.mean(logits.argmax(axis=1) == truth) > 0.8


def test_the_logits_of_several_heads_are_added(backbone: Path) -> None:
    pixels, truth = data(3)
    network = onnx.load(backbone)
    network.graph.node.append(helper.make_node("Sqrt", ["float"], ["root"]))
    network.graph.node.append(helper.make_node("Flatten", ["root"], ["others"], axis=1))
    network.graph.output.append(helper.make_tensor_value_info("others", TensorProto.FLOAT, ["batch", WIDTH]))
    onnx.save(network, backbone)
    seen = {FEATURES: pixels.astype(np.float32), "others": np.sqrt(pixels.astype(np.float32))}
    heads = {}
    for name, share in ((FEATURES, 0.7), ("others", 0.3)):
        heads[name] = fit_logistic(root_normalised(seen[name]), truth, 8.0).times(share)
    session = open_session(head_network(backbone, heads).SerializeToString())
    (logits,) = session.run(["logits"], {"pixels": pixels.reshape(-1, 2, 2, 3)})
    np.testing.assert_allclose(logits, logits_of(heads, seen), atol=2e-5)
    assert [output.name for output in session.get_outputs()] == [FEATURES, "others", "logits"]
    alone = open_session(head_network(backbone, {"others": heads["others"]}).SerializeToString())
    (part,) = alone.run(["logits"], {"pixels": pixels.reshape(-1, 2, 2, 3)})
    np.testing.assert_allclose(part, logits_of({"others": heads["others"]}, seen), atol=2e-5)


def test_a_head_without_a_prior_says_less_of_common_classes() -> None:
    pixels, truth = data(3)
    head = fit_logistic(root_normalised(pixels.astype(np.float32)), truth, 8.0)
    prior = np.log(np.array([0.5, 0.3, 0.2], np.float32))
    features = root_normalised(pixels.astype(np.float32))
    np.testing.assert_allclose(head.without(prior).logits(features), head.logits(features) - prior, atol=1e-5)


def softmax(logits: np.ndarray) -> np.ndarray:
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_probabilities_are_those_of_scikit_learn(backbone: Path, classes: int) -> None:
    pixels, truth = data(classes)
    features = root_normalised(pixels.astype(np.float32))
    projection = Projection.fit(features)
    projected = projection.apply(features)
    expected = LogisticRegression(C=8.0, max_iter=500, tol=1e-3).fit(projected, truth).predict_proba(projected)
    network = head_network(backbone, {FEATURES: fit_logistic(projected, truth, 8.0).behind(projection)})
    (logits,) = open_session(network.SerializeToString()).run(["logits"], {"pixels": pixels.reshape(-1, 2, 2, 3)})
    np.testing.assert_allclose(softmax(logits), expected, atol=1e-5)


@pytest.mark.parametrize("classes", [2, 3])
def test_margins_of_the_svm_are_those_of_scikit_learn(classes: int) -> None:
    pixels, truth = data(classes)
    features = root_normalised(pixels.astype(np.float32))
    expected = LinearSVC(C=8.0, dual=False).fit(features, truth).decision_function(features)
    logits = fit_svm(features, truth, 8.0).logits(features)
    margins = logits[:, 1] - logits[:, 0] if classes == 2 else logits
    np.testing.assert_allclose(margins, expected, atol=1e-5)


def test_folds_fitted_side_by_side_give_the_same_as_alone() -> None:
    pixels, truth = data(3, count=40)
    features = root_normalised(pixels.astype(np.float32))
    folds = [np.arange(40) % 5 != fold for fold in range(5)] * 4

    def fit(fold: np.ndarray) -> np.ndarray:
        return fit_svm(features[fold], truth[fold], 128.0).weights

    with ThreadPoolExecutor(4) as pool:
        for fold, weights in zip(folds, pool.map(fit, folds), strict=True):
            np.testing.assert_array_equal(weights, fit(fold))


def test_rooted_features_have_length_one() -> None:
    features = np.random.default_rng(0).random((5, 9), np.float32)
    np.testing.assert_allclose(np.linalg.norm(root_normalised(features), axis=1), 1, atol=1e-6)
    assert not np.isnan(root_normalised(np.zeros((1, 9), np.float32))).any()


def test_a_projection_keeps_what_varies_most() -> None:
    features = np.random.default_rng(1).normal(size=(300, 40)).astype(np.float32) * np.linspace(
        9, 0.1, 40, dtype=np.float32
    )
    projection = Projection.fit(features)
    rebuilt = projection.apply(features) @ projection.components + projection.mean
    np.testing.assert_allclose(rebuilt, features, atol=1e-2)


def test_log_loss_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import log_loss as reference

    rng = np.random.default_rng(2)
    logits, truth = rng.normal(size=(50, 4)).astype(np.float32), rng.integers(0, 4, 50)
    shares = np.exp(logits.astype(float)) / np.exp(logits.astype(float)).sum(axis=1, keepdims=True)
    assert log_loss(logits, truth) == pytest.approx(reference(truth, shares, labels=range(4)), abs=1e-6)
