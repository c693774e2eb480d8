"""Which images are test images."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from app.dataset.split import TEST, TRAIN, assign_splits


def digests(count: int, start: int = 0) -> list[str]:
    return [f"{number:032x}" for number in range(start, start + count)]


def alone(labels: list[int], seed: int = 0, share: float = 0.15) -> list[str]:
    """Split images without near-duplicates."""
    count = len(labels)
    return assign_splits(digests(count), range(count), labels, [None] * count, seed, share)


@st.composite
def grouped(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Draw groups, some of several images, and classes, mostly the same within a group."""
    count = draw(st.integers(1, 60))
    groups = draw(st.lists(st.integers(0, count - 1), min_size=count, max_size=count))
    labels = [group % 4 if draw(st.integers(0, 9)) else draw(st.integers(0, 3)) for group in groups]
    return groups, labels


@given(grouped(), st.integers(0, 5), st.sampled_from([0.0, 0.15, 0.5, 0.9]))
def test_no_group_straddles_and_every_class_can_be_trained(
    data: tuple[list[int], list[int]], seed: int, share: float
) -> None:
    groups, labels = data
    parts = assign_splits(digests(len(groups)), groups, labels, [None] * len(groups), seed, share)
    assert all(
        len({part for part, other in zip(parts, groups, strict=True) if other == group}) == 1 for group in groups
    )
    for label in set(labels):
        of_class = {group for group, other in zip(groups, labels, strict=True) if other == label}
        trained = {
            group for group, other, part in zip(groups, labels, parts, strict=True) if (other, part) == (label, TRAIN)
        }
        assert len(trained) >= min(2, len(of_class))


@given(grouped(), st.integers(0, 9))
def test_order_and_numbering_do_not_matter(data: tuple[list[int], list[int]], seed: int) -> None:
    groups, labels = data
    names = digests(len(groups))
    before = dict(zip(names, assign_splits(names, groups, labels, [None] * len(groups)), strict=True))
    order = list(range(len(groups)))
    random.Random(seed).shuffle(order)
    after = assign_splits(
        [names[at] for at in order],
        [1000 - groups[at] for at in order],
        [labels[at] for at in order],
        [None] * len(order),
    )
    assert dict(zip([names[at] for at in order], after, strict=True)) == before


@given(st.lists(st.integers(0, 3), min_size=1, max_size=80), st.lists(st.integers(0, 3), max_size=5))
def test_new_images_move_at_most_as_many_old_ones(old: list[int], new: list[int]) -> None:
    before, after = alone(old), alone(old + new)
    assert sum(one != other for one, other in zip(before, after, strict=False)) <= len(new)


def test_shares_are_met_in_each_class() -> None:
    labels = [0] * 1000 + [1] * 100 + [2] * 20 + [3] * 3 + [4] * 2 + [5]
    tested = Counter(label for label, part in zip(labels, alone(labels), strict=True) if part == TEST)
    assert tested == {0: 150, 1: 15, 2: 3, 3: 1}


def test_the_seed_draws_other_images() -> None:
    labels = [0] * 200
    assert alone(labels, seed=1) != alone(labels, seed=2)
    assert alone(labels, seed=1) == alone(labels, seed=1)


def test_the_users_own_split_is_kept() -> None:
    fixed = ["train", "validation", "test", None, None, "test"]
    parts = assign_splits(digests(6), [0, 1, 2, 2, 3, 0], [0] * 6, fixed)
    # A loose near-duplicate of a test image joins it; the user's own pair across the parts stays theirs.
    assert parts == [TRAIN, TRAIN, TEST, TEST, TRAIN, TEST]


def test_without_a_test_folder_a_test_part_is_drawn() -> None:
    fixed = ["train"] * 30 + ["validation"] * 10
    assert Counter(assign_splits(digests(40), range(40), [0] * 40, fixed)) == {TRAIN: 34, TEST: 6}


def test_nothing_to_split() -> None:
    assert assign_splits([], [], [], []) == []
