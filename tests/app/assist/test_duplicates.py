"""Copies are grouped, and the best one of each group is to be kept."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.assist.duplicates import DuplicateGroup, find_duplicates
from app.dataset.appearance import APPEARANCE
from app.dataset.perceptual_hash import MIRRORED

WIDTH = 16


class Photos:
    """Random photos that can be copied; features of copies have nothing in common, as those of tiny copies may."""

    def __init__(self, count: int, seed: int = 0):
        source = np.random.default_rng(seed)
        self.digests = [f"{number:032x}" for number in range(count)]
        self.hashes = source.integers(0, 1 << 64, count, np.uint64)
        self.features = np.abs(source.standard_normal((count, WIDTH))).astype(np.float32)
        self.features[np.arange(count), np.arange(count) % WIDTH] += 5
        self.appearances = np.zeros(count, APPEARANCE)
        self.appearances["width"], self.appearances["height"] = 400, 300
        self.appearances["picture"] = source.integers(0, 256, self.appearances["picture"].shape)
        self.labels = np.full(count, -1)
        self._source = source

    def copy(self, original: int, to: int, width: int = 400, mirrored: bool = False) -> None:
        """Make one image a resized and compressed copy of another."""
        self.hashes[to] = self.hashes[original] ^ np.uint64(0b101) ^ np.uint64(MIRRORED if mirrored else 0)
        picture = self.appearances["picture"][original].astype(np.int64)
        noisy = picture + self._source.integers(-4, 5, picture.shape)
        self.appearances["picture"][to] = noisy.clip(0, 255)[:, :: -1 if mirrored else 1]
        self.appearances["width"][to], self.appearances["height"][to] = width, width * 3 // 4

    def found(self) -> tuple[DuplicateGroup, ...]:
        return find_duplicates(self.digests, self.hashes, self.features, self.appearances, self.labels)


def test_copies_are_found_the_largest_first() -> None:
    photos = Photos(40)
    photos.copy(7, 3, width=200)
    photos.copy(7, 30, width=800)
    photos.copy(20, 21, mirrored=True)
    assert photos.found() == (
        DuplicateGroup((30, 7, 3), exact=False, labels_differ=False),
        DuplicateGroup((20, 21), exact=False, labels_differ=False),
    )


def test_a_labelled_image_is_kept_rather_than_a_larger_one() -> None:
    photos = Photos(10)
    photos.copy(2, 5, width=900)
    photos.copy(2, 6, width=500)
    photos.labels[[2, 6]] = 4
    (group,) = photos.found()
    assert (group.keep, group.others, group.labels_differ) == (6, (2, 5), False)
    photos.labels[2] = 1
    (group,) = photos.found()
    assert group.labels_differ


def test_the_same_content_is_exact_whatever_was_measured() -> None:
    photos = Photos(10)
    photos.digests[8] = photos.digests[1]
    photos.features[[1, 8]] = 0
    photos.appearances[[1, 8]] = np.zeros((), APPEARANCE)
    assert photos.found() == (DuplicateGroup((1, 8), exact=True, labels_differ=False),)
    photos.digests[9] = photos.digests[2]
    photos.copy(2, 4)
    assert photos.found()[1] == DuplicateGroup((2, 4, 9), exact=False, labels_differ=False)


def test_images_that_were_not_measured_go_by_their_features() -> None:
    photos = Photos(10)
    photos.copy(1, 2)
    photos.appearances[[1, 2]] = np.zeros((), APPEARANCE)
    assert photos.found() == ()
    photos.features[2] = photos.features[1]
    assert [group.positions for group in photos.found()] == [(1, 2)]


def test_near_hashes_of_different_pictures_are_not_enough() -> None:
    photos = Photos(10)
    photos.hashes[:] = photos.hashes[0]
    assert photos.found() == ()


def test_pictures_of_little_contrast_must_be_nearer() -> None:
    photos = Photos(4)
    photos.hashes[:] = 0
    photos.appearances["picture"] = 120
    faint = np.random.default_rng(0).integers(-4, 5, (4, *photos.appearances["picture"].shape[1:]))
    photos.appearances["picture"] = (120 + faint).astype(np.uint8)
    assert photos.found() == ()


@given(
    copies=st.lists(st.tuples(st.integers(0, 19), st.integers(20, 39)), max_size=15, unique_by=lambda pair: pair[1]),
    labelled=st.sets(st.integers(0, 39)),
)
def test_groups_are_the_originals_with_their_copies(copies: list[tuple[int, int]], labelled: set[int]) -> None:
    photos = Photos(40, seed=1)
    photos.labels[sorted(labelled)] = 0
    expected: dict[int, set[int]] = {}
    for original, to in copies:
        photos.copy(original, to, width=100 * (to - 10))
        expected.setdefault(original, {original}).add(to)
    found = photos.found()
    assert [set(group.positions) for group in found] == [expected[original] for original in sorted(expected)]
    for group in found:
        candidates = set(group.positions) & labelled or set(group.positions)
        assert group.keep in candidates
        widths = photos.appearances["width"]
        assert widths[group.keep] == max(widths[one] for one in candidates)


def test_no_images() -> None:
    empty: NDArray[np.uint64] = np.zeros(0, np.uint64)
    features = np.zeros((0, WIDTH), np.float32)
    assert find_duplicates([], empty, features, np.zeros(0, APPEARANCE), np.zeros(0, np.int64)) == ()
