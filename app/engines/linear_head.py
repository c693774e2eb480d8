"""Linear heads on frozen features: fitted by scikit-learn, written as three ONNX nodes behind the backbone."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, compose, helper, numpy_helper
from scipy.linalg import eigh
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from app.dataset.preprocess import IR_VERSION, OPSET
from app.features.rooted import TINY

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

# C of scikit-learn, the inverse of the L2 penalty's weight; a factor of four between steps.
STRENGTHS = (0.5, 2.0, 8.0, 32.0, 128.0)
PROJECTED = 256  # dimensions; measured: as accurate as all 1280 and five times faster to fit
MAX_ITERATIONS = 500
TOLERANCE = 1e-3


def log_loss(logits: Floats, truth: Integers) -> float:
    """Return the mean negative log likelihood of the true classes under softmax(logits [N, C])."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(truth)), truth]))


@dataclass(frozen=True)
class Projection:
    """Principal components: mean [D] and components [P, D]."""

    mean: Floats
    components: Floats

    @classmethod
    def fit(cls, features: Floats) -> "Projection":
        """Find the main directions of features [N, D], without looking at labels."""
        mean = features.mean(axis=0)
        centred = features - mean
        width = features.shape[1]
        count = min(PROJECTED, *features.shape)
        # scikit-learn's PCA computes every direction; the ones that matter take a third of the time.
        _, directions = eigh(centred.T @ centred, subset_by_index=[width - count, width - 1])
        return cls(mean, np.ascontiguousarray(directions.T))

    def apply(self, features: Floats) -> Floats:
        """Project features [N, D] to [N, P]."""
        projected: Floats = np.ascontiguousarray((features - self.mean) @ self.components.T)
        return projected


@dataclass(frozen=True)
class LinearHead:
    """Logits = features · weightsᵀ + bias; weights [C, P], bias [C]."""

    weights: Floats
    bias: Floats

    def logits(self, features: Floats) -> Floats:
        """Return logits [N, C] of projected features [N, P]."""
        result: Floats = features @ self.weights.T + self.bias
        return result


Fit = Callable[[Floats, Integers, float], LinearHead]


def fit_logistic(features: Floats, truth: Integers, strength: float) -> LinearHead:
    """Fit multinomial logistic regression to features [N, P] and classes [N]."""
    model = LogisticRegression(C=strength, max_iter=MAX_ITERATIONS, tol=TOLERANCE).fit(features, truth)
    return _as_softmax(model.coef_, model.intercept_)


def fit_svm(features: Floats, truth: Integers, strength: float) -> LinearHead:
    """Fit one linear SVM per class against the rest; its margins serve as logits and are calibrated later.

    In its primal form: the dual one draws from a random generator that all threads share, so that folds fitted side
    by side would differ from run to run.
    """
    model = LinearSVC(C=strength, dual=False, max_iter=MAX_ITERATIONS).fit(features, truth)
    return _as_softmax(model.coef_, model.intercept_)


def _as_softmax(weights: NDArray[np.floating], bias: NDArray[np.floating]) -> LinearHead:
    """Give two-class models, which have one row, a row for each class."""
    if len(weights) == 1:
        weights, bias = np.vstack([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    return LinearHead(weights.astype(np.float32), bias.astype(np.float32))


HEADS: dict[str, Fit] = {"logistic": fit_logistic, "svm": fit_svm}


def head_network(backbone: Path, projection: Projection, head: LinearHead) -> ModelProto:
    """Join backbone and head: `pixels`, uint8 [N, side, side, 3] → `logits` [N, C] and what the backbone gives.

    That is `features` [N, D], with others that the head does not look at.
    """
    weights = head.weights @ projection.components
    bias = head.bias - weights @ projection.mean
    network = onnx.load(backbone)
    classes, width = weights.shape
    nodes = [
        helper.make_node("ReduceSum", ["head_in", "head_axes"], ["head_sum"], keepdims=1),
        helper.make_node("Max", ["head_sum", "head_tiny"], ["head_total"]),
        helper.make_node("Div", ["head_in", "head_total"], ["head_share"]),
        helper.make_node("Sqrt", ["head_share"], ["head_root"]),
        helper.make_node("Gemm", ["head_root", "head_weights", "head_bias"], ["logits"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "head",
        [helper.make_tensor_value_info("head_in", TensorProto.FLOAT, ["batch", width])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", classes])],
        [
            helper.make_tensor("head_axes", TensorProto.INT64, [1], [1]),
            helper.make_tensor("head_tiny", TensorProto.FLOAT, [1], [TINY]),
            numpy_helper.from_array(weights.astype(np.float32), "head_weights"),
            numpy_helper.from_array(bias.astype(np.float32), "head_bias"),
        ],
    )
    opset = [helper.make_opsetid("", OPSET)]
    head_model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
    outputs = [*(output.name for output in network.graph.output), "logits"]
    joined = compose.merge_models(network, head_model, io_map=[("features", "head_in")], outputs=outputs)
    onnx.checker.check_model(joined)
    return joined
