"""The settings of the quick engine."""

from dataclasses import dataclass

from app.settings.table import setting

HEAD = "head"


@dataclass(frozen=True)
class QuickSettings:
    """How the quick engine fits its classifier."""

    head: str = setting(
        "logistic",
        "Classifier",
        "What is fitted on the features. Logistic regression is usually better.",
        choices=("logistic", "svm"),
    )
    strength: float = setting(
        0.0,
        "Strength",
        "How closely the classifier follows the training images (C); 0 lets cross-validation choose.",
        0,
        10_000,
    )
