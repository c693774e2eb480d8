"""Networks saved by CNTK: stored ones, which need no CNTK, and fresh ones where its Python has been set up."""

import os
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

from app.engines.cntk_runtime import RUNTIME_VARIABLE, Runtime

HERE = Path(__file__).resolve().parent / "engines"
STORED = HERE / "data" / "cntk_models.zip"
SCRIPT = HERE / "cntk_models.py"


@pytest.fixture(scope="session")
def cntk_runtime() -> Runtime:
    """Return CNTK's Python, or skip where there is none."""
    folder = os.environ.get(RUNTIME_VARIABLE)
    if not folder:
        pytest.skip(f"{RUNTIME_VARIABLE} does not name a folder with CNTK's Python 3.6")
    runtime = Runtime(Path(folder))
    assert runtime.exists, f"{RUNTIME_VARIABLE} names {folder}, where CNTK's Python is not"
    return runtime


@pytest.fixture(scope="session")
def stored_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the stored models and CNTK's answers."""
    folder = tmp_path_factory.mktemp("stored")
    with zipfile.ZipFile(STORED) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def fresh_models(cntk_runtime: Runtime, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Let CNTK save the models anew, EfficientNet-Lite0 among them, and answer."""
    folder = tmp_path_factory.mktemp("fresh")
    weights = folder / "weights.npz"
    _write_weights(weights)
    command = [str(cntk_runtime.python), str(SCRIPT), str(folder), str(weights)]
    done = subprocess.run(command, env=cntk_runtime.variables(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def _write_weights(path: Path) -> None:
    from app.engines.torch_models import MBConvBlock, load_efficientnet_lite  # torch is slow to import
    from app.features.backbones import BACKBONES, DEFAULT_BACKBONE, weights_file

    network = load_efficientnet_lite(weights_file(BACKBONES[DEFAULT_BACKBONE]))
    blocks = [block for block in network._blocks if isinstance(block, MBConvBlock)]
    shapes = [(block._depthwise_conv.stride[0], block.expands, block.adds_input) for block in blocks]
    state = {key: value.numpy() for key, value in network.state_dict().items()}
    np.savez(path, allow_pickle=False, blocks=np.array(shapes, np.int64), **state)
