"""A bundle's model for Core ML. Imports coremltools and torch: for worker processes on a Mac.

The conversion works elsewhere, too; but whether the answers agree only a Mac can tell, so there alone it is offered.
"""

import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from app.export.bundle import BundleInfo
from app.export.proof import prove
from app.export.torch_forms import in_torch
from app.export.torch_network import OUTPUTS, Classifier, prepare

FOLDER, MODEL = "coreml", "model.mlpackage"
INPUT = "pixels"


class _Planes(nn.Module):
    """Takes a picture as Core ML hands it over: planes [1, 3, side, side] of levels from 0 to 255."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, planes: Tensor) -> tuple[Tensor, ...]:
        """Turn planes into pixels and ask the network."""
        answer: tuple[Tensor, ...] = self.network(planes.permute(0, 2, 3, 1))
        return answer


def write_coreml(bundle: Path, info: BundleInfo) -> None:
    """Add the network for Core ML, which takes prepared pictures; raises BundleError unless it answers the same."""
    classifier = in_torch(bundle, info)
    model = converted(classifier)
    (bundle / FOLDER).mkdir(exist_ok=True)
    model.save(str(bundle / FOLDER / MODEL))
    pictures = import_module("PIL.Image")

    def ask(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        pixels = prepare(torch.from_numpy(image.copy())[None], classifier.side)[0].numpy()
        answer: NDArray[np.float32] = model.predict({INPUT: pictures.fromarray(pixels)})[OUTPUTS[0]][0]
        return answer

    prove(bundle, "Core ML", ask)


def converted(classifier: Classifier) -> Any:
    """Convert the network behind the preparation, in full precision."""
    tools = import_module("coremltools")
    shape = (1, 3, classifier.side, classifier.side)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it was tested with older versions of PyTorch
        traced = torch.jit.trace(_Planes(classifier.network).eval(), torch.zeros(shape))
        return tools.convert(
            traced,
            inputs=[tools.ImageType(name=INPUT, shape=shape, color_layout="RGB")],
            outputs=[tools.TensorType(name=name) for name in OUTPUTS],
            convert_to="mlprogram",
            compute_precision=tools.precision.FLOAT32,
        )
