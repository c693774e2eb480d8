"""Networks that a user adds: ResNet with weights of a file, a model of timm, and a feature network as ONNX."""

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from app.cli import main
from app.engines.conversion import add_network, measure_network
from app.engines.onnx_backbones import CENTRE, SCALE, add_onnx
from app.engines.resnet import ResNet
from app.engines.timm_models import install_command
from app.engines.torch_backbones import add_resnet, add_timm, load_backbone
from app.errors import EngineError, InputError
from app.features.backbones import Backbone, backbones, find_backbone, network_file
from app.files import HOME_VARIABLE
from app.onnx_sessions import open_session
from app.project.project import Project
from app.training import TrainingRequest, train


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def ignore(*values: object) -> None:
    """Hear and do nothing."""


def pixels(side: int, count: int = 2) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, side, side, 3), np.uint8)


def answers(backbone: Backbone, shown: np.ndarray) -> np.ndarray:
    return open_session(network_file(backbone)).run(["features"], {"pixels": shown})[0]


def test_a_resnet_takes_weights_from_a_file_and_is_the_same_in_onnx(tmp_path: Path) -> None:
    torch.manual_seed(0)
    made = ResNet("resnet18").eval()
    torch.save({**made.state_dict(), "fc.weight": torch.zeros(1000, 512)}, tmp_path / "weights.pth")
    backbone = add_resnet("resnet18", tmp_path / "weights.pth", ignore)
    assert find_backbone("resnet18") == backbone
    assert [one.name for one in backbones()][-1] == "resnet18"
    shown = pixels(224, 1)
    loaded = load_backbone("resnet18")
    with torch.inference_mode():
        expected = loaded(loaded.normalised(torch.from_numpy(shown).permute(0, 3, 1, 2).float())).numpy()
    np.testing.assert_allclose(answers(backbone, shown), expected, rtol=1e-3, atol=1e-4)
    assert expected.shape == (1, backbone.features)


@pytest.mark.parametrize(("name", "features", "parameters"), [
    ("resnet18", 512, 11_176_512), ("resnet34", 512, 21_284_672), ("resnet50", 2048, 23_508_032),
])  # fmt: skip
def test_resnets_have_the_published_size(name: str, features: int, parameters: int) -> None:
    network = ResNet(name)
    assert sum(weight.numel() for weight in network.parameters()) == parameters
    with torch.inference_mode():
        assert network.eval()(torch.zeros(1, 3, 32, 32)).shape == (1, features)
    counted = sum(weight.numel() for layer in network.layers() for weight in layer.parameters())
    assert counted == parameters
    assert 0 < network.lower_layers < len(network.layers())


def test_weights_of_another_network_are_a_sentence(tmp_path: Path) -> None:
    torch.save({"conv1.weight": torch.zeros(1)}, tmp_path / "weights.pth")
    with pytest.raises(EngineError, match="does not hold the weights of a resnet34"):
        add_resnet("resnet34", tmp_path / "weights.pth", ignore)
    with pytest.raises(InputError, match="no pretrained network “resnet34”"):
        find_backbone("resnet34")


