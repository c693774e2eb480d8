"""What stands beside an exported model for people and other programs: how to use it, its classes in their formats."""

import shutil
from pathlib import Path
from typing import Any

from app.export.bundle import MODEL_FILE, BundleInfo
from app.files import resource_folder, write_json

EXAMPLES_FOLDER = "examples"
README_FILE = "README.md"
NAMES_FILE = "index_to_name.json"
SIGNATURE_FILE = "signature.json"


def write_companions(bundle: Path, info: BundleInfo) -> None:
    """Write README, examples, TorchServe's `index_to_name.json` and Lobe's `signature.json` into an exported bundle."""
    source = resource_folder() / "bundle"
    shutil.copyfile(source / README_FILE, bundle / README_FILE)
    shutil.copytree(source / EXAMPLES_FOLDER, bundle / EXAMPLES_FOLDER, dirs_exist_ok=True)
    write_json(bundle / NAMES_FILE, {str(index): label for index, label in enumerate(info.labels)})
    write_json(bundle / SIGNATURE_FILE, signature(info))


def signature(info: BundleInfo) -> dict[str, Any]:
    """Describe the model as Lobe's exports did; what differs is the input, which is 8-bit and of any size."""
    return {
        "doc_id": info.model_sha256[:32],
        "doc_name": info.name,
        "doc_version": info.created,
        "format": "onnx",
        "version": 0,
        "inputs": {"Image": {"dtype": "uint8", "shape": [None, None, None, 3], "name": "image"}},
        "outputs": {
            "Confidences": {"dtype": "float32", "shape": [None, len(info.labels)], "name": "probabilities"},
        },
        "classes": {"Label": list(info.labels)},
        "filename": MODEL_FILE,
        "export_model_version": 1,
    }
