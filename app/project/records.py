"""What a project holds, as plain values."""

from dataclasses import dataclass
from pathlib import Path

from app.dataset.scan import Skipped

FOLDER = "folder"
HUMAN = "human"
SUGGESTED = "suggested"

SPLITS = ("train", "validation", "test")

RUNNING = "running"
DONE = "done"
CANCELLED = "cancelled"
FAILED = "failed"

# Okabe and Ito, "Color Universal Design" (2008), told apart with any colour vision; then lighter mixes.
CLASS_COLOURS = (
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#f0e442",
    "#5f6b76", "#7fb8d8", "#f2cf80", "#80ceb9", "#eaaf80", "#abdaf4", "#e5bcd3",
)  # fmt: skip


@dataclass(frozen=True)
class ImageRow:
    """An image of the project; `class_id` is its only or first label, `group` the user's own, such as a patient.

    `modified_ns` is when the file was last changed, in nanoseconds since 1970.
    """

    id: int
    path: Path
    name: str
    digest: str
    class_ids: tuple[int, ...]
    origin: str | None
    split: str | None
    group: str | None
    excluded: bool
    problem: str | None
    modified_ns: int = 0

    @property
    def class_id(self) -> int | None:
        """Return the first label, or None for an unlabelled image."""
        return self.class_ids[0] if self.class_ids else None


@dataclass(frozen=True)
class ClassRow:
    """A class with the number of images that carry it; `shortcut` is the key the user assigned."""

    id: int
    name: str
    colour: str
    position: int
    shortcut: str | None
    images: int


@dataclass(frozen=True)
class Annotation:
    """What is to be known of an image from now on; None leaves that part as it is.

    `labels` are names of classes, those that are missing are made; an empty `split` or `group` takes it away.
    """

    image_id: int
    labels: tuple[str, ...] | None = None
    split: str | None = None
    group: str | None = None
    excluded: bool | None = None
    origin: str = HUMAN


@dataclass(frozen=True)
class EditRow:
    """An edit of the history; `created` is an ISO 8601 time."""

    id: int
    title: str
    created: str
    undone: bool


@dataclass(frozen=True)
class Measured:
    """The share of some images that were right, 0 to 1, with its 95% interval."""

    share: float
    interval: tuple[float, float]
    images: int


@dataclass(frozen=True)
class RunRow:
    """A training run: what became of it, and its test accuracy with a 95% interval.

    `data` is a hash of the images and labels it worked on, `validation` its accuracy on images that training held
    out; both are missing from runs of older versions. `seconds` is how long it took, all times together that it was
    going. `trial` is its place in the plan of its `sweep`.
    """

    number: int
    engine: str
    state: str
    created: str
    reason: str = ""
    accuracy: float | None = None
    interval: tuple[float, float] | None = None
    images: int | None = None
    seconds: float | None = None
    preset: str = ""
    data: str = ""
    validation: Measured | None = None
    note: str = ""
    starred: bool = False
    sweep: int | None = None
    trial: int | None = None


@dataclass(frozen=True)
class ImportResult:
    """What adding a folder did."""

    added: int
    known: int
    skipped: tuple[Skipped, ...]
