"""Linear discriminant analysis with one covariance for all classes, in closed form, checked by leaving one out.

With few labels the covariance is mostly a sphere as wide as the features are on average, with many it is that of
the labelled images about their class means: Friedman, "Regularized discriminant analysis", JASA 84 (1989).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.integer]

PRIOR_IMAGES = 200.0  # labelled images that weigh as much as the sphere; measured in docs/decisions
SURENESS_LIMITS = (0.02, 20.0)
STEPS = 30
CLOSE_ENOUGH = 1e-3


@dataclass(frozen=True)
class LinearModel:
    """What is known of C classes: `logits = x · weightsᵀ + bias`, and the logits of labelled images left out."""

    weights: Floats
    bias: Floats
    left_out: Floats

    def logits(self, coordinates: Floats) -> Floats:
        """Return logits [N, C] of coordinates [N, P]; their softmax is calibrated."""
        result: Floats = coordinates @ self.weights.T + self.bias
        return result


def fit(coordinates: Floats, truth: Integers, classes: int, spread: float) -> LinearModel:
    """Fit to labelled images: coordinates [n, P], truth [n] in 0..classes-1, each class at least once.

    `spread` is the mean variance of a coordinate over all images. `left_out` [n, C] are the logits each image would
    have got had it not been labelled; for the only image of a class those of the full model.
    """
    counts = np.bincount(truth, minlength=classes)
    means = _sums(coordinates, truth, classes) / counts.astype(np.float32)[:, np.newaxis]
    residuals = coordinates - means[truth]
    scatter = (residuals.T @ residuals).astype(np.float64)
    scatter[np.diag_indices_from(scatter)] += PRIOR_IMAGES * max(spread, np.finfo(np.float32).tiny)
    freedom = len(truth) - classes + PRIOR_IMAGES
    inverse = np.linalg.inv(scatter).astype(np.float32)
    weights = means @ inverse
    bias = -0.5 * np.einsum("cp,cp->c", weights, means)
    left_out = _left_out(coordinates, truth, counts, means, residuals, inverse) * (freedom - 1)
    sureness = _sureness(left_out, truth, counts[truth] > 1)
    scale = np.float32(freedom * sureness)
    return LinearModel(weights * scale, bias * scale, left_out * np.float32(sureness))


def softmax(logits: Floats) -> Floats:
    """Return probabilities [N, C] of logits [N, C]."""
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


def _sums(coordinates: Floats, truth: Integers, classes: int) -> Floats:
    chosen = np.zeros((classes, len(truth)), np.float32)
    chosen[truth, np.arange(len(truth))] = 1
    result: Floats = chosen @ coordinates
    return result


def _left_out(
    coordinates: Floats, truth: Integers, counts: Integers, means: Floats, residuals: Floats, inverse: Floats
) -> Floats:
    """Return minus half the squared distances [n, C] to the class means, each image taken out of mean and covariance.

    Taking one image out changes the scatter by a matrix of rank one (Sherman and Morrison, 1950).
    """
    everyone = np.arange(len(truth))
    others = np.maximum(counts[truth] - 1, 1).astype(np.float32)
    factor = np.where(counts[truth] > 1, counts[truth] / others, 0).astype(np.float32)
    turned = residuals @ inverse
    own = np.einsum("np,np->n", turned, residuals)
    across = np.einsum("np,np->n", turned, coordinates)[:, np.newaxis] - turned @ means.T
    length = np.einsum("np,np->n", coordinates @ inverse, coordinates)
    weights = means @ inverse
    distances = length[:, np.newaxis] - 2 * coordinates @ weights.T + np.einsum("cp,cp->c", weights, means)
    rest = np.maximum(1 - factor * own, np.finfo(np.float32).eps)
    distances += (factor / rest)[:, np.newaxis] * across**2
    distances[everyone, truth] = np.where(factor > 0, factor**2 * own / rest, distances[everyone, truth])
    result: Floats = -0.5 * distances
    return result


def _sureness(logits: Floats, truth: Integers, known: NDArray[np.bool_]) -> float:
    """Return the factor for logits [n, C] with the lowest log loss, one image's weight given to all classes alike.

    Without that image a few labels that happen to fit would make every confidence 1. The loss is convex in the factor.
    """
    logits, truth = logits[known], truth[known]
    if not len(truth):
        return 1.0
    logits = logits - logits.max(axis=1, keepdims=True)
    doubt = 1 / len(truth)
    given = logits[np.arange(len(truth)), truth].sum(dtype=np.float64)
    wanted = (given + doubt * logits.mean(axis=1).sum(dtype=np.float64)) / (1 + doubt)
    low, high = SURENESS_LIMITS
    factor = 1.0
    for _ in range(STEPS):
        shares = np.exp(logits * np.float32(factor))
        total = shares.sum(axis=1)
        first = (shares * logits).sum(axis=1) / total
        slope = first.sum(dtype=np.float64) - wanted
        low, high = (factor, high) if slope < 0 else (low, factor)
        curve = ((shares * logits**2).sum(axis=1) / total - first**2).sum(dtype=np.float64)
        step = factor - slope / curve if curve > 0 else high
        before, factor = factor, step if low < step < high else (low * high) ** 0.5
        if abs(factor - before) <= CLOSE_ENOUGH * before:
            break
    return float(factor)
