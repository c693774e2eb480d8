"""What the frozen lower blocks see of a few views of each image: computed once, then read as a memory-mapped array.

ONNX Runtime computes it, an image per thread: with the convolutions' batch norms folded in and all of an image's
planes in the processor's cache, that takes half the time that PyTorch does.
"""

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from app.engines.pixel_cache import CachedPictures
from app.engines.torch_to_onnx import MIDDLE, PICTURES, lower_network_onnx
from app.engines.tuned_network import TunedNetwork
from app.engines.tuning_data import BATCH, cut, planes
from app.errors import Cancelled, EngineError
from app.files import replacing
from app.onnx_sessions import open_session
from app.parallel import map_in_order
from app.settings import TorchSettings

SPARE_BYTES = 256 << 20  # of the disk, left for others
Planes = NDArray[np.float32]
OnCount = Callable[[int, int], None]


class Activations:
    """What the frozen lower blocks saw of a few views of each image, for training the upper blocks."""

    def __init__(self, stored: NDArray[np.float16]):
        self._stored = stored  # [views, N, h, w, C]

    def batch(self, places: Sequence[int], targets: Tensor, epoch: int) -> tuple[Tensor, Tensor]:
        """Return activations [N, C, h, w], of a view that changes from epoch to epoch."""
        views = (torch.tensor(places) + epoch) % len(self._stored)
        rows = torch.from_numpy(self._stored[views.numpy(), np.asarray(places)])
        return rows.float().permute(0, 3, 1, 2), targets

    def logits(self, network: TunedNetwork, inputs: Tensor) -> Tensor:
        """Run the upper blocks and the classifier."""
        return network.logits(network.features(inputs))


class LowerBlocks:
    """The frozen lower blocks of a network, as they were when this was made; safe to call from many threads."""

    def __init__(self, network: TunedNetwork, side: int):
        self._session = open_session(lower_network_onnx(network.backbone, side))

    def see(self, pictures: Tensor) -> Planes:
        """Map pictures [N, 3, S, S] with levels 0 to 255 to what leaves the lower blocks, [N, h, w, C]."""
        rows = map_in_order(self._see_one, pictures.contiguous().numpy())
        return np.stack(list(rows))

    def _see_one(self, picture: Planes) -> Planes:
        seen: Planes = self._session.run([MIDDLE], {PICTURES: picture[np.newaxis]})[0][0]
        return seen.transpose(1, 2, 0)


def store_activations(
    path: Path,
    network: TunedNetwork,
    pictures: CachedPictures,
    settings: TorchSettings,
    seed: int,
    on_count: OnCount,
    cancel: threading.Event,
) -> Activations:
    """Run the lower blocks over every view, the plain picture first; raises Cancelled, or EngineError on a full disk.

    What is there already, of a run that goes on, is used as it is.
    """
    if not path.exists():
        lower = LowerBlocks(network, settings.side)
        sample = lower.see(planes(pictures[[0]]))
        shape = (settings.views, len(pictures), *sample.shape[1:])
        _check_space(path.parent, 2 * int(np.prod(shape)))
        try:
            with replacing(path) as stream:
                np.lib.format.write_array_header_1_0(stream, _header(shape))
                for done, batch in _views(pictures, settings, seed):
                    if cancel.is_set():
                        raise Cancelled
                    stream.write(lower.see(batch).astype(np.float16).tobytes())
                    on_count(done, settings.views * len(pictures))
        except OSError as error:  # written, not mapped: a mapped file on a full disk would end the process
            raise EngineError(
                "What the lower blocks see could not be stored.",
                "Check that the project's disk is connected and has space, then train again.",
                str(error),
            ) from error
    return Activations(np.load(path, mmap_mode="r"))


def _header(shape: tuple[int, ...]) -> dict[str, object]:
    return {"descr": np.lib.format.dtype_to_descr(np.dtype(np.float16)), "fortran_order": False, "shape": shape}


def _views(pictures: CachedPictures, settings: TorchSettings, seed: int) -> Iterator[tuple[int, Tensor]]:
    """Yield batches of pictures, view by view, each with how many there were so far."""
    for view in range(settings.views):
        for start in range(0, len(pictures), BATCH):
            places = np.arange(start, min(start + BATCH, len(pictures)))
            batch = planes(pictures[places])
            if view:
                torch.manual_seed(seed * 1_000_003 + view * 10_007 + start)
                batch = cut(batch, settings)
            yield view * len(pictures) + int(places[-1]) + 1, batch


def _check_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE_BYTES:
        raise EngineError(
            f"Fine-tuning needs {needed / 1e9:.1f} GB of the project's disk, of which {free / 1e9:.1f} GB are free.",
            "Make space, or train with fewer views.",
        )
