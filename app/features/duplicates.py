"""Group images that show the same photo: copies, resized, compressed, mirrored or slightly cropped.

Perceptual hashes propose pairs, the cosine of the features decides. Measured in docs/decisions.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from app.dataset.perceptual_hash import MIRRORED

FURTHEST = 14  # bits of 64 between two hashes; beyond it no pair is looked at
FURTHEST_ALONE = 3  # bits, where there are no features to ask
# A pair is one photo where cosine >= LEAST_COSINE + COSINE_PER_BIT * (bits between the hashes).
LEAST_COSINE = 0.70
COSINE_PER_BIT = 0.02
ROWS_AT_ONCE = 256
PAIRS_AT_ONCE = 8192
MANY = 0.03  # of the pairs; above it a product of matrices is quicker

Hashes = NDArray[np.uint64]
Integers = NDArray[np.int64]
Cosines = Callable[[Integers, Integers], NDArray[np.float32]]


def group_near_duplicates(hashes: Hashes, features: NDArray[np.float32] | None) -> Integers:
    """Return a group number for each of N images, 0 upwards in order of first appearance.

    `hashes` [N] are perceptual hashes; `features` [N, D] of one network, or None to go by near-equal hashes alone.
    Groups are closed: where A is like B and B like C, all three are together.
    """
    groups = _Groups(len(hashes))
    unit = None if features is None else _unit_length(features)
    for start in range(0, len(hashes), ROWS_AT_ONCE):
        bits = _differing_bits(hashes[start : start + ROWS_AT_ONCE], hashes[start:])
        rows, columns = np.nonzero(bits <= (FURTHEST_ALONE if unit is None else FURTHEST))
        later = columns > rows
        rows, columns = rows[later], columns[later]
        cosines = None if unit is None else _cosines(unit[start:], bits.shape, len(rows))
        for at in range(0, len(rows), PAIRS_AT_ONCE):
            row, column = rows[at : at + PAIRS_AT_ONCE], columns[at : at + PAIRS_AT_ONCE]
            apart = groups.roots[row + start] != groups.roots[column + start]
            row, column = row[apart], column[apart]
            if cosines is not None:
                same = cosines(row, column) >= LEAST_COSINE + COSINE_PER_BIT * bits[row, column]
                row, column = row[same], column[same]
            groups.join(row + start, column + start)
    return groups.numbers()


def _unit_length(features: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.linalg.norm(features, axis=1, keepdims=True)
    unit: NDArray[np.float32] = features / np.maximum(length, np.finfo(np.float32).tiny)
    return unit


def _differing_bits(some: Hashes, others: Hashes) -> NDArray[np.uint8]:
    """Count the bits [len(some), len(others)] between hashes, or between one and the other's mirror image."""
    differing = some[:, np.newaxis] ^ others
    bits = np.bitwise_count(differing)
    differing ^= np.uint64(MIRRORED)
    return np.minimum(bits, np.bitwise_count(differing), out=bits)


def _cosines(unit: NDArray[np.float32], shape: tuple[int, ...], pairs: int) -> Cosines:
    """Return a function from rows and columns to cosines: pair by pair, or by one product where they are many."""
    if pairs > MANY * shape[0] * shape[1]:
        product = unit[: shape[0]] @ unit.T
        return lambda rows, columns: product[rows, columns]
    return lambda rows, columns: np.einsum("nd,nd->n", unit[rows], unit[columns])


class _Groups:
    """Which images belong together; `roots` [N] names the first member of each one's group."""

    def __init__(self, count: int):
        self.roots: Integers = np.arange(count)

    def join(self, left: Integers, right: Integers) -> None:
        """Put the images of each pair into one group."""
        if not len(left):
            return
        for one, other in zip(left.tolist(), right.tolist(), strict=True):
            first, second = sorted((self._root(one), self._root(other)))
            self.roots[second] = first
        while not np.array_equal(flat := self.roots[self.roots], self.roots):
            self.roots = flat

    def _root(self, image: int) -> int:
        while (above := int(self.roots[image])) != image:
            image = above
        return image

    def numbers(self) -> Integers:
        """Number the groups."""
        _, numbers = np.unique(self.roots, return_inverse=True)
        return numbers.astype(np.int64)
