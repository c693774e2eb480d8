"""What a model made of unlabelled images, as plain values that are stored and read by the window."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.errors import ProjectError
from app.evaluation.drift import Drift
from app.files import read_json, write_json

FORMAT = 1
FILE_NAME = "predictions.json"


@dataclass(frozen=True)
class LookedAt:
    """What a model with these labels makes of images, and how they differ from its training images, if that is known.

    Each of the `results` has `path`, `predictions` [{`label`, `confidence`}], `verdict`, `novelty` and `problem`.
    """

    labels: tuple[str, ...]
    results: tuple[dict[str, Any], ...]
    drift: Drift | None

    @property
    def read(self) -> list[dict[str, Any]]:
        """Return the results of the images that could be read."""
        return [one for one in self.results if one["predictions"]]


def write_looked_at(folder: Path, value: LookedAt) -> None:
    """Store what was made of images in a folder."""
    write_json(folder / FILE_NAME, {"format": FORMAT, **asdict(value)})


def read_looked_at(folder: Path) -> LookedAt:
    """Read what was stored; raises ProjectError where it is missing or damaged."""
    try:
        values = read_json(folder / FILE_NAME)
        if values["format"] != FORMAT:
            raise ValueError(f"predictions of format {values['format']}")
        drift = None if values["drift"] is None else Drift(**values["drift"])
        return LookedAt(tuple(values["labels"]), tuple(values["results"]), drift)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProjectError("What was predicted cannot be read.", "Test on the folder again.", str(error)) from error
