"""CNTK's own Python, and networks that it saves, where it has been set up."""

import subprocess
from pathlib import Path

import pytest

from app.engines.cntk_runtime import Runtime
from app.features.backbones import BACKBONES, DEFAULT_BACKBONE

HERE = Path(__file__).resolve().parent / "engines"
SCRIPT = HERE / "cntk_models.py"


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
    from app.engines.cntk_weights import write_weights  # torch is slow to import

    write_weights(BACKBONES[DEFAULT_BACKBONE], path)
