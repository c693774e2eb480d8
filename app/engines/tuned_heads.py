"""The linear heads that stand on the features of a fine-tuned network, and on those of a second one beside it."""

import threading
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from app.engines.linear_head import HEADS, LinearHead, Projection
from app.engines.protocol import OnEvent
from app.engines.quick_training import choose_strength
from app.engines.snapshot import Snapshot, Split
from app.features.rooted import root_normalised

Floats = NDArray[np.float32]


def fit_head(
    features: Floats,
    snapshot: Snapshot,
    split: Split,
    positions: list[int],
    on_event: OnEvent,
    cancel: threading.Event,
) -> LinearHead:
    """Fit a head of the snapshot's kind on features [N, D] of the images at N positions.

    It looks at rooted features [N, D]; its strength is chosen by cross-validation.
    """
    truth = np.array([snapshot.images[position].label for position in positions])
    groups = np.array([split.groups[position] for position in positions])
    rooted = root_normalised(features)
    with threadpool_limits(limits=1):
        projection = Projection.fit(rooted)
        projected = projection.apply(rooted)
        strength, _ = choose_strength(snapshot, projected, truth, groups, on_event, cancel)
        return HEADS[snapshot.head](projected, truth, strength).behind(projection)


def logits_of(heads: Mapping[str, LinearHead], seen: Mapping[str, Floats]) -> Floats:
    """Return the sum of the heads' logits [N, C] of the features [N, D] that were seen, by the same names."""
    return np.sum([head.logits(root_normalised(seen[name])) for name, head in heads.items()], axis=0)
