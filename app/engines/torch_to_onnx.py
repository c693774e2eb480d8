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

PIXELS, FEATURES = "pixels", "features"
PICTURES, MIDDLE = "pictures", "middle"


class FeatureNetwork(nn.Module):
    """A backbone behind the normalisation it was trained with: uint8 RGB [N, S, S, 3] → features [N, width]."""

    def __init__(self, backbone: Tunable | Mirrored):
        super().__init__()
        self.backbone = backbone

    def forward(self, pixels: Tensor) -> Tensor:
        """Normalise pixels and compute their features."""
        features: Tensor = self.backbone(self.backbone.normalised(pixels.permute(0, 3, 1, 2).float()))
        return features


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
    pixels = torch.zeros(1, side, side, 3, dtype=torch.uint8)
    return _converted(FeatureNetwork(backbone), pixels, PIXELS, FEATURES)


def lower_network_onnx(backbone: Tunable, side: int) -> bytes:
    """Convert the lower layers of a backbone to ONNX in the same way."""
    return _converted(LowerNetwork(backbone), torch.zeros(1, 3, side, side), PICTURES, MIDDLE)


def _converted(network: nn.Module, example: Tensor, takes: str, gives: str) -> bytes:
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
                output_names=[gives],
                dynamic_axes={takes: {0: "batch"}, gives: {0: "batch"}},
                opset_version=OPSET,
                dynamo=False,
            )
        _simplify(raw, clean)
        model = onnx.load(clean)
    _keep_standard_operators(model)
    return bytes(model.SerializeToString())


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
