"""The curves of an evaluation's report: precision and recall, ROC, calibration, and accuracy against coverage."""

from collections.abc import Callable

import numpy as np

from app.evaluation.charts import accuracy_by_coverage, reliability, uncalibrated
from app.evaluation.curves import Floats, Integers
from app.evaluation.report import AverageFigures, ClassFigures, Curve, Evaluation
from app.export.html_chart import Line, chart
from app.export.html_page import heading, paragraph
from app.project.records import CLASS_COLOURS

FAINT = "#f0e442"  # on white
COLOURS = tuple(colour for colour in CLASS_COLOURS[:8] if colour != FAINT)  # then again, dashed
DASHES = ("", "7 3")
MOST_CLASSES = len(COLOURS) * len(DASHES)  # that have a curve each
BLACK, BLUE, ORANGE = "#1c1e21", "#0072b2", "#d55e00"


def curves(evaluation: Evaluation) -> list[str]:
    """Return headings and charts of an evaluation, words where there is nothing to draw."""
    few = len(evaluation.labels) <= MOST_CLASSES
    predictions = evaluation.predictions
    probabilities = np.array([one.probabilities for one in predictions])
    truth = np.array([one.truth for one in predictions])
    classes = "" if few else f" Of {len(evaluation.labels)} classes only the mean and all answers are drawn."
    return [
        heading("Precision and recall"),
        paragraph(f"What share of a class is found, and how pure the answers are, at every threshold.{classes}"),
        _ranking(evaluation, lambda one: one.pr, few, ("recall", "precision")),
        heading("ROC"),
        _ranking(evaluation, lambda one: one.roc, few, ("false positive rate", "true positive rate")),
        heading("Calibration"),
        paragraph("Of the answers that are so sure, so many are right; on the dotted line both are the same."),
        _calibration(probabilities, truth, evaluation.temperature),
        heading("Accuracy against coverage"),
        paragraph("How many answers are right if the model answers only what it is surest of."),
        _coverage(probabilities, truth),
    ]


def _ranking(
    evaluation: Evaluation,
    curve_of: Callable[[ClassFigures | AverageFigures], Curve | None],
    few: bool,
    titles: tuple[str, str],
) -> str:
    means = (("mean (macro)", evaluation.macro, "6 4"), ("all (micro)", evaluation.micro, ""))
    lines = []
    for number, one in enumerate(evaluation.per_class if few else ()):
        curve = curve_of(one)
        if curve is not None:
            again, place = divmod(number, len(COLOURS))
            lines.append(Line(one.label, curve.x, curve.y, COLOURS[place], DASHES[again]))
    for name, mean, dash in means:
        curve = curve_of(mean)
        if curve is not None:
            lines.append(Line(name, curve.x, curve.y, BLACK, dash, 2.0))
    if not lines:
        return paragraph("There is nothing to draw: no class has both images of its own and others.")
    return chart(" and ".join(titles), *titles, lines)


def _calibration(probabilities: Floats, truth: Integers, temperature: float | None) -> str:
    after = reliability(probabilities, truth)
    lines = [Line("calibrated", after.confidence.tolist(), after.accuracy.tolist(), BLUE, width=2.0)]
    if temperature is not None:
        before = reliability(uncalibrated(probabilities, temperature), truth)
        lines.append(Line("before", before.confidence.tolist(), before.accuracy.tolist(), ORANGE, "6 4"))
    return chart("Confidence and accuracy", "confidence", "share right", lines, diagonal=True)


def _coverage(probabilities: Floats, truth: Integers) -> str:
    right = probabilities.argmax(axis=1) == truth
    curve = accuracy_by_coverage(probabilities.max(axis=1), right)
    return chart("Accuracy against coverage", "share answered", "share right", [Line("", curve.x, curve.y, BLUE)])
