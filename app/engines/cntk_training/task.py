"""What a run hands over: settings, network, and the rows of the array of pixels that are trained and judged on."""

import json
import os
from typing import Any, Dict, Sequence

import numpy as np

FOLDER = "cntk"  # in the run folder, for as long as the run goes on
TASK_FILE, ROWS_FILE = "task.json", "rows.npz"
FEATURES_FILE = "features-{}.npy"
HEAD_FILE, ROOTED_FILE = "head.npz", "rooted.npz"
BASE_FILE = "base.model"
NETWORK_FILE = "network.model"
ANSWERS_FILE = "answers.npz"
CHECKPOINT_FILE = "checkpoint.json"
FINISH_FILE = "finish"
ASKED_AT_ONCE = 8


class Task:
    """The task in a run folder."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.folder = os.path.join(run, FOLDER)
        with open(self.path(TASK_FILE), encoding="utf-8") as stream:
            values = json.load(stream)
        self.settings: Dict[str, Any] = values["settings"]
        self.network: Dict[str, Any] = values["network"]
        self.seed = int(values["seed"])
        self.classes = int(values["classes"])
        self.refines = bool(values["refines"])
        self.device = str(values["device"])
        self._read_rows(values["pixels"])

    def _read_rows(self, pixels: Dict[str, Any]) -> None:
        with np.load(self.path(ROWS_FILE)) as stored:
            rows = {name: stored[name] for name in stored.files}
        side = int(pixels["side"])
        mapped = np.memmap(pixels["path"], np.uint8, "r", shape=(int(pixels["rows"]), side, side, 3))
        self.side = side
        self.training = Pictures(mapped, rows["training"], self.network["colour"])
        self.validation = Pictures(mapped, rows["validation"], self.network["colour"])
        self.truth, self.judged = rows["truth"], rows["judged"]

    def path(self, name: str) -> str:
        """Return the path of a file in the task's folder."""
        return os.path.join(self.folder, name)

    @property
    def finishing(self) -> bool:
        """Tell whether training was asked to end with the epoch it is in."""
        return os.path.exists(os.path.join(self.run, FINISH_FILE))


class Pictures:
    """Rows of the memory-mapped array of pixels, as the network takes them."""

    def __init__(self, mapped: Any, rows: Any, colour: str) -> None:
        self._mapped = mapped
        self._rows = rows
        self._reverse = colour == "bgr"

    def __len__(self) -> int:
        return len(self._rows)

    def planes(self, places: Any, mirrored: Any = None) -> Any:
        """Return planes [N, 3, S, S], 0 to 255; those that `mirrored` [N] says are turned left to right."""
        pixels = self._mapped[self._rows[np.asarray(places, np.int64)]]
        if mirrored is not None:
            pixels = np.where(np.asarray(mirrored)[:, None, None, None], pixels[:, :, ::-1], pixels)
        planes = pixels.transpose(0, 3, 1, 2)
        return np.ascontiguousarray(planes[:, ::-1] if self._reverse else planes, np.float32)


def replace_file(path: str, write: Any) -> None:
    """Write a file whole or not at all; `write` takes the path of a temporary one beside it."""
    part = path + ".part"
    write(part)
    os.replace(part, path)


def batches(count: int, size: int) -> Any:
    """Yield the places of one batch after the other."""
    for start in range(0, count, size):
        yield np.arange(start, min(start + size, count))


def epoch_order(truth: Any, seed: int, epoch: int, balance: bool) -> Any:
    """Return the places of one epoch in their order, drawn from seed and epoch alone.

    Balanced, each class is seen as often as the largest: its images are repeated.
    """
    chance = np.random.RandomState((seed * 1009 + epoch) % (1 << 32))
    places = np.arange(len(truth))
    if balance:
        most = np.bincount(truth).max()
        places = np.concatenate(
            [np.resize(chance.permutation(np.flatnonzero(truth == label)), most) for label in np.unique(truth)]
        )
    return chance.permutation(places)


def rate_of(rates: Sequence[float], epoch: int) -> float:
    """Return the learning rate of an epoch, counted from 0; the last one holds for all that follow."""
    return rates[min(epoch, len(rates) - 1)]
