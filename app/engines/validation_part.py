"""Set a part aside from training, by which the best epoch and the calibration are chosen."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.dataset.split import assign_splits
from app.engines.snapshot import TEST, TRAIN, VALIDATION, Snapshot, Split

VALIDATION_SHARE = 0.1


@dataclass(frozen=True)
class Parts:
    """Positions in the snapshot that are trained on, and those that the best epoch is chosen by."""

    training: list[int]
    validation: list[int]


def divide(snapshot: Snapshot, split: Split) -> Parts:
    """Set a validation part aside: the user's own, or a tenth by chance, near-duplicates together."""
    positions = split.positions(TRAIN, VALIDATION)
    images = [snapshot.images[position] for position in positions]
    own = [TEST if image.split == VALIDATION else TRAIN for image in images]
    parts = assign_splits(
        [image.digest for image in images],
        [split.groups[position] for position in positions],
        [image.label for image in images],
        own if _all_classes(snapshot, images, own) else [None] * len(images),
        snapshot.seed + 1,
        VALIDATION_SHARE,
    )
    pairs = list(zip(positions, parts, strict=True))
    return Parts([one for one, part in pairs if part == TRAIN], [one for one, part in pairs if part == TEST])


def _all_classes(snapshot: Snapshot, images: Sequence[object], own: Sequence[str]) -> bool:
    """Tell whether the user's validation part, and what is left without it, have every class."""
    wanted = set(range(len(snapshot.classes)))
    found: dict[str, set[int]] = {TEST: set(), TRAIN: set()}
    for image, part in zip(images, own, strict=True):
        found[part].add(image.label)  # type: ignore[attr-defined]
    return found[TEST] == wanted == found[TRAIN]
