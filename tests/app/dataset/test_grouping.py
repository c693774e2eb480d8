"""Groups by folder, name and time; joined with near-duplicates they never straddle a division."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from app.dataset.grouping import FOLDER, NOTHING, PATTERN, TIME, Grouping, group_names, join_groups
from app.dataset.split import TEST, TRAIN, assign_splits
from app.errors import InputError

NAMES = ["a/p1_left.jpg", "a/p1_right.jpg", "b/p2_left.jpg", "b/deep/other.jpg"]
NEVER: list[datetime | None] = [None] * len(NAMES)


def test_folder_and_name() -> None:
    assert group_names(NAMES, NEVER, Grouping()) == [None] * 4
    assert group_names(NAMES, NEVER, Grouping(FOLDER)) == ["a", "a", "b", "b/deep"]
    assert group_names(NAMES, NEVER, Grouping(PATTERN, r"^p\d")) == ["p1", "p1", "p2", None]
    assert group_names(NAMES, NEVER, Grouping(PATTERN, r"_(\w+)\.")) == ["left", "right", "left", None]


def test_a_gap_in_time_begins_a_new_group() -> None:
    start = datetime(2026, 5, 1, 12)
    times = [start + timedelta(seconds=second) for second in (130, 0, 60, 61)]
    found = group_names(NAMES, [*times[:3], None], Grouping(TIME, gap_seconds=60))
    assert found[1] == found[2] == start.isoformat()
    assert found[0] == times[0].isoformat()
    assert found[3] is None
    assert len(set(group_names(NAMES, times, Grouping(TIME, gap_seconds=70)))) == 1


@pytest.mark.parametrize("grouping", [
    Grouping("colour"), Grouping(PATTERN, ""), Grouping(PATTERN, "("), Grouping(TIME, gap_seconds=-1),
    Grouping(TIME, gap_seconds=float("nan")),
])  # fmt: skip
def test_ways_that_are_none_are_refused(grouping: Grouping) -> None:
    with pytest.raises(InputError):
        group_names(NAMES, NEVER, grouping)


def test_groups_are_joined_through_each_other() -> None:
    joined = join_groups([0, 0, 1, 2, 3], [["x"], [], ["y"], ["x", "y"], []])
    assert joined == [0, 0, 0, 0, 1]
    assert join_groups([4, 2, 4], [(), (), ()]) == [0, 1, 0]


@pytest.mark.parametrize("seed", range(40))
def test_no_group_straddles_a_split_and_old_images_stay_where_they_were(seed: int) -> None:
    random = np.random.default_rng(seed)
    count = int(random.integers(6, 120))
    digests = [f"{number:032x}" for number in random.permutation(count)]
    alike = random.integers(0, count, count).tolist()
    names = [[str(one)] if one % 3 else [] for one in random.integers(0, count, count)]
    labels = random.integers(0, 3, count).tolist()
    groups = join_groups(alike, names)
    old = int(random.integers(1, count))
    none: list[str | None] = [None] * count
    before = assign_splits(digests[:old], join_groups(alike[:old], names[:old]), labels[:old], none[:old])
    kept = [*before, *none[old:]]
    parts = assign_splits(digests, groups, labels, none, before=kept)
    for group in set(groups):
        members = np.flatnonzero(np.array(groups) == group)
        assert len({parts[one] for one in members}) == 1
        parts_before = {kept[one] for one in members} - {None}
        if len(parts_before) == 1:
            assert {parts[one] for one in members} == parts_before
        elif parts_before:
            assert {parts[one] for one in members} == {TRAIN}


def test_new_images_fill_what_is_missing_of_the_test_part() -> None:
    digests = [f"{number:032x}" for number in range(400)]
    labels = [number % 2 for number in range(400)]
    before = assign_splits(digests[:100], list(range(100)), labels[:100], [None] * 100)
    parts = assign_splits(digests, list(range(400)), labels, [None] * 400, before=[*before, *[None] * 300])
    assert parts[:100] == before
    assert parts.count(TEST) == 60


def test_a_grouping_can_be_stored() -> None:
    assert Grouping.from_json(Grouping(TIME, "", 5.0).to_json()) == Grouping(TIME, "", 5.0)
    assert Grouping().by == NOTHING
