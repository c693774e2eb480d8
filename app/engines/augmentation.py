"""Augmentation of whole batches of pictures, as tensors; all chance comes from torch's own generator."""

import math

import torch
from torch import Tensor
from torch.nn import functional

MOST_STRETCH = 4 / 3  # of a crop's sides
LEAST_ERASED, MOST_ERASED = 0.02, 0.2  # of a picture's area


def random_crops(pictures: Tensor, smallest: float, flip: bool) -> Tensor:
    """Cut a random box of at least `smallest` of the area from [N, 3, S, S] each, mirror half of them, and resize."""
    count = len(pictures)
    area = torch.empty(count).uniform_(smallest, 1.0)
    stretch = torch.empty(count).uniform_(-math.log(MOST_STRETCH), math.log(MOST_STRETCH)).exp().sqrt()
    width, height = (area.sqrt() * stretch).clamp(max=1), (area.sqrt() / stretch).clamp(max=1)
    x, y = ((torch.rand(count) * 2 - 1) * (1 - size) for size in (width, height))
    if flip:
        width = torch.where(torch.rand(count) < 0.5, -width, width)
    zero = torch.zeros(count)
    boxes = torch.stack([width, zero, x, zero, height, y], dim=1).view(count, 2, 3)
    grid = functional.affine_grid(boxes, list(pictures.shape), align_corners=False)
    return functional.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)


def change_colours(pictures: Tensor, strength: float) -> Tensor:
    """Change brightness and contrast of [N, 3, S, S] by up to `strength`; levels stay within 0 to 255."""
    if not strength:
        return pictures
    contrast, brightness = (torch.empty(len(pictures), 1, 1, 1).uniform_(1 - strength, 1 + strength) for _ in range(2))
    mean = pictures.mean(dim=(1, 2, 3), keepdim=True)
    return ((pictures - mean) * contrast + mean * brightness).clamp(0, 255)


def erase_boxes(pictures: Tensor, share: float, level: float) -> Tensor:
    """Blank a random box in about `share` of [N, 3, S, S] with a level."""
    side = pictures.shape[-1]
    for picture in torch.nonzero(torch.rand(len(pictures)) < share).flatten().tolist():
        box = max(1, int(side * math.sqrt(float(torch.empty(1).uniform_(LEAST_ERASED, MOST_ERASED)))))
        x, y = torch.randint(0, side - box + 1, (2,)).tolist()
        pictures[picture, :, y : y + box, x : x + box] = level
    return pictures


def mix_pairs(pictures: Tensor, truth: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    """Blend each picture and its target [N, C] with another's (mixup: Zhang et al., ICLR 2018)."""
    if not strength:
        return pictures, truth
    share = float(torch.distributions.Beta(strength, strength).sample())
    partners = torch.randperm(len(pictures))
    return torch.lerp(pictures[partners], pictures, share), torch.lerp(truth[partners], truth, share)
