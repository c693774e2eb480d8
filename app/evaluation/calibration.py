"""Calibration: make a confidence of 0.8 right in 80 % of the cases."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Integers = NDArray[np.integer]

LARGEST_FACTOR = 20.0
BINS = 15


def softmax(logits: Floats, temperature: float = 1.0) -> NDArray[np.float64]:
    """Return probabilities [N, C] of logits [N, C] divided by a temperature above 0."""
    scaled = np.asarray(logits, np.float64) / temperature
    likelihood = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = likelihood / likelihood.sum(axis=1, keepdims=True)
    return shares


def negative_log_likelihood(logits: Floats, truth: Integers, temperature: float = 1.0) -> float:
    """Return the mean negative log likelihood of the true classes [N], at least 0."""
    scaled = np.asarray(logits, np.float64) / temperature
    shifted = scaled - scaled.max(axis=1, keepdims=True)
    chosen = shifted[np.arange(len(truth)), truth]
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - chosen))


def fit_temperature(logits: Floats, truth: Integers) -> float:
    """Return the temperature with the lowest log loss on held-out logits [N, C], never worse than 1.

    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 4.2.
    """
    from scipy.optimize import minimize_scalar

    bound = np.log(LARGEST_FACTOR)
    found = minimize_scalar(
        lambda log_temperature: negative_log_likelihood(logits, truth, float(np.exp(log_temperature))),
        bounds=(-bound, bound),
        method="bounded",
    )
    return float(np.exp(found.x)) if found.fun < negative_log_likelihood(logits, truth) else 1.0


def expected_calibration_error(probabilities: Floats, truth: Integers) -> float:
    """Return the mean gap between confidence and accuracy over 15 equal bins, 0 to 1.

    Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gap = np.bincount(bins, weights=confidence - right, minlength=BINS)
    return float(np.abs(gap).sum() / len(truth))
