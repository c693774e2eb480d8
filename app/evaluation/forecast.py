"""A learning curve carried on: a power law through the errors at several sizes, and how sure it is.

Error = a + b · n^-c, with a and b not below 0: Cortes et al., "Learning curves: asymptotic values and rate of
convergence", NIPS 6 (1993). It is fitted again to the errors of images and subsamples drawn again, which gives the
interval.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.evaluation.intervals import PERCENTILES, Interval, Resamples

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

POWERS = np.geomspace(0.1, 2.0, 24)  # the powers c that are tried
DRAWS = 400
FURTHEST = 1.0  # as many more images as there are: what lies beyond is no forecast any more
FLAT_GAIN = 0.005  # half a point: what is surely less than that is called flat
SMALLEST = 1e-9


@dataclass(frozen=True)
class Law:
    """Power laws, one for each draw: a [D], b [D], c [D]."""

    a: Floats
    b: Floats
    c: Floats

    def errors(self, sizes: Floats) -> Floats:
        """Return the errors [D, S] at sizes [S]."""
        powers: Floats = self.a[:, None] + self.b[:, None] * sizes[None, :] ** -self.c[:, None]
        return powers


def fit_power_law(sizes: Floats, errors: Floats) -> Law:
    """Fit errors [D, S] at sizes [S]; larger sizes count more, as they are nearer to what is asked."""
    weights = sizes / sizes.sum()
    best = np.full(len(errors), np.inf)
    a, b, c = (np.zeros(len(errors)) for _ in range(3))
    for power in POWERS:
        fall = sizes**-power
        centre, means = weights @ fall, errors @ weights
        spread = weights @ (fall - centre) ** 2
        slope = np.maximum(0.0, (errors - means[:, None]) @ (weights * (fall - centre)) / max(spread, SMALLEST**2))
        start = means - slope * centre
        through_zero = np.maximum(0.0, errors @ (weights * fall) / (weights @ fall**2))
        slope, start = np.where(start < 0, through_zero, slope), np.maximum(start, 0.0)
        loss = (errors - start[:, None] - slope[:, None] * fall) ** 2 @ weights
        better = loss < best
        best, a, b = np.where(better, loss, best), np.where(better, start, a), np.where(better, slope, b)
        c = np.where(better, power, c)
    return Law(a, b, c)


@dataclass(frozen=True)
class Curve:
    """Accuracy at sizes, each with its interval, the law through them, and laws through draws for the interval.

    `images` are those that a model learns from now; `growth` is the interval of the gain over the last two thirds.
    """

    sizes: tuple[int, ...]
    accuracy: tuple[float, ...]
    intervals: tuple[Interval, ...]
    images: int
    law: tuple[float, float, float]
    draws: tuple[tuple[float, float, float], ...]
    growth: Interval

    @property
    def grows(self) -> bool:
        """Tell whether more images helped so far by more than chance; without that there is nothing to carry on."""
        return self.growth[0] > 0

    @property
    def furthest(self) -> int:
        """Return the most additional images that a forecast is given for."""
        return max(1, int(FURTHEST * self.images))

    def gain(self, more: int) -> tuple[float, Interval]:
        """Return what so many more images would add to the accuracy, 0 to 1, and its 95% interval."""
        value = float(_gains(self, np.array([self.law]), more)[0])
        low, high = np.percentile(_gains(self, np.array(self.draws), more), PERCENTILES)
        return value, (float(min(low, value)), float(max(high, value)))

    def path(self, sizes: Floats) -> tuple[Floats, Floats, Floats]:
        """Return accuracy [S] and both ends of its interval [S] of the law at sizes [S]."""
        drawn = 1 - _law(np.array(self.draws)).errors(sizes)
        low, high = np.percentile(drawn, PERCENTILES, axis=0)
        return 1 - _law(np.array([self.law])).errors(sizes)[0], low, high


def _law(values: Floats) -> Law:
    return Law(values[:, 0], values[:, 1], values[:, 2])


def _gains(curve: Curve, values: Floats, more: int) -> Floats:
    errors = _law(values).errors(np.array([curve.images, curve.images + more], np.float64))
    gains: Floats = errors[:, 0] - errors[:, 1]
    return gains


def curve_through(sizes: Integers, wrong: Booleans, groups: Integers, images: int) -> Curve:
    """Return the curve of what was wrong [S, repeats, N] at sizes [S]; by `groups` [N] they go together."""
    count, repeats, total = wrong.shape
    at = sizes.astype(np.float64)
    measured = wrong.mean(axis=(1, 2))
    sums = Resamples(groups, resamples=DRAWS).sums(
        np.concatenate([wrong.reshape(count * repeats, total).T.astype(np.float64), np.ones((total, 1))], axis=1)
    )
    shares = (sums[:, :-1] / np.maximum(sums[:, -1:], 1)).reshape(DRAWS, count, repeats)
    source = np.random.default_rng(0)
    chosen = source.integers(repeats, size=(DRAWS, repeats))
    errors = np.take_along_axis(shares, chosen[:, None, :].repeat(count, axis=1), axis=2).mean(axis=2)
    law, drawn = fit_power_law(at, measured[None, :]), fit_power_law(at, errors)
    low, high = np.percentile(1 - errors, PERCENTILES, axis=0)
    early = int(np.abs(at - at[-1] / 3).argmin())
    growth = np.percentile(errors[:, early] - errors[:, -1], PERCENTILES)
    return Curve(
        tuple(sizes.tolist()),
        tuple((1 - measured).tolist()),
        tuple(zip(low.tolist(), high.tolist(), strict=True)),
        images,
        (float(law.a[0]), float(law.b[0]), float(law.c[0])),
        tuple(zip(drawn.a.tolist(), drawn.b.tolist(), drawn.c.tolist(), strict=True)),
        (float(growth[0]), float(growth[1])),
    )
