"""The network that is fine-tuned: a backbone and a linear classifier on the roots of its features' shares."""

from typing import Any

import torch
from torch import Tensor, nn

from app.engines.linear_head import LinearHead
from app.engines.tunable import Tunable
from app.features.rooted import TINY

CLASSIFIER = "classifier"
STEEPEST = 1e-3  # the root's slope is that of its value here, at least: at 0 it is infinite


class _Root(torch.autograd.Function):
    """The square root with a bounded slope."""

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        root = x.sqrt()
        context.save_for_backward(root)
        return root

    @staticmethod
    def backward(context: Any, *slopes: Tensor) -> Tensor:
        (root,) = context.saved_tensors
        return slopes[0] / (2 * root.clamp_min(STEEPEST))


class TunedNetwork(nn.Module):
    """Backbone and classifier; batch normalisation keeps the statistics of ImageNet, as batches here are small."""

    def __init__(self, backbone: Tunable, head: LinearHead):
        super().__init__()
        self.backbone = backbone
        classes, width = head.weights.shape
        self.classifier = nn.Linear(width, classes)
        with torch.no_grad():
            self.classifier.weight.copy_(torch.from_numpy(head.weights))
            self.classifier.bias.copy_(torch.from_numpy(head.bias))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.eval()

    def middle(self, pictures: Tensor) -> Tensor:
        """Map pictures [N, 3, S, S] with levels 0 to 255 to what leaves the lower blocks."""
        return self.backbone.lower(self.backbone.normalised(pictures))

    def features(self, middle: Tensor) -> Tensor:
        """Map what left the lower blocks to features [N, D]."""
        return self.backbone.upper(middle)

    def logits(self, features: Tensor) -> Tensor:
        """Map features [N, D] to logits [N, C]."""
        share = features / features.sum(dim=1, keepdim=True).clamp_min(TINY)
        logits: Tensor = self.classifier(_Root.apply(share))
        return logits

    def forward(self, pictures: Tensor) -> Tensor:
        """Map pictures [N, 3, S, S] with levels 0 to 255 to logits [N, C]."""
        return self.logits(self.features(self.middle(pictures)))

    def head(self) -> LinearHead:
        """Return the classifier as it is now."""
        weights, bias = (one.detach().cpu().numpy().copy() for one in (self.classifier.weight, self.classifier.bias))
        return LinearHead(weights, bias)
