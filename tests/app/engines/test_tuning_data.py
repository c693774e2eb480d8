"""What fine-tuning is fed with: augmentation, the part that is set aside, and the stored activations."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from app.engines.activations import store_activations
from app.engines.augmentation import change_colours, erase_boxes, mix_pairs, random_crops
from app.engines.linear_head import LinearHead
from app.engines.pixel_cache import CachedPictures
from app.engines.snapshot import TEST, TRAIN, VALIDATION, Snapshot, SnapshotImage, Split
from app.engines.torch_models import EfficientNetLite
from app.engines.tuned_network import TunedNetwork
from app.engines.tuning_data import planes
from app.engines.validation_part import divide
from app.errors import Cancelled, EngineError
from app.settings import BALANCED

SMALL = replace(BALANCED, side=32)


def pictures(count: int = 6, side: int = 32) -> torch.Tensor:
    torch.manual_seed(1)
    return torch.rand(count, 3, side, side) * 255


def snapshot(labels: list[int], splits: list[str | None]) -> Snapshot:
    images = tuple(
        SnapshotImage(f"/{number}.jpg", f"{number:032x}", label, split)
        for number, (label, split) in enumerate(zip(labels, splits, strict=True))
    )
    return Snapshot("torch", "efficientnet-lite0", "logistic", 0, "", ("a", "b"), images)


def test_a_whole_crop_without_mirror_images_is_the_picture_itself() -> None:
    whole = torch.nn.functional.interpolate(pictures(side=8), 32, mode="bilinear")
    torch.manual_seed(0)
    crops = random_crops(whole, 1.0, flip=False)
    assert crops.shape == whole.shape
    assert float((crops - whole).abs().mean()) < 40  # only stretched by the ratio of sides


def test_crops_differ_and_repeat_with_the_seed() -> None:
    shown, results = pictures(), []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        results.append(random_crops(shown, 0.3, flip=True))
    torch.testing.assert_close(results[0], results[1], rtol=0, atol=0)
    assert not torch.equal(results[0], results[2])


def test_left_and_right_are_kept_where_they_carry_meaning() -> None:
    ramp = torch.arange(32.0).expand(64, 3, 32, 32)
    torch.manual_seed(0)
    slopes = random_crops(ramp, 0.5, flip=False).diff(dim=3).mean(dim=(1, 2, 3))
    assert bool((slopes > 0).all())
    slopes = random_crops(ramp, 0.5, flip=True).diff(dim=3).mean(dim=(1, 2, 3))
    assert bool((slopes > 0).any())
    assert bool((slopes < 0).any())


def test_up_and_down_are_kept_unless_they_carry_no_meaning() -> None:
    ramp = torch.arange(32.0).view(32, 1).expand(64, 3, 32, 32)
    for flip_vertical in (False, True):
        torch.manual_seed(0)
        slopes = random_crops(ramp, 0.5, flip=True, flip_vertical=flip_vertical).diff(dim=2).mean(dim=(1, 2, 3))
        assert bool((slopes < 0).any()) == flip_vertical


def test_pictures_are_turned_about_the_middle_of_their_crop_and_resized() -> None:
    ramp = torch.arange(32.0).expand(64, 3, 32, 32)
    torch.manual_seed(0)
    turned = random_crops(ramp, 1.0, flip=False, rotation=90.0, side=24)
    assert turned.shape == (64, 3, 24, 24)
    assert float(turned[:, :, :, 1:].sub(turned[:, :, :, :-1]).mean(dim=(1, 2, 3)).max()) > 0.9
    assert float(turned.diff(dim=2).mean(dim=(1, 2, 3)).abs().max()) > 0.9
    assert float((turned[:, :, 11:13, 11:13].mean(dim=(1, 2, 3)) - 15.5).abs().max()) < 3


def test_a_box_of_another_counts_by_its_area() -> None:
    levels = torch.arange(6.0).view(6, 1, 1, 1).expand(6, 3, 32, 32)
    torch.manual_seed(2)
    mixed, targets = mix_pairs(levels, torch.eye(6), 0.0, 1.0)
    own = (mixed == levels).float().mean(dim=(1, 2, 3))
    torch.testing.assert_close(targets.diagonal(), own)
    assert 0 < float(own.min()) < 1


def test_colours_stay_levels_and_none_are_changed_without_strength() -> None:
    changed = change_colours(pictures(), 0.5)
    assert float(changed.min()) >= 0
    assert float(changed.max()) <= 255
    assert torch.equal(change_colours(pictures(), 0.0), pictures())


def test_erasing_blanks_a_box_of_every_picture_or_none() -> None:
    assert torch.equal(erase_boxes(pictures(), 0.0, 127), pictures())
    shares = (erase_boxes(pictures(), 1.0, 127) == 127).float().mean(dim=(1, 2, 3))
    assert float(shares.min()) > 0.005
    assert float(shares.max()) < 0.25


def test_mixed_targets_still_sum_to_one() -> None:
    truth = torch.eye(2).repeat(3, 1)
    mixed, targets = mix_pairs(pictures(), truth, 0.4)
    torch.testing.assert_close(targets.sum(dim=1), torch.ones(6))
    assert mixed.shape == (6, 3, 32, 32)
    assert mix_pairs(mixed, truth, 0.0) == (mixed, truth)


def test_groups_stay_together_and_test_images_are_not_touched() -> None:
    labels = [0, 1] * 30
    groups = tuple(number // 4 * 2 + number % 2 for number in range(60))  # pairs of one class
    parts = tuple(TEST if group < 4 else TRAIN for group in groups)
    found = divide(snapshot(labels, [None] * 60), Split(parts, groups))
    assert found.validation
    assert not {groups[one] for one in found.validation} & {groups[one] for one in found.training}
    assert all(parts[one] == TRAIN for one in found.training + found.validation)
    assert len(found.training) + len(found.validation) == parts.count(TRAIN)


def test_the_users_own_validation_part_is_used_if_it_has_every_class() -> None:
    splits: list[str | None] = [TRAIN, TRAIN, TRAIN, TRAIN, VALIDATION, VALIDATION]
    split = Split((TRAIN,) * 6, tuple(range(6)))
    assert divide(snapshot([0, 1, 0, 1, 0, 1], splits), split).validation == [4, 5]
    assert divide(snapshot([0, 1, 0, 1, 0, 0], splits), split).validation != [4, 5]


@pytest.fixture
def network() -> TunedNetwork:
    torch.manual_seed(0)
    return TunedNetwork(EfficientNetLite(), LinearHead(np.zeros((2, 1280), np.float32), np.zeros(2, np.float32)))


@pytest.fixture
def cached() -> CachedPictures:
    return CachedPictures(np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), np.uint8), np.arange(5))


def test_stored_activations_answer_like_the_whole_network(
    tmp_path: Path, network: TunedNetwork, cached: CachedPictures
) -> None:
    settings = replace(SMALL, views=2)
    counts: list[tuple[int, int]] = []
    path = tmp_path / "activations.npy"

    def store() -> object:
        return store_activations(
            path, network, cached, settings, 3, lambda done, total: counts.append((done, total)), threading.Event()
        )

    store()
    assert counts[-1] == (10, 10)
    first = path.read_bytes()
    counts.clear()
    source = store_activations(path, network, cached, settings, 3, lambda *values: None, threading.Event())
    assert path.read_bytes() == first
    inputs, _ = source.batch([0, 2, 4], torch.zeros(3, 2), 0)  # in epoch 0, images 0, 2 and 4 show their plain view
    with torch.no_grad():
        network.classifier.weight.normal_()
        found = network.features(inputs)
        expected = network.features(network.middle(planes(cached[[0, 2, 4]])))
    torch.testing.assert_close(found, expected, rtol=1e-2, atol=1e-2)
    path.unlink()
    store()
    assert path.read_bytes() == first


def test_storing_stops_when_asked_to(tmp_path: Path, network: TunedNetwork, cached: CachedPictures) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        store_activations(tmp_path / "a.npy", network, cached, SMALL, 0, lambda *values: None, cancel)
    assert not (tmp_path / "a.npy").exists()


def test_too_small_a_disk_is_a_sentence(
    tmp_path: Path, network: TunedNetwork, cached: CachedPictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 1000

    monkeypatch.setattr("app.engines.activations.shutil.disk_usage", lambda folder: Usage)
    with pytest.raises(EngineError, match="GB are free"):
        store_activations(tmp_path / "a.npy", network, cached, SMALL, 0, lambda *values: None, threading.Event())
