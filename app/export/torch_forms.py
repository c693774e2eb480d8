"""A bundle's model for PyTorch: as safetensors, and from there as TorchScript.

Both are made from the ONNX model itself, so that they hold what was measured. Imports onnx, torch and safetensors: for
worker processes and tests only.
"""

import json
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, numpy_helper, utils
from safetensors.torch import save_file
from threadpoolctl import threadpool_limits

from app.dataset.preprocess import PIXELS
from app.errors import BundleError
from app.export import torch_network
from app.export.bundle import MODEL_FILE, BundleInfo
from app.export.proof import prove

SAFETENSORS_FOLDER, TORCHSCRIPT_FOLDER = "safetensors", "torchscript"
SAFETENSORS_FILE, TORCHSCRIPT_FILE, NETWORK_FILE = "model.safetensors", "model.pt", "network.py"
# Inputs after the first that are numbers of a step rather than values: their names as attributes.
NUMBERS = {
    "Clip": ("least", "most"),
    "Pad": ("pads", "value"),
    "ReduceMax": ("axes",),
    "ReduceMean": ("axes",),
    "ReduceSum": ("axes",),
    "Reshape": ("shape",),
    "Squeeze": ("axes",),
    "TopK": ("count",),
}
Array = NDArray[Any]


def write_safetensors(bundle: Path, info: BundleInfo) -> None:
    """Add the model as safetensors, with the code that reads it; raises BundleError unless it answers the same."""
    folder = bundle / SAFETENSORS_FOLDER
    folder.mkdir(exist_ok=True)
    _save(bundle, info, folder / SAFETENSORS_FILE)
    shutil.copyfile(torch_network.__file__, folder / NETWORK_FILE)
    _prove(bundle, "safetensors", torch_network.load(folder / SAFETENSORS_FILE))


def write_torchscript(bundle: Path, info: BundleInfo) -> None:
    """Add the model as TorchScript; raises BundleError unless it answers the same when it is loaded again."""
    folder = bundle / TORCHSCRIPT_FOLDER
    folder.mkdir(exist_ok=True)
    classifier = in_torch(bundle, info)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is no longer developed; it is read by what reads it
        pixels = torch.zeros(2, classifier.side, classifier.side, 3, dtype=torch.uint8)
        traced = torch.jit.trace(classifier.network, pixels)
        scripted = torch.jit.script(torch_network.Classifier(traced, classifier.side, classifier.labels))
        torch.jit.save(scripted, str(folder / TORCHSCRIPT_FILE))
        loaded = torch.jit.load(str(folder / TORCHSCRIPT_FILE))
    _prove(bundle, "TorchScript", loaded)


def in_torch(bundle: Path, info: BundleInfo) -> torch_network.Classifier:
    """Return a bundle's model as a PyTorch module; raises BundleError for a network of other steps."""
    with tempfile.TemporaryDirectory() as folder:
        _save(bundle, info, Path(folder, SAFETENSORS_FILE))
        return torch_network.load(Path(folder, SAFETENSORS_FILE))


def _prove(bundle: Path, form: str, classifier: Any) -> None:
    @torch.no_grad()
    def ask(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        answer: NDArray[np.float32] = classifier(torch.from_numpy(image.copy())[None])["probabilities"][0].numpy()
        return answer

    with threadpool_limits(limits=1):  # several would wait for each other where others compute
        prove(bundle, form, ask)


def _save(bundle: Path, info: BundleInfo, path: Path) -> None:
    model = onnx.load(bundle / MODEL_FILE)
    network = utils.Extractor(model).extract_model([PIXELS], list(torch_network.OUTPUTS))
    weights, steps = _translated(network)
    about = {
        "format": torch_network.FORMAT,
        "steps": json.dumps(steps),
        "side": str(info.preprocessing["width"]),
        "labels": json.dumps(info.labels, ensure_ascii=False),
    }
    save_file({name: torch.from_numpy(value.copy()) for name, value in weights.items()}, str(path), about)


def _translated(network: ModelProto) -> tuple[dict[str, Array], list[dict[str, Any]]]:
    """Return the weights by name and the steps that the network consists of."""
    values = {one.name: numpy_helper.to_array(one) for one in network.graph.initializer}
    weights: dict[str, Array] = {}
    names: dict[str, str] = {}
    steps = []
    for node in network.graph.node:
        if node.op_type not in torch_network.OPERATIONS:
            raise BundleError(
                f"The network has a step “{node.op_type}” that cannot be written for PyTorch.", "Export it as a folder."
            )
        numbers = NUMBERS.get(node.op_type, ())
        attributes = {one.name: _plain(onnx.helper.get_attribute_value(one)) for one in node.attribute}
        given = zip(numbers, node.input[1:], strict=False)
        attributes |= {number: values[name].tolist() for number, name in given if name}
        inputs = [name for name in (node.input[:1] if numbers else node.input) if name]
        for place, name in enumerate(inputs):
            if name in values and name not in names:
                names[name] = _name(node, place, name)
                weights[names[name]] = values[name]
        steps.append(
            {
                "operation": node.op_type,
                "inputs": [names.get(name, name) for name in inputs],
                "outputs": list(node.output),
                "attributes": attributes,
            }
        )
    return weights, steps


def _name(node: NodeProto, place: int, name: str) -> str:
    """Name a weight after its layer, such as `backbone._blocks.1._expand_conv.weight`."""
    if node.op_type == "Conv" and place:
        layer = node.output[0].removesuffix("_output_0").removesuffix("/Conv").strip("/").replace("/", ".")
        return f"{layer}.{('weight', 'bias')[place - 1]}"
    return name.strip("/").replace("/", ".")


def _plain(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else list(value) if hasattr(value, "__iter__") else value
