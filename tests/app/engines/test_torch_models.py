"""EfficientNet-Lite in PyTorch: the published weights fit, and its ONNX form computes the same."""

import copy
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from app.engines.mirrored import Mirrored, looking
from app.engines.torch_backbones import load_backbone
from app.engines.torch_models import EfficientNetLite, load_efficientnet_lite, same_padding, scaled_channels
from app.engines.torch_to_onnx import FeatureNetwork, TwoNetworks, feature_network_onnx, looking_network_onnx
from app.engines.tunable import Tunable
from app.errors import EngineError
from app.features.backbones import BACKBONES, find_backbone, weights_file
from app.onnx_sessions import open_session

BACKBONE = BACKBONES["efficientnet-lite0"]


@pytest.fixture(scope="module")
def network() -> EfficientNetLite:
    return load_efficientnet_lite(weights_file(BACKBONE))


@pytest.mark.parametrize("size", [1, 7, 8, 14, 112, 223, 224])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (5, 1), (5, 2)])
def test_padding_gives_tensorflows_size(size: int, kernel: int, stride: int) -> None:
    before, after = same_padding(size, kernel, stride)
    assert (size + before + after - kernel) // stride + 1 == math.ceil(size / stride)
    assert after - before in (0, 1)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding"),
    [
        (224, 3, 2, (0, 1)),
        (225, 3, 2, (1, 1)),
        (112, 3, 1, (1, 1)),
        (56, 5, 2, (1, 2)),
        (57, 5, 2, (2, 2)),
        (14, 5, 1, (2, 2)),
        (7, 1, 1, (0, 0)),
        (2, 1, 2, (0, 0)),
    ],
)
def test_an_odd_pixel_goes_behind(size: int, kernel: int, stride: int, padding: tuple[int, int]) -> None:
    assert same_padding(size, kernel, stride) == padding


@pytest.mark.parametrize("change", ["missing", "unknown", "wrong shape"])
def test_weights_must_fit_exactly(tmp_path: Path, change: str) -> None:
    state = torch.load(weights_file(BACKBONE), map_location="cpu", weights_only=True)
    if change == "missing":
        del state["_conv_head.weight"]
    elif change == "unknown":
        state["_conv_tail.weight"] = torch.zeros(1)
    else:
        state["_conv_head.weight"] = torch.zeros(3, 3)
    torch.save(state, tmp_path / "weights.pth")
    with pytest.raises(RuntimeError, match="_conv_"):
        load_efficientnet_lite(tmp_path / "weights.pth")


@pytest.mark.parametrize(
    ("channels", "width", "scaled"), [(32, 1.0, 32), (16, 1.1, 16), (40, 1.1, 48), (320, 1.4, 448), (1, 1.0, 8)]
)
def test_channels_are_scaled_to_multiples_of_eight(channels: int, width: float, scaled: int) -> None:
    assert scaled_channels(channels, width) == scaled


def test_the_network_has_its_published_size(network: EfficientNetLite) -> None:
    parameters = sum(one.numel() for one in network.parameters())
    assert parameters + 1280 * 1000 + 1000 == pytest.approx(4.65e6, rel=0.01)


def test_onnx_computes_the_same(network: EfficientNetLite) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 224, 224, 3), np.uint8)
    session = open_session(feature_network_onnx(network, BACKBONE.side))
    with torch.inference_mode():
        expected = FeatureNetwork(network)(torch.from_numpy(pixels)).numpy()
    (features,) = session.run(["features"], {"pixels": pixels})
    assert features.shape == (3, BACKBONE.features)
    model = onnx.load_from_string(feature_network_onnx(network, BACKBONE.side))
    assert not [node for node in model.graph.node if node.op_type == "Pad"]  # they take time of their own
    np.testing.assert_allclose(features, expected, atol=1e-4)
    np.testing.assert_allclose(session.run(["features"], {"pixels": pixels[1:2]})[0][0], features[1], atol=1e-5)


