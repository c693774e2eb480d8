"""A backbone that looks twice: at a picture and at its mirror image, whose maps are averaged before they are pooled."""

import torch
from torch import Tensor, nn

from app.engines.tunable import Tunable

MAP = 4  # dimensions of maps, [N, C, h, w]; of other forms, features are averaged


class Mirrored(nn.Module):
    """Maps pictures to features as `backbone` does, but the same for a picture and its mirror image."""

    def __init__(self, backbone: Tunable):
        super().__init__()
        self.backbone = backbone

    def normalised(self, pictures: Tensor) -> Tensor:
        """Normalise pictures [N, 3, S, S] with levels 0 to 255 as the backbone was trained."""
        return self.backbone.normalised(pictures)

    def forward(self, x: Tensor) -> Tensor:
        """Map normalised pictures [N, 3, S, S] to features [N, D]."""
        seen = self.backbone.maps(self.backbone.lower(torch.cat([x, _flipped(x)])))
        if seen.ndim == MAP:
            own, other = _halves(seen)
            return self.backbone.pooled((own + _flipped(other)) * 0.5)
        own, other = _halves(self.backbone.pooled(seen))
        return (own + other) * 0.5


def looking(backbone: Tunable, twice: bool) -> Tunable | Mirrored:
    """Return the backbone, or one that looks at mirror images, too."""
    return Mirrored(backbone) if twice else backbone


def _flipped(maps: Tensor) -> Tensor:
    """Return maps [N, C, h, w] mirrored: by places, which every runtime can do, not by steps backwards."""
    return maps.index_select(3, torch.arange(int(maps.shape[3]) - 1, -1, -1, device=maps.device))


def _halves(both: Tensor) -> tuple[Tensor, Tensor]:
    pairs = both.reshape(2, -1, *(int(size) for size in both.shape[1:]))  # numbers, whichever batch it was traced with
    return pairs[0], pairs[1]
