"""What fine-tuning is fed with: pictures, augmented anew each time, or what the lower blocks saw of a few views."""

import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from app.engines.augmentation import change_colours, erase_boxes, mix_pairs, random_crops
from app.engines.pixel_cache import CachedPictures
from app.engines.tuned_network import PIXEL_CENTRE, TunedNetwork
from app.errors import Cancelled, EngineError
from app.settings import TorchSettings

BATCH = 32  # images at once where nothing is learnt
SPARE_BYTES = 256 << 20  # of the disk, left for others
OnCount = Callable[[int, int], None]


class Source(Protocol):
    """Gives batches, as the network takes them, and answers them."""

    def batch(self, places: Sequence[int], targets: Tensor, epoch: int) -> tuple[Tensor, Tensor]:
        """Return inputs of the images at these places, and their targets [N, C], both perhaps changed."""
        ...

    def logits(self, network: TunedNetwork, inputs: Tensor) -> Tensor:
        """Return logits [N, C] that can be learnt from."""
        ...


class Pictures:
    """Pictures from the cache, augmented anew each time, for training the whole network."""

    def __init__(self, pictures: CachedPictures, settings: TorchSettings):
        self._pictures = pictures
        self._settings = settings

    def batch(self, places: Sequence[int], targets: Tensor, epoch: int) -> tuple[Tensor, Tensor]:
        """Return augmented pictures [N, 3, S, S] and their targets."""
        settings = self._settings
        pictures = random_crops(planes(self._pictures[places]), settings.smallest_crop, settings.flip)
        pictures = erase_boxes(change_colours(pictures, settings.colour), settings.erasing, PIXEL_CENTRE)
        pictures, targets = mix_pairs(pictures, targets, settings.mixup)
        return pictures.contiguous(memory_format=torch.channels_last), targets

    def logits(self, network: TunedNetwork, inputs: Tensor) -> Tensor:
        """Run the whole network; its lower part learns as well, unless its weights are frozen."""
        logits: Tensor = network(inputs)
        return logits


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


def planes(pixels: NDArray[np.uint8]) -> Tensor:
    """Turn pixels [N, S, S, 3] to planes [N, 3, S, S] of floats, in the order of memory that is fastest."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last)


@torch.no_grad()
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
    sample = network.middle(planes(pictures[[0]]))
    views, count = settings.views, len(pictures)
    shape = (views, count, *sample.shape[2:], sample.shape[1])
    if not path.exists():
        part = path.with_suffix(".part")
        _check_space(path.parent, 2 * int(np.prod(shape)))
        stored = np.lib.format.open_memmap(part, "w+", np.float16, shape)
        for view in range(views):
            for start in range(0, count, BATCH):
                if cancel.is_set():
                    raise Cancelled
                places = np.arange(start, min(start + BATCH, count))
                batch = planes(pictures[places])
                if view:
                    torch.manual_seed(seed * 1_000_003 + view * 10_007 + start)
                    batch = random_crops(batch, settings.smallest_crop, settings.flip)
                    batch = batch.contiguous(memory_format=torch.channels_last)
                stored[view, places] = network.middle(batch).permute(0, 2, 3, 1).numpy().astype(np.float16)
                on_count(view * count + int(places[-1]) + 1, views * count)
        stored.flush()
        del stored
        part.replace(path)
    return Activations(np.load(path, mmap_mode="r"))


def _check_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE_BYTES:
        raise EngineError(
            f"Fine-tuning needs {needed / 1e9:.1f} GB of the project's disk, of which {free / 1e9:.1f} GB are free.",
            "Make space, or train with fewer views.",
        )
