"""What fine-tuning is fed with: pictures, augmented anew each time, or what the lower blocks saw of a few views."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from app.engines.augmentation import change_colours, erase_boxes, mix_pairs, random_crops
from app.engines.pixel_cache import CachedPictures
from app.engines.tuned_network import TunedNetwork
from app.settings import TorchSettings

GREY = 127.0  # what erased boxes are filled with
BATCH = 32  # images at once where nothing is learnt


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
        return augment(planes(self._pictures[places]), targets, self._settings)

    def logits(self, network: TunedNetwork, inputs: Tensor) -> Tensor:
        """Run the whole network; its lower part learns as well, unless its weights are frozen."""
        logits: Tensor = network(inputs)
        return logits


def augment(pictures: Tensor, targets: Tensor, settings: TorchSettings) -> tuple[Tensor, Tensor]:
    """Change pictures [N, 3, S, S] and targets [N, C] by all that the settings ask for; chance is torch's own.

    What the lower blocks see only once, in `upper`, is cut, mirrored and turned, no more.
    """
    pictures = cut(pictures, settings)
    if settings.trained == "whole":
        pictures = erase_boxes(change_colours(pictures, settings.colour), settings.erasing, GREY)
        pictures, targets = mix_pairs(pictures, targets, settings.mixup, settings.cutmix)
    return pictures.contiguous(memory_format=torch.channels_last), targets


def cut(pictures: Tensor, settings: TorchSettings) -> Tensor:
    """Cut a random crop of each of pictures [N, 3, S, S], mirrored and turned by chance."""
    return random_crops(
        pictures,
        settings.smallest_crop,
        settings.flip,
        flip_vertical=settings.flip_vertical,
        rotation=settings.rotation,
        side=round(settings.side * settings.training_share) if settings.trained == "whole" else settings.side,
    )


def planes(pixels: NDArray[np.uint8]) -> Tensor:
    """Turn pixels [N, S, S, 3] to planes [N, 3, S, S] of floats, in the order of memory that is fastest."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last)
