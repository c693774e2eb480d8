"""The weights that are learnt: as they are, their average over steps, and the best so far.

What is judged and kept is the average, moved a share of the way back to where training began: such a mixture is right
more often, and surer of itself for a reason (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from app.engines.checkpoint import Weights
from app.engines.tuned_network import CLASSIFIER, TunedNetwork
from app.settings import TorchSettings


class TunedWeights:
    """What of a network is trained, by name; all else is frozen."""

    def __init__(self, network: TunedNetwork, settings: TorchSettings):
        backbone = network.backbone
        lowest = backbone.lower_layers if settings.trained == "upper" else settings.frozen_layers
        for depth, layer in enumerate(backbone.layers()):
            layer.requires_grad_(depth >= lowest)
        self._network = network
        self._trained = {name: weight for name, weight in network.named_parameters() if weight.requires_grad}
        self._start_share = settings.start_share
        self._start = self.copy()
        self.average = self.copy()
        self.best = self.copy()

    def groups(self, settings: TorchSettings) -> Iterator[dict[str, object]]:
        """Yield groups of weights for an optimiser, with the share of the learning rate that their depth has."""
        layers = [*self._network.backbone.layers(), self._network.classifier]
        for depth, layer in enumerate(layers):
            share = settings.lower_rate ** (1 - depth / (len(layers) - 1))
            weights = [one for one in layer.parameters() if one.requires_grad]
            for decays in (True, False):
                chosen = [one for one in weights if (one.ndim > 1) == decays]
                if chosen:
                    decay = settings.weight_decay if decays else 0.0
                    yield {"params": chosen, "share": share, "weight_decay": decay, "lr": 0.0}

    def let_learn(self, head_only: bool) -> None:
        """Choose whether all that is trained learns now, or the classifier alone."""
        for name, weight in self._trained.items():
            weight.requires_grad_(not head_only or name.startswith(CLASSIFIER))

    def copy(self) -> Weights:
        """Return the weights as they are."""
        return {name: weight.detach().clone() for name, weight in self._trained.items()}

    @torch.no_grad()
    def load(self, weights: Weights) -> None:
        """Put weights into the network."""
        for name, weight in self._trained.items():
            weight.copy_(weights[name])

    @torch.no_grad()
    def add_to_average(self, kept: float) -> None:
        """Move the average towards the weights, keeping a share of it."""
        for name, weight in self._trained.items():
            self.average[name].lerp_(weight, 1 - kept)

    def mixture(self) -> Weights:
        """Return the average, with a share of the weights at the start."""
        return {name: weight.lerp(self._start[name], self._start_share) for name, weight in self.average.items()}

    def keep_mixture(self) -> None:
        """Make the mixture the best so far."""
        self.best = self.mixture()

    @contextmanager
    def mixed(self) -> Iterator[None]:
        """Let the network have the mixture for a while."""
        current = self.copy()
        self.load(self.mixture())
        try:
            yield
        finally:
            self.load(current)

    def restore(self, network: Weights, average: Weights, best: Weights) -> None:
        """Take all three from a checkpoint, onto the device where they are needed."""
        self.load(network)
        for mine, stored in ((self.average, average), (self.best, best)):
            for name, weight in mine.items():
                weight.copy_(stored[name])
