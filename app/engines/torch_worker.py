"""The worker with PyTorch: turns published weights into an ONNX feature network."""

import os
import tempfile
import threading
import warnings
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from app.dataset.preprocess import IR_VERSION, OPSET
from app.engines.protocol import Hello, OnEvent
from app.engines.torch_models import load_efficientnet_lite
from app.engines.worker import Job
from app.features.backbones import BACKBONES, Backbone, weights_file
from app.files import write_bytes

PIXEL_CENTRE = 127.0
PIXEL_SCALE = 128.0


class FeatureNetwork(nn.Module):
    """A backbone behind the normalisation it was trained with: uint8 RGB [N, H, W, 3] → features [N, width]."""

    def __init__(self, backbone: nn.Module):
        super().__init__()
        self.backbone = backbone

    def forward(self, pixels: Tensor) -> Tensor:
        """Normalise pixels to about -1 to 1 and compute their features."""
        planes = pixels.permute(0, 3, 1, 2).float()
        features: Tensor = self.backbone((planes - PIXEL_CENTRE) / PIXEL_SCALE)
        return features


def export_backbone(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Write the ONNX form of the job's `backbone` to its path `to`."""
    backbone = BACKBONES[job["backbone"]]
    network = load_efficientnet_lite(weights_file(backbone), backbone.width, backbone.depth)
    write_bytes(Path(job["to"]), feature_network_onnx(network, backbone))
    return {"network": job["to"]}


def feature_network_onnx(network: nn.Module, backbone: Backbone) -> bytes:
    """Convert a backbone to ONNX with a free batch size, batch normalisation folded into the convolutions."""
    with tempfile.TemporaryDirectory() as folder:
        raw, clean = os.path.join(folder, "raw.onnx"), os.path.join(folder, "clean.onnx")
        with warnings.catch_warnings():
            # The tracing exporter is deprecated, and says that it fixes the image size, which is meant.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                FeatureNetwork(network).eval(),
                (torch.zeros(1, backbone.side, backbone.side, 3, dtype=torch.uint8),),
                raw,
                input_names=["pixels"],
                output_names=["features"],
                dynamic_axes={"pixels": {0: "batch"}, "features": {0: "batch"}},
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


def hello() -> Hello:
    """Say which engine this is."""
    return Hello("torch", torch.__version__)


HANDLERS = {"export": export_backbone}
