"""Published weights in a form that CNTK's own Python reads. Imports torch: for worker processes and tests only."""

from pathlib import Path

import numpy as np

from app.engines.torch_models import MBConvBlock, load_efficientnet_lite
from app.features.backbones import Backbone, weights_file
from app.files import replacing


def write_weights(backbone: Backbone, path: Path) -> None:
    """Write a backbone's weights under their names, and `blocks`: stride, whether it expands, whether it adds."""
    network = load_efficientnet_lite(weights_file(backbone), backbone.width, backbone.depth)
    modules = [block for block in network.modules() if isinstance(block, MBConvBlock)]
    blocks = [(block._depthwise_conv.stride[0], block.expands, block.adds_input) for block in modules]  # noqa: SLF001
    state = {name: value.numpy() for name, value in network.state_dict().items()}
    with replacing(path) as stream:
        np.savez(stream, allow_pickle=False, blocks=np.array(blocks, np.int64), **state)
