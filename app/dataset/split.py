"""Divide images into training and test, for ever the same way: by the content of the images alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

TRAIN, TEST = "train", "test"
TEST_SHARE = 0.15
# Training images of different groups that a class keeps, where it has them: one to learn from, one to check on.
FEWEST_GROUPS = 2


def assign_splits(
    images: Sequence[str],
    groups: Sequence[int],
    labels: Sequence[int],
    fixed: Sequence[str | None],
    seed: int = 0,
    test_share: float = TEST_SHARE,
    before: Sequence[str | None] = (),
) -> list[str]:
    """Return "train" or "test" for each image, given content digests, near-duplicate groups and classes.

    Where `fixed` names a test image, the user's own split is kept: what is not in their test part is training,
    apart from near-duplicates of test images that belong to no part. Validation counts as training: an engine
    that needs a validation part takes it from there. Otherwise about `test_share` of each class is test, at least
    one image where the class has three groups or more. A group is never divided, and each class keeps two
    groups (or all of its only one) to train on. The order of the input and the numbers of the groups do not
    matter: groups are taken in the order of a hash of their content.

    `before` names the part that an image was in, if any, and there it stays: new images join their group's part, or
    are drawn as far as test images are missing. Only where a new image shows that old ones of both parts belong
    together, all of them become training images.
    """
    if TEST in fixed:
        return _kept(groups, fixed)
    members = _members(images, groups, labels, seed)
    in_test = _drawn(members, Counter(labels), test_share, _settled(groups, before))
    return [TEST if group in in_test else TRAIN for group in groups]


@dataclass(frozen=True)
class _Group:
    order: bytes
    number: int
    classes: dict[int, int]  # how many images of each class


def _kept(groups: Sequence[int], fixed: Sequence[str | None]) -> list[str]:
    parts: dict[int, set[str]] = {}
    for group, part in zip(groups, fixed, strict=True):
        if part is not None:
            parts.setdefault(group, set()).add(TEST if part == TEST else TRAIN)
    joins_test = {group for group, found in parts.items() if found == {TEST}}
    return [
        TEST if part == TEST or (part is None and group in joins_test) else TRAIN
        for group, part in zip(groups, fixed, strict=True)
    ]


def _members(images: Sequence[str], groups: Sequence[int], labels: Sequence[int], seed: int) -> list[_Group]:
    """Gather the groups in the order of the smallest hash of their images."""
    classes: dict[int, Counter[int]] = {}
    order: dict[int, bytes] = {}
    for digest, group, label in zip(images, groups, labels, strict=True):
        classes.setdefault(group, Counter())[label] += 1
        place = blake2b(f"{seed} {digest}".encode(), digest_size=16).digest()
        order[group] = min(place, order.get(group, place))
    return sorted((_Group(order[group], group, classes[group]) for group in classes), key=lambda one: one.order)


def _settled(groups: Sequence[int], before: Sequence[str | None]) -> dict[int, str]:
    """Return the part of each group that was there before."""
    settled: dict[int, str] = {}
    for group, part in zip(groups, before, strict=bool(before)):
        if part is not None:
            settled[group] = TEST if part == TEST and settled.get(group, TEST) == TEST else TRAIN
    return settled


def _drawn(groups: list[_Group], images: Counter[int], test_share: float, settled: Mapping[int, str]) -> set[int]:
    remaining = Counter(label for group in groups for label in group.classes)
    missing = {label: _target(count, remaining[label], test_share) for label, count in images.items()}
    drawn = {group.number for group in groups if settled.get(group.number) == TEST}
    for group in groups:
        if group.number in drawn:
            for label, count in group.classes.items():
                missing[label] -= count
                remaining[label] -= 1
    for group in groups:
        if group.number in settled:
            continue
        fits = all(count <= missing[label] for label, count in group.classes.items())
        if fits and all(remaining[label] > FEWEST_GROUPS for label in group.classes):
            drawn.add(group.number)
            for label, count in group.classes.items():
                missing[label] -= count
                remaining[label] -= 1
    return drawn


def _target(images: int, groups: int, test_share: float) -> int:
    least = 1 if groups > FEWEST_GROUPS and test_share > 0 else 0
    return max(least, int(images * test_share + 0.5))
