"""Group images that show the same photo: copies, resized, compressed, mirrored or slightly cropped.

Perceptual hashes propose pairs; the cosine of the features or, where both were measured, the difference of their tiny
pictures decides. Measured in docs/decisions.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.dataset.perceptual_hash import MIRRORED

FURTHEST = 14  # bits of 64 between two hashes; beyond it no pair is looked at
FURTHEST_ALONE = 3  # bits, where there are no features to ask
# Two tiny pictures are one photo where their levels differ by no more: so many of 255, and less in pictures of little
# contrast, down to rounding.
MOST_LEVELS = 5.5
MOST_OF_CONTRAST = 0.25  # of the standard deviation of the levels
LEAST_LEVELS = 1.0
MIDDLE_LEVEL = 128
ROWS_AT_ONCE = 256
PAIRS_AT_ONCE = 8192
MANY = 0.03  # of the pairs; above it a product of matrices is quicker

Hashes = NDArray[np.uint64]
Integers = NDArray[np.int64]
Floats = NDArray[np.float32]
Products = Callable[[Integers, Integers], Floats]


@dataclass(frozen=True)
class Likeness:
    """By features, a pair is one photo where cosine >= least_cosine + cosine_per_bit * (bits between the hashes)."""

    least_cosine: float
    cosine_per_bit: float


RELATED = Likeness(0.70, 0.02)  # also cropped copies, and some photos taken alike: must not straddle a split
COPIES = Likeness(0.95, 0.0)  # what a user can be shown as the same photo


def group_near_duplicates(
    hashes: Hashes,
    features: Floats | None,
    pictures: NDArray[np.uint8] | None = None,
    likeness: Likeness = RELATED,
) -> Integers:
    """Return a group number for each of N images, 0 upwards in order of first appearance.

    `hashes` [N] are perceptual hashes; `features` [N, D] of one network, or None to go by near-equal hashes alone.
    `pictures` [N, S, S, 3] are tiny copies, zeros where there is none. Groups are closed: where A is like B and B like
    C, all three are together.
    """
    groups = _Groups(len(hashes))
    judges = [] if features is None else [_by_features(features, likeness)]
    judges += [] if pictures is None else [_by_pictures(pictures)]
    for start in range(0, len(hashes), ROWS_AT_ONCE):
        bits = _differing_bits(hashes[start : start + ROWS_AT_ONCE], hashes[start:])
        rows, columns = np.nonzero(bits <= (FURTHEST if judges else FURTHEST_ALONE))
        later = columns > rows
        rows, columns = rows[later], columns[later]
        block = _Block(start, len(bits), len(rows) > MANY * bits.size)
        tests = [judge(block) for judge in judges]
        for at in range(0, len(rows), PAIRS_AT_ONCE):
            row, column = rows[at : at + PAIRS_AT_ONCE], columns[at : at + PAIRS_AT_ONCE]
            apart = groups.roots[row + start] != groups.roots[column + start]
            row, column = row[apart], column[apart]
            if tests:
                between = bits[row, column]
                same = np.any([test(row, column, between) for test in tests], axis=0)
                row, column = row[same], column[same]
            groups.join(row + start, column + start)
    return groups.numbers()


@dataclass(frozen=True)
class _Block:
    """Some rows, from `start` on, that are compared with all from there on; `many` of those pairs are asked about."""

    start: int
    rows: int
    many: bool

    def products(self, values: Floats, others: Floats) -> Products:
        """Return a function from rows and columns to products of vectors: pair by pair, or all of them at once."""
        some, rest = values[self.start : self.start + self.rows], others[self.start :]
        if self.many:
            product = some @ rest.T
            return lambda rows, columns: product[rows, columns]
        return lambda rows, columns: np.einsum("nd,nd->n", some[rows], rest[columns])


Test = Callable[[Integers, Integers, NDArray[np.uint8]], NDArray[np.bool_]]
Judge = Callable[[_Block], Test]  # the test takes rows and columns of the block, and the bits between their hashes


def _by_features(features: Floats, likeness: Likeness) -> Judge:
    unit = _unit_length(features)

    def judge(block: _Block) -> Test:
        cosines = block.products(unit, unit)
        least, per_bit = likeness.least_cosine, likeness.cosine_per_bit
        return lambda rows, columns, bits: cosines(rows, columns) >= least + per_bit * bits

    return judge


def _by_pictures(pictures: NDArray[np.uint8]) -> Judge:
    flat = pictures.reshape(len(pictures), int(np.prod(pictures.shape[1:])))
    upright = flat.astype(np.float32) - MIDDLE_LEVEL
    mirrored = pictures[:, :, ::-1].reshape(flat.shape).astype(np.float32) - MIDDLE_LEVEL
    squares = np.einsum("nd,nd->n", upright, upright)
    most = np.clip(MOST_OF_CONTRAST * upright.std(axis=1), LEAST_LEVELS, MOST_LEVELS)
    furthest = np.where(flat.any(axis=1), most**2 * flat.shape[1], -np.inf)

    def judge(block: _Block) -> Test:
        same_side, other_side = block.products(upright, upright), block.products(upright, mirrored)

        def test(rows: Integers, columns: Integers, bits: NDArray[np.uint8]) -> NDArray[np.bool_]:
            one, other = rows + block.start, columns + block.start
            product = np.maximum(same_side(rows, columns), other_side(rows, columns))
            apart = squares[one] + squares[other] - 2 * product
            return np.asarray(apart <= np.minimum(furthest[one], furthest[other]))

        return test

    return judge


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
