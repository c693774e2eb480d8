"""Calibration: make a confidence of 0.8 right in 80% of the cases."""

import numpy as np
from numpy.typing import NDArray

from app.errors import InputError

Floats = NDArray[np.floating]
Integers = NDArray[np.integer]

LARGEST_FACTOR = 20.0
BINS = 15


def softmax(logits: Floats, temperature: float = 1.0) -> NDArray[np.float64]:
    """Return probabilities [N, C] of logits [N, C] divided by a temperature above 0."""
    shares: NDArray[np.float64] = np.exp(_log_softmax(logits, temperature))
    return shares


def negative_log_likelihood(logits: Floats, truth: Integers, temperature: float = 1.0) -> float:
    """Return the mean negative log likelihood of the true classes [N], in nats, at least 0."""
    return float(-_log_softmax(logits, temperature)[np.arange(len(truth)), truth].mean())


def _log_softmax(logits: Floats, temperature: float) -> NDArray[np.float64]:
    scaled = np.asarray(logits, np.float64) / temperature
    shifted = scaled - scaled.max(axis=1, keepdims=True)
    chances: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return chances


def fit_temperature(logits: Floats, truth: Integers) -> float:
    """Return the temperature, 0.05 to 20, that makes softmax(logits / temperature) honest on held-out logits [N, C].

    It has the lowest log loss on them and on one imagined image of equal truth in every class, which keeps confidence
    below 1 where all N are right; it is 1 where that would raise the log loss, and where there are no logits. Raises
    InputError for values that are not finite and shapes that do not belong together.
    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 4.2.
    """
    from scipy.optimize import minimize_scalar

    if logits.ndim != 2 or truth.shape != logits.shape[:1] or not np.isfinite(logits).all():
        raise InputError("The model's scores cannot be calibrated.", "Train again.")
    if len(truth) == 0:
        return 1.0
    bound = np.log(LARGEST_FACTOR)
    found = minimize_scalar(
        lambda log_temperature: _doubtful_loss(logits, truth, float(np.exp(log_temperature))),
        bounds=(-bound, bound),
        method="bounded",
    )
    temperature = float(np.exp(found.x))
    better = negative_log_likelihood(logits, truth, temperature) < negative_log_likelihood(logits, truth)
    return temperature if better else 1.0


def _doubtful_loss(logits: Floats, truth: Integers, temperature: float) -> float:
    """Return the log loss with one image's weight given to all classes alike."""
    chances = _log_softmax(logits, temperature)
    known = -chances[np.arange(len(truth)), truth].mean()
    return float(known - chances.mean() / len(truth))


def expected_calibration_error(probabilities: Floats, truth: Integers) -> float:
    """Return the mean gap between confidence and accuracy over 15 equal bins, 0 to 1, for probabilities [N, C].

    Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gap = np.bincount(bins, weights=confidence - right, minlength=BINS)
    return float(np.abs(gap).sum() / len(truth))
