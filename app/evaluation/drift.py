"""Do new images look like those that were trained on? They are compared by their novelty."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEWEST = 20  # images on either side, below which nothing can be said
SURE = 0.001  # probability of a difference so large by chance, below which it is told
NOTABLE = 0.15  # least distance between the two distributions, 0 to 1, that matters in practice


@dataclass(frozen=True)
class Drift:
    """The distance between two distributions of novelty, 0 to 1, and the probability of as much by chance."""

    distance: float
    probability: float
    images: int

    @property
    def notable(self) -> bool:
        """Tell whether the new images differ from the training images, surely and by much."""
        return self.probability < SURE and self.distance >= NOTABLE


def drift_of(new: NDArray[np.floating], known: NDArray[np.floating]) -> Drift | None:
    """Compare the novelty of new images [N] with that of held-out training images [M]; None for too few.

    The one-sided two-sample test of Kolmogorov and Smirnov, by scipy: only more novelty than before is a difference.
    """
    from scipy.stats import ks_2samp

    if min(len(new), len(known)) < FEWEST:
        return None
    found = ks_2samp(np.asarray(new, np.float64), np.asarray(known, np.float64), method="asymp", alternative="less")
    return Drift(float(found.statistic), float(found.pvalue), len(new))
