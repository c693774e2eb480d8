"""What an evaluation found, as plain values that are stored beside the run and read by the window."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.errors import ProjectError
from app.files import read_json, write_json

FORMAT = 1
FILE_NAME = "evaluation.json"

Interval = tuple[float, float]


@dataclass(frozen=True)
class Curve:
    """Points of a curve and the threshold of each: for PR x is recall, for ROC the false positive rate."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    thresholds: tuple[float, ...]


@dataclass(frozen=True)
class ClassFigures:
    """The figures of one class, 0 to 1; None where there is nothing to compute them from."""

    label: str
    images: int
    precision: float | None
    precision_interval: Interval | None
    recall: float | None
    recall_interval: Interval | None
    f1: float | None
    average_precision: float | None
    roc_auc: float | None
    pr: Curve | None
    roc: Curve | None


@dataclass(frozen=True)
class ScoredImage:
    """One test image: classes as indices, probabilities of all classes."""

    path: str
    truth: int
    predicted: int
    confidence: float
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class Evaluation:
    """Every figure of a run; `confusion[true][predicted]` counts images."""

    labels: tuple[str, ...]
    images: int
    accuracy: float
    interval: Interval
    macro_f1: float
    macro_f1_interval: Interval
    log_loss: float
    per_class: tuple[ClassFigures, ...]
    confusion: tuple[tuple[int, ...], ...]
    predictions: tuple[ScoredImage, ...]
    protocol: str

    def to_json(self) -> dict[str, Any]:
        """Return the value to store."""
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Evaluation":
        """Read a stored value; raises KeyError, TypeError or ValueError for anything else."""
        if value["format"] != FORMAT:
            raise ValueError(f"evaluation of format {value['format']}")
        return cls(
            labels=tuple(value["labels"]),
            images=value["images"],
            accuracy=value["accuracy"],
            interval=_interval(value["interval"]),
            macro_f1=value["macro_f1"],
            macro_f1_interval=_interval(value["macro_f1_interval"]),
            log_loss=value["log_loss"],
            per_class=tuple(_class_figures(one) for one in value["per_class"]),
            confusion=tuple(tuple(row) for row in value["confusion"]),
            predictions=tuple(
                ScoredImage(**{**one, "probabilities": tuple(one["probabilities"])}) for one in value["predictions"]
            ),
            protocol=value["protocol"],
        )


def write_evaluation(run_folder: Path, evaluation: Evaluation) -> None:
    """Store an evaluation in its run's folder."""
    write_json(run_folder / FILE_NAME, evaluation.to_json())


def load_evaluation(run_folder: Path) -> Evaluation:
    """Read a run's evaluation; raises ProjectError where there is none or it is damaged."""
    try:
        return Evaluation.from_json(read_json(run_folder / FILE_NAME))
    except FileNotFoundError as error:
        raise ProjectError("This run was not measured.", "It had no test images: add more and train again.") from error
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ProjectError("The figures of this run cannot be read.", "Train again.", str(error)) from error


def _interval(value: list[float]) -> Interval:
    low, high = value
    return low, high


def _curve(value: dict[str, Any] | None) -> Curve | None:
    return None if value is None else Curve(**{key: tuple(points) for key, points in value.items()})


def _class_figures(value: dict[str, Any]) -> ClassFigures:
    intervals = {
        key: None if value[key] is None else _interval(value[key]) for key in ("precision_interval", "recall_interval")
    }
    return ClassFigures(**{**value, **intervals, "pr": _curve(value["pr"]), "roc": _curve(value["roc"])})
