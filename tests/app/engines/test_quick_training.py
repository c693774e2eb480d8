"""Folds of the quick engine: near-duplicates on one side, every class on both."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engines.quick_training import _folds
from app.errors import InputError

GROUPS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), min_size=12, max_size=40)


@settings(max_examples=40, deadline=None)
@given(groups=GROUPS, seed=st.integers(0, 5))
def test_groups_stay_together_and_each_image_is_held_out_once(groups: list[tuple[int, int]], seed: int) -> None:
    sized = [*groups, (0, 1), (0, 1), (1, 2), (1, 1), (2, 1), (2, 2)]
    truth = np.array([label for label, size in sized for _ in range(size)])
    members = np.array([number for number, (_, size) in enumerate(sized) for _ in range(size)])
    held_out_counts = np.zeros(len(truth), int)
    for training, held_out in _folds(truth, members, seed):
        assert not set(members[training]) & set(members[held_out])
        assert set(truth[training]) == {0, 1, 2}
        held_out_counts[held_out] += 1
    assert (held_out_counts == 1).all()


def test_a_class_of_copies_of_one_image_is_refused() -> None:
    with pytest.raises(InputError, match="too few different images"):
        list(_folds(np.array([0, 0, 1, 1, 1]), np.array([0, 1, 2, 2, 2]), 0))


def test_the_same_seed_gives_the_same_folds() -> None:
    truth, members = np.arange(40) % 2, np.arange(40)
    first, again = (list(_folds(truth, members, 3)) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one[1], other[1])
