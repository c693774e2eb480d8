"""Divide a run's images: near-duplicates are grouped first, so that no group straddles the division."""

from collections.abc import Container
from pathlib import Path

from app.dataset.split import assign_splits
from app.engines.snapshot import Snapshot, Split
from app.features.backbones import BACKBONES
from app.features.cache import FeatureCache
from app.features.duplicates import group_near_duplicates


def split_snapshot(snapshot: Snapshot, unreadable: Container[int]) -> Split:
    """Assign every image a part, but for those at the `unreadable` positions; the others' features are cached."""
    backbone = BACKBONES[snapshot.backbone]
    readable = [position for position in range(len(snapshot.images)) if position not in unreadable]
    images = [snapshot.images[position] for position in readable]
    cache = FeatureCache(Path(snapshot.cache), backbone.id, backbone.features)
    digests = [image.digest for image in images]
    pictures = cache.appearances(digests)["picture"]
    groups = group_near_duplicates(cache.hashes(digests), cache.features(digests), pictures).tolist()
    parts = assign_splits(
        digests, groups, [image.label for image in images], [image.split for image in images], snapshot.seed
    )
    all_parts: list[str | None] = [None] * len(snapshot.images)
    all_groups = [-1] * len(snapshot.images)
    for position, part, group in zip(readable, parts, groups, strict=True):
        all_parts[position] = part
        all_groups[position] = group
    return Split(tuple(all_parts), tuple(all_groups))
