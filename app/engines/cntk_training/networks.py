"""The networks: a base that gives features, the root of their shares, and a classifier on these."""

from typing import Any, Dict, List, Tuple

import cntk as C  # noqa: N812
import numpy as np

from app.engines.cntk_training.channel import Failure
from app.engines.cntk_training.efficientnet import efficientnet, read_weights

FEATURES, LOGITS = "features", "z"  # names of nodes
TINY = 1e-12
STEEPEST = 1e-6  # a share from which on its root is the root: the slope at 0 would be infinite
CHANNELS = 3


class Base:
    """A network up to its features [D]; `image` is its input, planes [3, S, S] from 0 to 255."""

    def __init__(self, image: Any, features: Any) -> None:
        self.image = image
        self.features = features

    @property
    def width(self) -> int:
        """How many features there are."""
        return int(self.features.shape[0])


def make_base(network: Dict[str, Any], side: int) -> Base:
    """Build what the task names: published weights, or a node of a .model file."""
    image = C.input_variable((CHANNELS, side, side), name=network["colour"])
    if "weights" in network:
        return Base(image, pooled(efficientnet(read_weights(network["weights"]), image)))
    return Base(image, pooled(_taken_over(network, image)))


def _taken_over(network: Dict[str, Any], image: Any) -> Any:
    """Copy a network of a file up to a node, all its weights to be learnt; raises Failure where it does not fit."""
    model = C.load_model(network["model"])
    node = _find(model, network["node"])
    inputs = [one for one in node.arguments if len(one.shape) == CHANNELS]
    if len(inputs) != 1:
        raise Failure(
            "The node “{}” does not depend on one image alone.".format(network["title"]), "Choose another node."
        )
    given = image - network["subtract"] if network["subtract"] else image
    try:
        return node.clone(C.CloneMethod.clone, {inputs[0]: given})
    except (RuntimeError, ValueError) as error:
        raise Failure(
            "The network does not take images of {0} × {0} pixels.".format(image.shape[-1]),
            "Set the image size it was made for ({}).".format(" × ".join(str(size) for size in inputs[0].shape[1:])),
        ) from error


def _find(model: Any, uid: str) -> Any:
    found = C.logging.graph.depth_first_search(model, lambda node: node.uid == uid, depth=-1)
    functions = [one.owner if isinstance(one, C.Variable) else one for one in found]
    if not functions:
        raise Failure("CNTK does not find the feature node.", "Choose another node.")
    return C.combine([functions[0].output])


def pooled(values: Any) -> Any:
    """Average a feature map [D, h, w] over its places, so that images of any size do; name the result."""
    if len(values.shape) == CHANNELS:
        values = C.reduce_mean(values, axis=[1, 2])
    return C.reshape(values, (int(np.prod(values.shape)),), name=FEATURES)


def rooted(features: Any) -> Any:
    """Return the signed root of each feature's share; a row's length is about 1 (see app/features/rooted.py)."""
    share = features / (C.reduce_sum(C.abs(features), axis=0) + TINY)
    return share / C.sqrt(C.abs(share) + STEEPEST)


class Head:
    """A linear classifier of rooted features: weights [D, C] and bias [C], both of the features' usual size."""

    def __init__(self, width: int, classes: int) -> None:
        self.scale = float(np.sqrt(width))  # rooted features are that much smaller than 1
        self.weights = C.parameter((width, classes), init=0.0, name="classifier.W")
        self.bias = C.parameter((classes,), init=0.0, name="classifier.b")

    def logits(self, features: Any, kept: Any = None) -> Any:
        """Return the logits; `kept` [D] multiplies the rooted features, to hide some of them."""
        values = rooted(features) * self.scale
        values = values if kept is None else values * kept
        return C.plus(C.times(values, self.weights), self.bias, name=LOGITS)

    def values(self) -> Tuple[Any, Any]:
        """Return copies of weights and bias, for rooted features as they are."""
        return self.weights.value * self.scale, self.bias.value.copy()

    def take(self, weights: Any, bias: Any) -> None:
        """Take weights [D, C] for rooted features as they are, and bias [C]."""
        self.weights.value = np.ascontiguousarray(weights / self.scale, np.float32)
        self.bias.value = np.ascontiguousarray(bias, np.float32)


def parameters_of(functions: List[Any]) -> List[Any]:
    """Return all that can be learnt in the functions, each once."""
    return list({one.uid: one for function in functions for one in function.parameters}.values())
