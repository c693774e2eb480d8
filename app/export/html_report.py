"""The report of an evaluation as one page of HTML, with the model card; also for images whose labels are not known."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.errors import InputError
from app.evaluation.drift import Drift
from app.evaluation.report import Evaluation
from app.evaluation.rule import ACCEPTED, UNKNOWN, UNSURE, Price
from app.export.bundle import CARD_FILE, UNREADABLE, BundleInfo, bundle_root
from app.export.html_page import heading, histogram, matrix, page, paragraph, picture, preformatted, table
from app.files import write_text

FILE_NAME = "report.html"
MOST_PICTURES = 24


def write_report(folder: Path, text: str) -> Path:
    """Write a report into a folder, which is made, and return its file; raises InputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / FILE_NAME, text)
    except OSError as error:
        raise InputError(
            f"The report cannot be written to “{folder}”.", "Choose another folder.", str(error)
        ) from error
    return folder / FILE_NAME


def labelled_report(bundle: Path, info: BundleInfo, evaluation: Evaluation, price: Price | None, images: Path) -> str:
    """Return the page of an evaluation; the paths of its images are below the folder `images`."""
    low, high = evaluation.interval
    first, last = evaluation.macro_f1_interval
    parts = [
        paragraph(evaluation.protocol),
        paragraph(
            f"Accuracy {evaluation.accuracy:.1%} of {evaluation.images:,} images "
            f"(95% interval {low:.1%} to {high:.1%}); "
            f"macro-F1 {evaluation.macro_f1:.3f} ({first:.3f} to {last:.3f}); log loss {evaluation.log_loss:.3f}."
        ),
        *_rule(info, price),
        heading("Classes"),
        table(
            ("class", "images", "precision", "95% interval", "recall", "95% interval", "F1"),
            [
                (
                    one.label,
                    f"{one.images:,}",
                    _share(one.precision),
                    _interval(one.precision_interval),
                    _share(one.recall),
                    _interval(one.recall_interval),
                    _share(one.f1),
                )
                for one in evaluation.per_class
            ],
        ),
        heading("Confusion matrix"),
        matrix(evaluation.labels, evaluation.confusion),
        heading("Most wrong"),
        *_most_wrong(evaluation, images),
        heading("Confidence"),
        histogram([one.confidence for one in evaluation.predictions], "How many images have which confidence"),
        *_card(bundle),
    ]
    return page(f"{info.name}: evaluation", parts)


def unlabelled_report(
    bundle: Path, info: BundleInfo, results: Sequence[dict[str, Any]], drift: Drift | None, name: str
) -> str:
    """Return the page of predictions, as the command gives them, of images whose labels are not known."""
    read = [one for one in results if one["predictions"]]
    best = Counter(one["predictions"][0]["label"] for one in read)
    verdicts = Counter(one["verdict"] for one in read)
    parts = [
        paragraph(f"{len(read):,} images of “{name}”, whose true classes are not known: nothing was measured."),
        *([paragraph(drift_words(drift), drift.notable)] if drift is not None else []),
        table(("verdict", "images"), [(one, f"{verdicts[one]:,}") for one in (ACCEPTED, UNSURE, UNKNOWN)]),
        heading("Predicted classes"),
        table(
            ("class", "images", "share"),
            [(label, f"{best[label]:,}", f"{best[label] / len(read):.1%}") for label in info.labels],
        ),
        heading("Confidence"),
        histogram([one["predictions"][0]["confidence"] for one in read], "How many images have which confidence"),
        heading("Images"),
        table(
            ("image", "class", "confidence", "verdict"),
            [
                (
                    one["path"],
                    one["predictions"][0]["label"] if one["predictions"] else one.get("problem", ""),
                    f"{one['predictions'][0]['confidence']:.1%}" if one["predictions"] else "",
                    one.get("verdict") or "",
                )
                for one in results
            ],
        ),
        *_card(bundle),
    ]
    return page(f"{info.name}: predictions", parts)


def drift_words(drift: Drift) -> str:
    """Say whether the images differ from those that were trained on."""
    if drift.notable:
        return (
            f"These {drift.images:,} images differ from the training images (distance {drift.distance:.2f} of their "
            "novelty): another camera, light or subject. Figures measured before may not hold for them; label some, "
            "measure again, and train with them."
        )
    return (
        f"These {drift.images:,} images look like the training images (distance {drift.distance:.2f} of their novelty)."
    )


def _rule(info: BundleInfo, price: Price | None) -> list[str]:
    if price is None or info.rule is None:
        return []
    low, high = price.coverage_interval
    text = f"By the model's rule {price.coverage:.1%} are accepted ({low:.1%} to {high:.1%})"
    if price.error is not None and price.error_interval is not None:
        low, high = price.error_interval
        text += f", of which {price.error:.1%} are wrong ({low:.1%} to {high:.1%})"
    return [paragraph(f"{text}; {price.unsure:,} are unsure and {price.unknown:,} unknown.")]


def _most_wrong(evaluation: Evaluation, images: Path) -> list[str]:
    wrong = [one for one in evaluation.predictions if one.predicted != one.truth]
    wrong.sort(key=lambda one: one.probabilities[one.truth])
    if not wrong:
        return [paragraph("Every image was recognised.")]
    labels = evaluation.labels
    return [
        picture(
            images / one.path,
            f"{one.path}: {labels[one.truth]}, called {labels[one.predicted]} ({one.confidence:.0%})",
        )
        for one in wrong[:MOST_PICTURES]
    ]


def _card(bundle: Path) -> list[str]:
    try:
        text = (bundle_root(bundle) / CARD_FILE).read_text(encoding="utf-8")
    except UNREADABLE:
        return []
    return [heading("Model card"), preformatted(text)]


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _interval(interval: tuple[float, float] | None) -> str:
    return "–" if interval is None else f"{interval[0]:.1%} to {interval[1]:.1%}"
