"""What an evaluation found, as plain values that are stored beside the run and read by the window."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.errors import ProjectError
from app.files import read_json, write_json

FORMAT = 3
OLD_FORMATS = (1, 2)  # without intervals for all figures: they are computed when it is read
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
    f1_interval: Interval | None
    average_precision: float | None
    average_precision_interval: Interval | None
    roc_auc: float | None
    roc_auc_interval: Interval | None
    pr: Curve | None
    roc: Curve | None


@dataclass(frozen=True)
class AverageFigures:
    """Figures and curves over all classes; None where there is nothing to compute them from."""

    average_precision: float | None
    average_precision_interval: Interval | None
    roc_auc: float | None
    roc_auc_interval: Interval | None
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
class Figures:
    """Every figure, 0 to 1 but for the log loss in nats, with its 95% interval; `confusion[true][predicted]` counts.

    `top_accuracy` is how often the true class is among the `top_k` best guesses; None with two classes.
    """

    images: int
    accuracy: float
    interval: Interval
    macro_f1: float
    macro_f1_interval: Interval
    log_loss: float
    log_loss_interval: Interval
    top_k: int | None
    top_accuracy: float | None
    top_interval: Interval | None
    calibration_error: float
    calibration_interval: Interval
    per_class: tuple[ClassFigures, ...]
    micro: AverageFigures
    macro: AverageFigures
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Evaluation(Figures):
    """The figures of a run with the images they were measured on.

    `groups` has the near-duplicate group of each of the `predictions`; `temperature` is what they were calibrated
    with, None where that is not known.
    """

    labels: tuple[str, ...]
    predictions: tuple[ScoredImage, ...]
    protocol: str
    groups: tuple[int, ...] = ()
    temperature: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the value to store."""
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Evaluation":
        """Read a stored value; raises KeyError, TypeError or ValueError for anything else."""
        if value["format"] in OLD_FORMATS:
            return _upgraded(value)
        if value["format"] != FORMAT:
            raise ValueError(f"evaluation of format {value['format']}")
        return cls(
            images=value["images"],
            accuracy=value["accuracy"],
            interval=_interval(value["interval"]),
            macro_f1=value["macro_f1"],
            macro_f1_interval=_interval(value["macro_f1_interval"]),
            log_loss=value["log_loss"],
            log_loss_interval=_interval(value["log_loss_interval"]),
            top_k=value["top_k"],
            top_accuracy=value["top_accuracy"],
            top_interval=_optional_interval(value["top_interval"]),
            calibration_error=value["calibration_error"],
            calibration_interval=_interval(value["calibration_interval"]),
            per_class=tuple(_class_figures(one) for one in value["per_class"]),
            micro=_average(value["micro"]),
            macro=_average(value["macro"]),
            confusion=tuple(tuple(row) for row in value["confusion"]),
            labels=tuple(value["labels"]),
            predictions=_predictions(value),
            protocol=value["protocol"],
            groups=tuple(value["groups"]),
            temperature=value["temperature"],
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


def _upgraded(value: dict[str, Any]) -> Evaluation:
    """Compute what there were no intervals for: in format 2 the averages' areas; format 1 knew no near-duplicates."""
    import numpy as np

    from app.evaluation.metrics import evaluate

    scored = _predictions(value)
    probabilities = np.array([image.probabilities for image in scored], np.float64)
    truth = np.array([image.truth for image in scored], np.int64)
    groups = np.array(value["groups"], np.int64) if value.get("groups") else None
    paths = [image.path for image in scored]
    return evaluate(probabilities, truth, value["labels"], paths, value["protocol"], groups, value.get("temperature"))


def _predictions(value: dict[str, Any]) -> tuple[ScoredImage, ...]:
    return tuple(ScoredImage(**{**one, "probabilities": tuple(one["probabilities"])}) for one in value["predictions"])


def _interval(value: list[float]) -> Interval:
    low, high = value
    return low, high


def _optional_interval(value: list[float] | None) -> Interval | None:
    return None if value is None else _interval(value)


def _curve(value: dict[str, Any] | None) -> Curve | None:
    return None if value is None else Curve(**{key: tuple(points) for key, points in value.items()})


def _average(value: dict[str, Any]) -> AverageFigures:
    return AverageFigures(**_with_curves(value))


def _class_figures(value: dict[str, Any]) -> ClassFigures:
    return ClassFigures(**_with_curves(value))


def _with_curves(value: dict[str, Any]) -> dict[str, Any]:
    intervals = {key: _optional_interval(value[key]) for key in value if key.endswith("_interval")}
    return {**value, **intervals, "pr": _curve(value["pr"]), "roc": _curve(value["roc"])}
