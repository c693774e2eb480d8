"""The figures of an evaluation as `bundle.json` has them: each with its 95% interval, without curves and images."""

from dataclasses import fields
from typing import Any

from app.evaluation.report import ClassFigures, Evaluation

OF_ALL = ("accuracy", "macro_f1", "log_loss", "top_accuracy", "calibration_error")
INTERVALS = {
    "accuracy": "interval",
    "macro_f1": "macro_f1_interval",
    "log_loss": "log_loss_interval",
    "top_accuracy": "top_interval",
    "calibration_error": "calibration_interval",
}
LEFT_OUT = ("pr", "roc")


def metrics(evaluation: Evaluation) -> dict[str, Any]:
    """Return every figure with its interval, those of each class, and the confusion matrix [true][predicted]."""
    overall = {name: _figure(evaluation, name) for name in OF_ALL if getattr(evaluation, name) is not None}
    return {
        **overall,
        "top_k": evaluation.top_k,
        "per_class": [_of_class(figures) for figures in evaluation.per_class],
        "confusion": [list(row) for row in evaluation.confusion],
    }


def _figure(evaluation: Evaluation, name: str) -> dict[str, Any]:
    return {"value": getattr(evaluation, name), "interval": list(getattr(evaluation, INTERVALS[name]))}


def _of_class(figures: ClassFigures) -> dict[str, Any]:
    values = {one.name: getattr(figures, one.name) for one in fields(figures) if one.name not in LEFT_OUT}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
