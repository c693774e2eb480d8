"""A state of fine-tuning on disk: written whole or not at all, read without running anything in it."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from app.errors import EngineError
from app.files import replacing

FORMAT = 1
Weights = dict[str, Tensor]


@dataclass
class TuningState:
    """Where fine-tuning is. Chance is drawn anew for each step from seed, epoch and place, so these are its state."""

    epoch: int = 0
    place: int = 0  # images of this epoch that were trained on
    steps: int = 0
    batch_size: int = 0
    loss_sum: float = 0.0  # over this epoch's images
    best_loss: float = float("inf")
    best_epoch: int = 0
    losses: list[float] = field(default_factory=list)  # of every step
    history: list[dict[str, Any]] = field(default_factory=list)  # of every epoch


@dataclass
class Checkpoint:
    """The state with all weights; `average` and `best` have only those that are trained."""

    state: TuningState
    network: Weights
    average: Weights
    best: Weights
    optimiser: dict[str, Any]
    scaler: dict[str, Any] = field(default_factory=dict)  # of losses; empty where none is used


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Replace the checkpoint, atomically; raises EngineError where the disk takes no more."""
    values = {**vars(checkpoint), "state": asdict(checkpoint.state), "format": FORMAT}
    try:
        with replacing(path) as stream:
            torch.save(values, stream)
    except (OSError, RuntimeError) as error:
        raise EngineError(
            "The state of the training could not be saved.",
            "Check that the project's disk is connected and has space, then resume the run.",
            str(error),
        ) from error


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; raises EngineError for one that is damaged or of another version."""
    try:
        values = torch.load(path, map_location="cpu", weights_only=True)
        if values.pop("format") != FORMAT:
            raise EngineError("The checkpoint was written by another version of Sightline.", "Train anew.")
        return Checkpoint(**{**values, "state": TuningState(**values["state"])})
    except (OSError, RuntimeError, EOFError, KeyError, TypeError, AttributeError, UnpicklingError) as error:
        raise EngineError("The checkpoint of this run is damaged.", "Train anew.", str(error)) from error