@pytest.mark.parametrize("number", [1, 2])
def test_the_larger_ones_load_strictly_and_are_the_same_in_onnx(number: int) -> None:
    network = load_backbone(f"efficientnet-lite{number}")
    pixels = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), np.uint8)
    with torch.inference_mode():
        expected = FeatureNetwork(network)(torch.from_numpy(pixels)).numpy()
    (features,) = open_session(feature_network_onnx(network, 64)).run(["features"], {"pixels": pixels})
    assert features.shape == (1, find_backbone(f"efficientnet-lite{number}").features)
    np.testing.assert_allclose(features, expected, atol=1e-4)


def test_looking_twice_is_the_mean_of_both_in_torch_and_onnx_whichever_way_round(network: EfficientNetLite) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 96, 96, 3), np.uint8)
    mirrored = np.ascontiguousarray(pixels[:, :, ::-1])
    with torch.inference_mode():
        once = [FeatureNetwork(network)(torch.from_numpy(one)).numpy() for one in (pixels, mirrored)]
        twice = FeatureNetwork(Mirrored(network))(torch.from_numpy(pixels)).numpy()
    assert np.abs(once[0] - once[1]).max() > 0.1
    np.testing.assert_allclose(twice, (once[0] + once[1]) / 2, atol=1e-4)
    model = feature_network_onnx(Mirrored(network), 96)
    assert len(model) < 1.1 * len(feature_network_onnx(network, 96))
    session = open_session(model)
    for asked in (pixels, mirrored):
        np.testing.assert_allclose(session.run(["features"], {"pixels": asked})[0], twice, atol=1e-4)
    np.testing.assert_allclose(session.run(["features"], {"pixels": pixels[1:2]})[0][0], twice[1], atol=1e-4)


@pytest.mark.parametrize("twice", [False, True])
def test_a_network_and_what_it_was_before_share_the_layers_that_stayed(network: EfficientNetLite, twice: bool) -> None:
    tuned = copy.deepcopy(network)
    with torch.no_grad():
        for layer in tuned.layers()[tuned.lower_layers :]:
            for weight in layer.parameters():
                weight.mul_(1.02)
    both = TwoNetworks(looking(tuned, twice), looking(network, twice))
    pixels = np.random.default_rng(0).integers(0, 256, (3, 96, 96, 3), np.uint8)
    with torch.inference_mode():
        expected = [FeatureNetwork(one)(torch.from_numpy(pixels)).numpy() for one in (both.backbone, both.second)]
    assert np.abs(expected[0] - expected[1]).max() > 0.1
    model = looking_network_onnx(both, 96)
    found = open_session(model).run(["features", "second_features"], {"pixels": pixels})
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    convolutions = [
        sum(node.op_type == "Conv" for node in onnx.load_from_string(one).graph.node)
        for one in (model, feature_network_onnx(looking(network, twice), 96))
    ]
    upper = sum(
        isinstance(one, torch.nn.Conv2d) for layer in tuned.layers()[tuned.lower_layers :] for one in layer.modules()
    )
    assert convolutions[0] == convolutions[1] + upper


class Tokens(Tunable):
    """Sees the columns of a picture as tokens [N, columns, channels], and takes the first one's levels."""

    def lower(self, x: torch.Tensor) -> torch.Tensor:
        return x

    def maps(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean(dim=2).transpose(1, 2)

    def pooled(self, maps: torch.Tensor) -> torch.Tensor:
        return maps[:, 0]


def test_looking_twice_averages_features_where_there_are_no_maps() -> None:
    pictures = torch.rand(2, 3, 4, 5)
    expected = (pictures[..., 0].mean(dim=2) + pictures[..., -1].mean(dim=2)) / 2
    torch.testing.assert_close(Mirrored(Tokens())(pictures), expected)


def test_features_are_not_negative(network: EfficientNetLite) -> None:
    with torch.inference_mode():
        features = network(torch.randn(2, 3, 96, 96))
    assert features.shape == (2, 1280)
    assert float(features.min()) >= 0


def test_exchanged_weights_are_refused() -> None:
    with pytest.raises(EngineError, match="damaged or were exchanged"):
        weights_file(replace(BACKBONE, sha256="0" * 64))


def test_missing_weights_say_what_to_install() -> None:
    with pytest.raises(EngineError, match="are not installed") as caught:
        weights_file(replace(BACKBONE, package="no_such_package_here"))
    assert caught.value.hint == "Install the package no-such-package-here."
