"""Scoring test images from cached features gives what the whole bundle gives, or is not done."""

from pathlib import Path

import numpy as np
import pytest

from app.engines.snapshot import TEST, SnapshotImage, read_snapshot, read_split
from app.errors import EngineError
from app.export.predictor import Predictor
from app.export.scoring import score_images
from app.features.backbones import BACKBONES
from app.features.cache import FeatureCache


def test_scoring_from_cached_features_equals_the_whole_way(bundle: Path) -> None:
    folder = bundle.parent
    snapshot = read_snapshot(folder)
    images = [snapshot.images[position] for position in read_split(folder).positions(TEST)]
    backbone = BACKBONES[snapshot.backbone]
    cache = FeatureCache(Path(snapshot.cache), backbone.id, backbone.features)
    cached = score_images(bundle, images, cache, lambda done, total: None)
    whole = score_images(bundle, images, None, lambda done, total: None)
    np.testing.assert_allclose(cached.probabilities, whole.probabilities, atol=1e-5)
    assert cached.positions == whole.positions == tuple(range(len(images)))


def test_scoring_does_not_believe_a_cache_that_lies(bundle: Path, tmp_path: Path) -> None:
    folder = bundle.parent
    snapshot = read_snapshot(folder)
    images = [snapshot.images[position] for position in read_split(folder).positions(TEST)]
    backbone = BACKBONES[snapshot.backbone]
    lying = FeatureCache(tmp_path, backbone.id, backbone.features)
    rng = np.random.default_rng(0)
    lying.append([image.digest for image in images], rng.random((len(images), 1280), np.float32), [0] * len(images))
    scores = score_images(bundle, images, lying, lambda done, total: None)
    whole = score_images(bundle, images, None, lambda done, total: None)
    np.testing.assert_array_equal(scores.probabilities, whole.probabilities)


def test_what_is_not_cached_goes_through_the_whole_bundle(bundle: Path, photos: list[Path], tmp_path: Path) -> None:
    images = [SnapshotImage(str(path), f"{number:032x}", 0, None) for number, path in enumerate(photos[:3])]
    counts: list[tuple[int, int]] = []
    cache = FeatureCache(tmp_path, "network", 1280)
    scores = score_images(bundle, images, cache, lambda done, total: counts.append((done, total)))
    expected = [one.probabilities for one in Predictor(bundle).predict_files(photos[:3])]
    np.testing.assert_array_equal(scores.probabilities, expected)
    assert counts == [(1, 3), (2, 3), (3, 3)]


def test_an_image_that_is_gone_is_left_out_with_its_reason(bundle: Path, photos: list[Path], tmp_path: Path) -> None:
    paths = [photos[0], tmp_path / "gone.png", photos[1]]
    images = [SnapshotImage(str(path), "0" * 32, 0, None) for path in paths]
    scores = score_images(bundle, images, None, lambda done, total: None)
    assert scores.positions == (0, 2)
    assert list(scores.problems) == [1]
    assert scores.problems[1]
    assert scores.probabilities.shape == (2, 3)


def test_no_readable_image_is_a_sentence(bundle: Path, tmp_path: Path) -> None:
    images = [SnapshotImage(str(tmp_path / "gone.png"), "0" * 32, 0, None)]
    with pytest.raises(EngineError, match="None of the test images can be read"):
        score_images(bundle, images, None, lambda done, total: None)
