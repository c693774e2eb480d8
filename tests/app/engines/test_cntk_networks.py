"""EfficientNet-Lite0 of CNTK's operations beside the network that everything else here uses; with CNTK itself."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from app.dataset.decode import read_image
from app.dataset.preprocess import PIXELS, preprocess_graph
from app.dataset.scan import scan_folder
from app.engines.cntk_runtime import Runtime
from app.engines.cntk_weights import write_weights
from app.engines.process import ROOT
from app.features.backbones import BACKBONES, DEFAULT_BACKBONE, network_file
from app.onnx_sessions import open_session
from tests.conftest import Trained

BACKBONE = BACKBONES[DEFAULT_BACKBONE]
REAL_PHOTOS = ROOT.parent / "shared" / "data" / "clothing" / "validation"
SCRIPT = """
import sys, numpy
sys.path.insert(0, sys.argv[1])
import cntk
cntk.cntk_py.set_max_num_cputhreads(1)
from app.engines.cntk_training.networks import make_base
base = make_base({"weights": sys.argv[2], "colour": "rgb"}, 224)
rows = [base.features.eval({base.image: row[None]})[0] for row in numpy.load(sys.argv[3])]
names = sorted(one.name for one in base.features.parameters)
numpy.savez(sys.argv[4], features=numpy.stack(rows), names=names)
"""


@pytest.fixture(scope="module")
def photos(trained: Trained) -> list[Path]:
    """Return real photos, or drawn ones where there are none."""
    folder = REAL_PHOTOS if REAL_PHOTOS.is_dir() else trained.images
    paths = [image.path for image in scan_folder(folder).images]
    return paths[:: max(1, len(paths) // 8)][:8]


def test_its_features_are_those_of_onnx_runtime_and_its_normalisation_can_learn(
    cntk_runtime: Runtime, photos: list[Path], tmp_path: Path
) -> None:
    prepare = open_session(preprocess_graph(BACKBONE.side).SerializeToString())
    pixels = np.concatenate([prepare.run([PIXELS], {"image": read_image(path)[np.newaxis]})[0] for path in photos])
    expected = open_session(network_file(BACKBONE)).run(["features"], {"pixels": pixels})[0]
    np.save(tmp_path / "planes.npy", np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), np.float32))
    write_weights(BACKBONE, tmp_path / "weights.npz")
    files = [str(tmp_path / name) for name in ("weights.npz", "planes.npy", "found.npz")]
    command = [str(cntk_runtime.python), "-c", SCRIPT, str(ROOT), *files]
    done = subprocess.run(command, env=cntk_runtime.variables(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = np.load(tmp_path / "found.npz")
    np.testing.assert_allclose(found["features"], expected, rtol=0, atol=1e-3)
    names = found["names"].tolist()
    assert len(names) == 147  # 49 convolutions, each with the scale and the bias of its normalisation
    assert sum(name.endswith((".scale", ".bias")) for name in names) == 98
