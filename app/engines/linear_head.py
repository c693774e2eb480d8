"""Linear heads on frozen features: fitted by scikit-learn, written as three ONNX nodes behind the backbone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, compose, helper, numpy_helper
from scipy.linalg import eigh
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from app.dataset.preprocess import IR_VERSION, OPSET
from app.features.outputs import LOGITS
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

    def behind(self, projection: Projection) -> "LinearHead":
        """Return the head of what is projected, [N, D], instead of projections [N, P]."""
        weights = self.weights @ projection.components
        return LinearHead(weights, (self.bias - weights @ projection.mean).astype(np.float32))

    def without(self, prior: Floats) -> "LinearHead":
        """Return the head whose logits do not tell a prior [C] that theirs tell, such as how common classes are."""
        return LinearHead(self.weights, self.bias - prior)

    def times(self, share: float) -> "LinearHead":
        """Return the head whose logits are this share of what they are here."""
        factor = np.float32(share)
        return LinearHead(self.weights * factor, self.bias * factor)


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


def head_network(backbone: Path, heads: Mapping[str, LinearHead]) -> ModelProto:
    """Join backbone and heads: `pixels`, uint8 [N, side, side, 3] → `logits` [N, C] and what the backbone gives.

    A head looks at the rooted shares of an output [N, D] of the backbone, by whose name it is given; several heads'
    logits are added. At least one is needed.
    """
    network = onnx.load(backbone)
    outputs = [output.name for output in network.graph.output]
    logits = [LOGITS] if len(heads) == 1 else [f"{name}_logits" for name in heads]
    pieces = [_head_nodes(name, head, to) for (name, head), to in zip(heads.items(), logits, strict=True)]
    nodes = [node for some, _ in pieces for node in some]
    if len(heads) > 1:
        nodes.append(helper.make_node("Sum", logits, [LOGITS]))
    classes = len(next(iter(heads.values())).bias)
    graph = helper.make_graph(
        nodes,
        "heads",
        [
            helper.make_tensor_value_info(f"{name}_in", TensorProto.FLOAT, ["batch", head.weights.shape[1]])
            for name, head in heads.items()
        ],
        [helper.make_tensor_value_info(LOGITS, TensorProto.FLOAT, ["batch", classes])],
        [weight for _, weights in pieces for weight in weights],
    )
    opset = [helper.make_opsetid("", OPSET)]
    head_model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
    joined = compose.merge_models(
        network, head_model, io_map=[(name, f"{name}_in") for name in heads], outputs=[*outputs, LOGITS]
    )
    onnx.checker.check_model(joined)
    return joined


def _head_nodes(name: str, head: LinearHead, logits: str) -> tuple[list[NodeProto], list[TensorProto]]:
    """Return the nodes from features to logits, and their weights."""
    nodes = [
        helper.make_node("ReduceSum", [f"{name}_in", f"{name}_axes"], [f"{name}_sum"], keepdims=1),
        helper.make_node("Max", [f"{name}_sum", f"{name}_tiny"], [f"{name}_total"]),
        helper.make_node("Div", [f"{name}_in", f"{name}_total"], [f"{name}_share"]),
        helper.make_node("Sqrt", [f"{name}_share"], [f"{name}_root"]),
        helper.make_node("Gemm", [f"{name}_root", f"{name}_weights", f"{name}_bias"], [logits], transB=1),
    ]
    weights = [
        helper.make_tensor(f"{name}_axes", TensorProto.INT64, [1], [1]),
        helper.make_tensor(f"{name}_tiny", TensorProto.FLOAT, [1], [TINY]),
        numpy_helper.from_array(head.weights.astype(np.float32), f"{name}_weights"),
        numpy_helper.from_array(head.bias.astype(np.float32), f"{name}_bias"),
    ]
    return nodes, weights
