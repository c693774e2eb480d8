"""Features as the linear models take them: the root of each one's share."""

import numpy as np
from numpy.typing import NDArray

TINY = 1e-12


def root_normalised(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divide non-negative features [N, D] by their sum and take the root, so that each row has length 1.

    The linear kernel of the result is the Hellinger kernel: Arandjelović and Zisserman, "Three things everyone
    should know to improve object retrieval", CVPR 2012, section 3.
    """
    total = np.maximum(features.sum(axis=1, keepdims=True), TINY)
    rooted: NDArray[np.float32] = np.sqrt(features / total)
    return rooted
