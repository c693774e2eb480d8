"""Images that show the same photo, in groups, and which of each group to keep."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.assist.reduction import FeatureRows
from app.assist.suggest import UNLABELLED
from app.features.duplicates import COPIES, group_near_duplicates

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class DuplicateGroup:
    """Positions of images of one photo, the one to keep first; `exact` if all files have the same content."""

    positions: tuple[int, ...]
    exact: bool
    labels_differ: bool

    @property
    def keep(self) -> int:
        """Return the position of the image to keep: of the labelled ones, if any, the largest."""
        return self.positions[0]

    @property
    def others(self) -> tuple[int, ...]:
        """Return the positions of the images that say nothing new."""
        return self.positions[1:]


def find_duplicates(
    digests: Sequence[str],
    hashes: NDArray[np.uint64],
    features: FeatureRows,
    appearances: NDArray[np.void],
    labels: Integers,
) -> tuple[DuplicateGroup, ...]:
    """Group N images of the same photo, in order of their first images; photos without a copy are left out.

    `digests` name contents, `hashes` [N] are perceptual, `features` [N, D] of one network, `appearances` [N] records
    of `APPEARANCE`, `labels` [N] class ids or -1.
    """
    _, first, content = np.unique(np.asarray(digests, dtype=str), return_index=True, return_inverse=True)
    groups = group_near_duplicates(hashes[first], features[first], appearances["picture"][first], COPIES)[content]
    pixels = appearances["width"].astype(np.int64) * appearances["height"]
    order = np.lexsort((-pixels, labels == UNLABELLED, groups))
    found = [_group(members, content, labels) for members in _runs(order, groups[order])]
    return tuple(sorted(found, key=lambda group: min(group.positions)))


def _runs(order: Integers, groups: Integers) -> Iterator[Integers]:
    """Yield the members of each group that has several."""
    starts = np.flatnonzero(np.diff(groups)) + 1
    yield from (members for members in np.split(order, starts) if len(members) > 1)


def _group(members: Integers, content: Integers, labels: Integers) -> DuplicateGroup:
    given = labels[members]
    differ = len(np.unique(given[given != UNLABELLED])) > 1
    return DuplicateGroup(tuple(members.tolist()), len(np.unique(content[members])) == 1, differ)
