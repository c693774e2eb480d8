"""Why an answer: the training images that look most like it to the network."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.assist.similar import most_similar
from app.engines.snapshot import SnapshotImage
from app.features.backbones import BACKBONES, DEFAULT_BACKBONE
from app.features.cache import CachedFeatures, FeatureCache


@dataclass(frozen=True)
class Neighbour:
    """A training image and the cosine, -1 to 1, of its features to the image asked about."""

    image: SnapshotImage
    cosine: float


def nearest_training_images(
    cache_folder: Path, digest: str, trained_on: Sequence[SnapshotImage], number: int
) -> list[Neighbour]:
    """Return at most `number` training images, the most alike first; none where features are not cached."""
    backbone = BACKBONES[DEFAULT_BACKBONE]
    cache = FeatureCache(cache_folder, backbone.id, backbone.features)
    known = [image for image in trained_on if cache.has(image.digest)]
    if not digest or not cache.has(digest) or not known:
        return []
    features = CachedFeatures(cache, [*(image.digest for image in known), digest])
    found = most_similar(features, [len(known)], number)
    return [
        Neighbour(known[position], float(cosine))
        for position, cosine in zip(found.positions.tolist(), found.cosines.tolist(), strict=True)
    ]
