"""The frozen state a run works on: what the user edits meanwhile cannot touch it."""

from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from app.errors import EngineError
from app.files import read_json, write_json
from app.settings import Value

FORMAT = 1
SPEC_FILE = "spec.json"
SPLIT_FILE = "split.json"
NETWORK_FILE = "network.onnx"
VALIDATION_FILE = "validation.npz"
CHECKPOINT_FILE = "checkpoint.pt"
FINISH_FILE = "finish"  # where it appears, training ends with the epoch it is in

TRAIN = "train"
VALIDATION = "validation"
TEST = "test"


@dataclass(frozen=True)
class SnapshotImage:
    """An image as it was when the run started; `label` is an index into the snapshot's classes.

    `groups` names what it must stay together with, `before` the part that it was in before, if there was one.
    """

    path: str
    digest: str
    label: int
    split: str | None
    groups: tuple[str, ...] = ()
    before: str | None = None


@dataclass(frozen=True)
class Snapshot:
    """Everything an engine is told; `settings` are all those of an engine that has some, by name.

    `division` is the seed that images are divided by, where it is not the run's own.
    """

    engine: str
    backbone: str
    head: str
    seed: int
    cache: str
    classes: tuple[str, ...]
    images: tuple[SnapshotImage, ...]
    preset: str = ""
    settings: dict[str, Value] = field(default_factory=dict)
    grouping: dict[str, Any] = field(default_factory=dict)
    division: int | None = None

    @property
    def division_seed(self) -> int:
        """Return the seed that the images are divided by."""
        return self.seed if self.division is None else self.division

    @property
    def data_version(self) -> str:
        """Return a short hash of what is learnt from: images by content, their labels, own parts and groups."""
        lines = sorted(
            "\t".join((image.digest, self.classes[image.label], image.split or "", *image.groups))
            for image in self.images
        )
        return blake2b("\n".join(lines).encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()


@dataclass(frozen=True)
class Split:
    """Per image of the snapshot, or None for one that could not be read: its part, and its near-duplicate group."""

    parts: tuple[str | None, ...]
    groups: tuple[int, ...]

    def positions(self, *parts: str) -> list[int]:
        """Return the positions of the images in the given parts."""
        return [position for position, part in enumerate(self.parts) if part in parts]


def write_snapshot(folder: Path, snapshot: Snapshot) -> None:
    """Write the snapshot into a run folder."""
    write_json(folder / SPEC_FILE, {"format": FORMAT, **asdict(snapshot)})


def read_snapshot(folder: Path) -> Snapshot:
    """Read the snapshot of a run; raises EngineError where it is missing or damaged."""
    values = _read(folder / SPEC_FILE)
    try:
        images = tuple(
            SnapshotImage(**{**image, "groups": tuple(image.get("groups", ()))}) for image in values.pop("images")
        )
        return Snapshot(**{**values, "classes": tuple(values["classes"])}, images=images)
    except (KeyError, TypeError) as error:
        raise EngineError(f"The run in “{folder}” cannot be read.", "Train again.", str(error)) from error


def write_split(folder: Path, split: Split) -> None:
    """Write the split into a run folder."""
    write_json(folder / SPLIT_FILE, {"format": FORMAT, **asdict(split)})


def read_split(folder: Path) -> Split:
    """Read the split of a run; raises EngineError where it is missing or damaged."""
    values = _read(folder / SPLIT_FILE)
    return Split(tuple(values["parts"]), tuple(values["groups"]))


def _read(path: Path) -> dict[str, Any]:
    try:
        values: dict[str, Any] = read_json(path)
    except (OSError, ValueError) as error:
        raise EngineError(f"The file “{path}” cannot be read.", "Train again.", str(error)) from error
    if values.pop("format", None) != FORMAT:
        raise EngineError(f"The file “{path}” was written by another version of Sightline.", "Train again.")
    return values
