"""Divide a run's images: near-duplicates are grouped first, so that no group straddles the division."""

from collections.abc import Container
from pathlib import Path

from app.dataset.grouping import join_groups
from app.dataset.split import TEST, TRAIN, assign_splits
from app.engines.snapshot import VALIDATION, Snapshot, Split
from app.features.backbones import find_backbone
from app.features.cache import FeatureCache
from app.features.duplicates import group_near_duplicates


def split_snapshot(snapshot: Snapshot, unreadable: Container[int]) -> Split:
    """Assign every image a part, but for those at the `unreadable` positions; the others' features are cached."""
    backbone = find_backbone(snapshot.backbone)
    readable = [position for position in range(len(snapshot.images)) if position not in unreadable]
    images = [snapshot.images[position] for position in readable]
    cache = FeatureCache(Path(snapshot.cache), backbone.id, backbone.features)
    digests = [image.digest for image in images]
    pictures = cache.appearances(digests)["picture"]
    alike = group_near_duplicates(cache.hashes(digests), cache.features(digests), pictures)
    groups = join_groups(alike.tolist(), [image.groups for image in images])
    parts = assign_splits(
        digests,
        groups,
        [image.label for image in images],
        [image.split for image in images],
        snapshot.division_seed,
        before=[image.before for image in images],
    )
    all_parts: list[str | None] = [None] * len(snapshot.images)
    all_groups = [-1] * len(snapshot.images)
    for position, part, group in zip(readable, parts, groups, strict=True):
        all_parts[position] = part
        all_groups[position] = group
    return Split(tuple(all_parts), tuple(all_groups))


def leaks_of(snapshot: Snapshot, split: Split) -> list[tuple[str, str]]:
    """Return a pair of paths, training and test, for each test image that has a training image in its group.

    There are none in a division that was made here, only in one that the user made.
    """
    trained: dict[int, str] = {}
    for position in split.positions(TRAIN, VALIDATION):
        trained.setdefault(split.groups[position], snapshot.images[position].path)
    return [
        (trained[split.groups[position]], snapshot.images[position].path)
        for position in split.positions(TEST)
        if split.groups[position] in trained
    ]
