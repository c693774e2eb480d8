"""What a feature network offers so that it can be fine-tuned: its normalisation, and its layers by depth."""

import torch
from torch import Tensor, nn


class Tunable(nn.Module):
    """A feature network whose lower layers can be frozen, and what they see be stored.

    `centre` and `scale` belong to levels 0 to 255 of red, green and blue.
    """

    centre: tuple[float, float, float]
    scale: tuple[float, float, float]

    def normalised(self, pictures: Tensor) -> Tensor:
        """Normalise pictures [N, 3, S, S] with levels 0 to 255 as the network was trained."""
        centre, scale = (torch.tensor(one).view(3, 1, 1) for one in (self.centre, self.scale))
        return (pictures - centre.to(pictures.device)) / scale.to(pictures.device)

    def lower(self, x: Tensor) -> Tensor:
        """Map normalised pictures [N, 3, S, S] to what leaves the lower layers [N, C, h, w]."""
        raise NotImplementedError

    def maps(self, x: Tensor) -> Tensor:
        """Map what left the lower layers to what is pooled: maps [N, C, h, w], or another form where there are none."""
        raise NotImplementedError

    def pooled(self, maps: Tensor) -> Tensor:
        """Map what `maps` returns to features [N, D], each at least 0."""
        raise NotImplementedError

    def upper(self, x: Tensor) -> Tensor:
        """Map what left the lower layers to features [N, D], each at least 0."""
        return self.pooled(self.maps(x))

    def layers(self) -> list[nn.Module]:
        """Return the layers with weights, from the lowest to the highest."""
        raise NotImplementedError

    @property
    def lower_layers(self) -> int:
        """Return how many of the layers are `lower`'s."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Map normalised pictures [N, 3, S, S] to features [N, D]."""
        return self.upper(self.lower(x))