@pytest.mark.parametrize(
    "data",
    [b"hello", b"", b"no weights", b"\x80\x02]q\x00.", b"PK\x03\x04", b"l", b"(lp0\n.", b"\x95", b"\x80\x02J\x01"],
)
def test_a_file_without_weights_is_a_sentence(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bad.onnx").write_bytes(data)
    with pytest.raises(EngineError, match="bad.onnx” has no weights of a ResNet that can be read") as told:
        add_resnet("resnet18", tmp_path / "bad.onnx", ignore)
    assert "state dictionary" in told.value.hint


class Tiny(torch.nn.Module):
    """What timm makes, very small, with features of either sign."""

    num_features = 6

    def __init__(self) -> None:
        super().__init__()
        self.pretrained_cfg = {"input_size": (3, 32, 32), "mean": (0.5,) * 3, "std": (0.25,) * 3, "license": "mit"}
        self.stem = torch.nn.Conv2d(3, 6, 3, 2)

    def forward_features(self, x: torch.Tensor) -> torch.Tensor:
        return self.stem(x)

    def forward_head(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean(dim=(2, 3))


def timm(create: Any) -> ModuleType:
    module = ModuleType("timm")
    module.list_models = lambda: ["tiny"]  # type: ignore[attr-defined]
    module.create_model = create  # type: ignore[attr-defined]
    return module


def test_a_model_of_timm_keeps_its_weights_and_has_no_negative_features(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def create(name: str, pretrained: bool, num_classes: int) -> Tiny:
        asked.append(pretrained)
        torch.manual_seed(int(pretrained))
        return Tiny()

    monkeypatch.setitem(sys.modules, "timm", timm(create))
    backbone = add_timm("timm:tiny", ignore)
    assert (backbone.licence, backbone.side, backbone.features) == ("mit", 32, 12)
    loaded = load_backbone("timm:tiny")
    assert asked == [True, False, False]
    shown = pixels(32)
    with torch.inference_mode():
        expected = loaded(loaded.normalised(torch.from_numpy(shown).permute(0, 3, 1, 2).float())).numpy()
    np.testing.assert_allclose(answers(backbone, shown), expected, atol=1e-5)
    assert expected.min() >= 0
    with pytest.raises(InputError, match="timm has no model “huge”"):
        add_timm("timm:huge", ignore)


def test_without_a_connection_it_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(name: str, pretrained: bool, num_classes: int) -> Tiny:
        raise OSError("Name or service not known")

    monkeypatch.setitem(sys.modules, "timm", timm(offline))
    with pytest.raises(EngineError, match="could not be had") as caught:
        add_timm("timm:tiny", ignore)
    assert "connection" in caught.value.hint


def broken_timm(folder: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """Put a package timm first in the path that fails to be imported with a line of Python."""
    (folder / "timm").mkdir()
    (folder / "timm" / "__init__.py").write_text(line, encoding="utf-8")
    monkeypatch.delitem(sys.modules, "timm", raising=False)
    monkeypatch.syspath_prepend(str(folder))


def test_without_timm_the_ways_to_weights_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(
        EngineError, match="^The weights of resnet18 come from a file or from timm, which is not"
    ) as told:
        add_resnet("resnet18", None, ignore)
    assert told.value.hint.startswith("Install timm by “pip install ")
    assert told.value.hint.endswith("”, or give a file of weights.")
    with pytest.raises(EngineError, match="The network timm:tiny needs timm, which is not installed") as told:
        add_timm("timm:tiny", ignore)
    assert told.value.hint.endswith("”.")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            "raise RuntimeError('first\\noperator torchvision::nms does not exist')",
            "operator torchvision::nms does not",
        ),
        ("import torchvision_that_is_not_here", "No module named 'torchvision_that_is_not_here'"),
        ("raise AttributeError('no extension')", "no extension"),
    ],
)
def test_a_timm_that_cannot_be_loaded_is_not_said_to_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, reason: str
) -> None:
    broken_timm(tmp_path, monkeypatch, line)
    with pytest.raises(EngineError, match="timm, which is installed but cannot be loaded: ") as told:
        add_resnet("resnet18", None, ignore)
    assert reason in told.value.message
    assert "first" not in told.value.message
    assert "Install a torchvision that fits torch, from the same place as torch" in told.value.hint


@pytest.mark.parametrize(
    ("version", "index"),
    [
        ("2.13.0+cpu", " --extra-index-url https://download.pytorch.org/whl/cpu"),
        ("2.13.0+cu130", " --extra-index-url https://download.pytorch.org/whl/cu130"),
        ("2.13.0", ""),
        ("2.14.0a0+gitabc", ""),
    ],
)
def test_torchvision_comes_from_where_torch_came_from(version: str, index: str) -> None:
    assert install_command(version) == f"pip install --upgrade timm torchvision torch=={version}{index}"


