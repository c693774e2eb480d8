"""Networks of PyTorch as ONNX: whole backbones, and lower blocks alone."""

import os
import tempfile
import warnings

import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from app.dataset.preprocess import IR_VERSION, OPSET
from app.engines.mirrored import Mirrored
from app.engines.tunable import Tunable
from app.features.outputs import FEATURES, SECOND_FEATURES

PIXELS = "pixels"
PICTURES, MIDDLE = "pictures", "middle"


class FeatureNetwork(nn.Module):
    """A backbone behind the normalisation it was trained with: uint8 RGB [N, S, S, 3] → features [N, width]."""

    gives = (FEATURES,)

    def __init__(self, backbone: Tunable | Mirrored):
        super().__init__()
        self.backbone = backbone

    def forward(self, pixels: Tensor) -> Tensor:
        """Normalise pixels and compute their features."""
        features: Tensor = self.backbone(self.backbone.normalised(pixels.permute(0, 3, 1, 2).float()))
        return features


class TwoNetworks(nn.Module):
    """A fine-tuned backbone and a pretrained one: uint8 RGB [N, S, S, 3] → features [N, width] of one and the other.

    The exporter finds layers that are the same in both, where it was fine-tuned from that one, and lets them look once.
    """

    gives = (FEATURES, SECOND_FEATURES)

    def __init__(self, backbone: Tunable | Mirrored, second: Tunable | Mirrored):
        super().__init__()
        self.backbone = backbone
        self.second = second

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Normalise pixels and compute their features in both networks."""
        pictures = pixels.permute(0, 3, 1, 2).float()
        return self.backbone(self.backbone.normalised(pictures)), self.second(self.second.normalised(pictures))


class LowerNetwork(nn.Module):
    """The lower layers of a backbone: pictures [N, 3, S, S] with levels 0 to 255 → [N, C, h, w]."""

    def __init__(self, backbone: Tunable):
        super().__init__()
        self.backbone = backbone

    def forward(self, pictures: Tensor) -> Tensor:
        """Normalise pictures and compute what leaves the lower layers."""
        return self.backbone.lower(self.backbone.normalised(pictures))


def feature_network_onnx(backbone: Tunable | Mirrored, side: int) -> bytes:
    """Convert a backbone to ONNX with a free batch size and one picture size, batch norm folded into convolutions."""
    return looking_network_onnx(FeatureNetwork(backbone), side)


def looking_network_onnx(network: FeatureNetwork | TwoNetworks, side: int) -> bytes:
    """Convert one backbone or both in the same way."""
    return _converted(network, torch.zeros(1, side, side, 3, dtype=torch.uint8), PIXELS, *network.gives)


def lower_network_onnx(backbone: Tunable, side: int) -> bytes:
    """Convert the lower layers of a backbone to ONNX in the same way."""
    return _converted(LowerNetwork(backbone), torch.zeros(1, 3, side, side), PICTURES, MIDDLE)


def _converted(network: nn.Module, example: Tensor, takes: str, *gives: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        raw, clean = os.path.join(folder, "raw.onnx"), os.path.join(folder, "clean.onnx")
        with warnings.catch_warnings(), torch.no_grad():
            # The tracing exporter is deprecated, and says that it fixes the image size, which is meant.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                network.eval(),
                (example,),
                raw,
                input_names=[takes],
                output_names=list(gives),
                dynamic_axes={name: {0: "batch"} for name in (takes, *gives)},
                opset_version=OPSET,
                dynamo=False,
            )
        _say_that_paddings_are_zeros(raw)
        _simplify(raw, clean)
        model = onnx.load(clean)
    _keep_standard_operators(model)
    return bytes(model.SerializeToString())


def _say_that_paddings_are_zeros(path: str) -> None:
    """Leave the value away that the exporter leaves empty: ONNX Runtime's convolutions take in only such paddings."""
    model = onnx.load(path)
    for node in model.graph.node:
        if node.op_type == "Pad" and len(node.input) > 2 and not node.input[2]:
            del node.input[2:]
    onnx.save(model, path)


def _simplify(raw: str, clean: str) -> None:
    """Fold constants and paddings, by ONNX Runtime's own basic optimisations, which stay within the standard."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = clean
    options.log_severity_level = 3
    onnxruntime.InferenceSession(raw, options, providers=["CPUExecutionProvider"])


def _keep_standard_operators(model: onnx.ModelProto) -> None:
    """Drop the optimiser's unused operator sets and declare a format that older runtimes read."""
    used = {node.domain for node in model.graph.node}
    kept = [one for one in model.opset_import if one.domain in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
