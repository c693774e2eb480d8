"""Augmentation of whole batches of pictures, as tensors; all chance comes from torch's own generator."""

import math

import torch
from torch import Tensor
from torch.nn import functional

MOST_STRETCH = 4 / 3  # of a crop's sides
LEAST_ERASED, MOST_ERASED = 0.02, 0.2  # of a picture's area


def random_crops(
    pictures: Tensor,
    smallest: float,
    flip: bool,
    *,
    flip_vertical: bool = False,
    rotation: float = 0.0,
    side: int | None = None,
) -> Tensor:
    """Cut a random box of at least `smallest` of the area from [N, 3, S, S] each, and resize it to `side`.

    Half of them are mirrored, and half upside down, where that is allowed; all are turned by up to `rotation` degrees.
    """
    count = len(pictures)
    area = torch.empty(count).uniform_(smallest, 1.0)
    stretch = torch.empty(count).uniform_(-math.log(MOST_STRETCH), math.log(MOST_STRETCH)).exp().sqrt()
    width, height = (area.sqrt() * stretch).clamp(max=1), (area.sqrt() / stretch).clamp(max=1)
    x, y = ((torch.rand(count) * 2 - 1) * (1 - size) for size in (width, height))
    if flip:
        width = torch.where(torch.rand(count) < 0.5, -width, width)
    if flip_vertical:
        height = torch.where(torch.rand(count) < 0.5, -height, height)
    angle = torch.empty(count).uniform_(-rotation, rotation).deg2rad() if rotation else torch.zeros(count)
    cos, sin = angle.cos(), angle.sin()
    boxes = torch.stack([width * cos, -height * sin, x, width * sin, height * cos, y], dim=1).view(count, 2, 3)
    wanted = [*pictures.shape[:2], *([side] * 2 if side else pictures.shape[2:])]
    grid = functional.affine_grid(boxes, wanted, align_corners=False)
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


def mix_pairs(pictures: Tensor, truth: Tensor, mixup: float, cutmix: float = 0.0) -> tuple[Tensor, Tensor]:
    """Mix each picture and its target [N, C] with another's: blended, or with a box of the other's; one of the two.

    Blending is mixup (Zhang et al., ICLR 2018), boxes are CutMix (Yun et al., ICCV 2019); each takes its strength, the
    parameter of a beta distribution, and is off at 0.
    """
    if not (mixup or cutmix):
        return pictures, truth
    boxed = bool(cutmix) and (not mixup or bool(torch.rand(1) < 0.5))
    strength = cutmix if boxed else mixup
    share = float(torch.distributions.Beta(strength, strength).sample())
    partners = torch.randperm(len(pictures))
    if boxed:
        pictures, share = _paste_boxes(pictures, partners, share)
    else:
        pictures = torch.lerp(pictures[partners], pictures, share)
    return pictures, torch.lerp(truth[partners], truth, share)


def _paste_boxes(pictures: Tensor, partners: Tensor, share: float) -> tuple[Tensor, float]:
    """Paste a box of each one's partner where it is; return also the share of the area that is left."""
    size = torch.tensor(pictures.shape[2:])
    box = (size * math.sqrt(1 - share)).round().long()
    centre = (torch.rand(2) * size).long()
    low, high = (centre - box // 2).clamp(min=0), torch.minimum(centre + box - box // 2, size)
    (top, left), (bottom, right) = low.tolist(), high.tolist()
    pasted = pictures.clone()
    pasted[:, :, top:bottom, left:right] = pictures[partners, :, top:bottom, left:right]
    return pasted, 1 - (bottom - top) * (right - left) / int(size.prod())