def own_network(path: Path, inputs: int = 1, width: int | str = 32) -> np.ndarray:
    """Write a network of one convolution, [N, 3, 32, W] → [N, 5, 30, W - 2], and return its kernels."""
    kernels = np.random.default_rng(2).normal(0, 1, (5, 3, 3, 3)).astype(np.float32)
    taken = [
        helper.make_tensor_value_info(f"x{number}", TensorProto.FLOAT, ["n", 3, 32, width]) for number in range(inputs)
    ]
    given = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 5, 30, None])
    node = helper.make_node("Conv", ["x0", "kernels"], ["y"])
    graph = helper.make_graph([node], "own", taken, [given], [numpy_helper.from_array(kernels, "kernels")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return kernels


def test_an_own_network_gets_the_common_input_and_output(tmp_path: Path) -> None:
    kernels = own_network(tmp_path / "own.onnx")
    backbone = add_onnx("mine", tmp_path / "own.onnx")
    assert (backbone.side, backbone.features, backbone.tunable) == (32, 10, False)
    shown = pixels(32)
    planes = (shown.astype(np.float32) - CENTRE) / SCALE
    convolved = torch.conv2d(torch.from_numpy(planes).float().permute(0, 3, 1, 2), torch.from_numpy(kernels))
    mean = convolved.mean(dim=(2, 3)).numpy()
    expected = np.concatenate([np.maximum(mean, 0), np.maximum(-mean, 0)], axis=1)
    np.testing.assert_allclose(answers(backbone, shown), expected, atol=1e-4)
    with pytest.raises(EngineError, match="cannot be fine-tuned"):
        load_backbone("mine")


def test_the_command_lists_what_is_here_and_says_what_cannot_be_added(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own_network(tmp_path / "own.onnx")
    add_onnx("mine", tmp_path / "own.onnx")
    assert main(["backbones", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["backbones"]}
    assert list(rows) == ["efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2", "mine"]
    assert (rows["efficientnet-lite0"]["accuracy"], rows["mine"]["accuracy"]) == (0.751, None)
    assert (rows["efficientnet-lite2"]["fine_tuning"], rows["mine"]["fine_tuning"]) == (True, False)
    assert main(["backbones"]) == 0
    table = capsys.readouterr().out
    lite1 = next(line.split() for line in table.splitlines() if line.startswith("efficientnet-lite1"))
    assert lite1 == ["efficientnet-lite1", "240", "76.7%", "16.5", "?", "yes", "Apache-2.0"]


def test_what_gives_no_features_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_bytes(b"no network")
    with pytest.raises(InputError, match="not an ONNX network"):
        add_onnx("mine", tmp_path / "text.onnx")
    own_network(tmp_path / "two.onnx", inputs=2)
    with pytest.raises(InputError, match="gives no features"):
        add_onnx("mine", tmp_path / "two.onnx")


def test_a_network_that_takes_no_squares_is_refused(tmp_path: Path) -> None:
    own_network(tmp_path / "wide.onnx", width=48)
    with pytest.raises(InputError, match="takes images of 48 × 32 pixels") as told:
        add_onnx("wide", tmp_path / "wide.onnx")
    assert "as wide as it is high" in told.value.hint
    own_network(tmp_path / "free.onnx", width="w")
    assert add_onnx("free", tmp_path / "free.onnx").side == 32


@pytest.mark.parametrize("name", ["../up", "a/b", "..", "", " ", "con", "x" * 61, "a:b"])
def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    own_network(tmp_path / "own.onnx")
    assert main(["backbones", "--add", name, "--file", str(tmp_path / "own.onnx")]) == 1
    said = capsys.readouterr().err
    assert f"“{name}” cannot be the name of a network." in said
    assert "letters and digits" in said


@pytest.mark.parametrize(("arguments", "words"), [
    (("--add", "mine", "--file", "none.onnx"), "none.onnx”."),
    (("--add", "resnet18", "--file", "none.pth"), "There is no file “"),
    (("--add", "mine", "--file", "."), "” is a folder."),
    (("--add", "timm:tiny", "--file", "none.pth"), "come from timm, not from a file"),
    (("--file", "none.onnx"), "--file needs the name of the network"),
])  # fmt: skip
def test_a_file_that_is_not_there_or_not_asked_for_is_a_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    assert main(["backbones", *arguments]) == 1
    said = capsys.readouterr().err.splitlines()
    assert words in said[0]
    assert len(said) == 2


@pytest.mark.slow
def test_the_quick_engine_trains_on_an_own_network_and_the_bundle_agrees(
    tmp_path: Path, project: Project, garments: Path
) -> None:
    own_network(tmp_path / "own.onnx")
    backbone = add_network("mine", tmp_path / "own.onnx", ignore, threading.Event())
    assert measure_network(backbone, ignore, threading.Event()) > 0
    project.add_folder(garments, ignore, threading.Event())
    result = train(project, TrainingRequest(backbone="mine"), ignore, threading.Event())
    assert result.evaluation is not None
    with pytest.raises(InputError, match="cannot be fine-tuned"):
        train(project, TrainingRequest("torch", backbone="mine"), ignore, threading.Event())
    with pytest.raises(InputError, match="no pretrained network “theirs”"):
        train(project, TrainingRequest(backbone="theirs"), ignore, threading.Event())
