"""The report of an evaluation as one page of HTML, with the model card; also for images whose labels are not known."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.errors import InputError
from app.evaluation.drift import Drift
from app.evaluation.report import ClassFigures, Evaluation, Figures, Interval
from app.evaluation.rule import ACCEPTED, UNKNOWN, UNSURE, Price
from app.export.bundle import CARD_FILE, UNREADABLE, BundleInfo, bundle_root
from app.export.html_chart import histogram
from app.export.html_page import formatted, heading, matrix, page, paragraph, picture, table
from app.export.report_charts import curves
from app.files import write_text

FILE_NAME = "report.html"
MOST_PICTURES = 24
JOINED = "\N{WORD JOINER}"  # no line ends here
CLASS_COLUMNS = ("class", "images", "precision", "recall", "F1", "average precision", "ROC AUC")


def write_report(folder: Path, text: str) -> Path:
    """Write a report into a folder, which is made, and return its file; raises InputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The report cannot be written to “{folder}”.", "Choose another folder.", str(error)
        ) from error
    return write_page(folder / FILE_NAME, text)


def write_page(file: Path, text: str) -> Path:
    """Write a report to a file, and return it; raises InputError."""
    try:
        write_text(file, text)
    except OSError as error:
        raise InputError(f"The report “{file}” cannot be written.", "Choose another place.", str(error)) from error
    return file


def labelled_report(name: str, evaluation: Evaluation, images: Path, bundle: Path | None = None, rule: str = "") -> str:
    """Return the page of an evaluation, with the model card of a `bundle` and what its `rule` costs.

    The paths of the evaluation's images are whole, or below the folder `images`.
    """
    parts = [
        paragraph(evaluation.protocol),
        *([paragraph(rule)] if rule else []),
        table(("figure", "value", "95% interval"), _figures(evaluation)),
        heading("Classes"),
        paragraph("Each figure with its 95% interval, in percent."),
        table(CLASS_COLUMNS, [_class_row(one) for one in evaluation.per_class]),
        heading("Confusion matrix"),
        matrix(evaluation.labels, evaluation.confusion),
        *curves(evaluation),
        heading("Most wrong"),
        *_most_wrong(evaluation, images),
        heading("Confidence"),
        histogram([one.confidence for one in evaluation.predictions], "How many images have which confidence"),
        *(_card(bundle) if bundle is not None else []),
    ]
    return page(f"{name}: evaluation", parts)


def _figures(found: Figures) -> list[tuple[str, str, str]]:
    low, high = found.log_loss_interval
    rows = [
        (f"accuracy on {found.images:,} images", _share(found.accuracy), _interval(found.interval)),
        ("macro-F1", _share(found.macro_f1), _interval(found.macro_f1_interval)),
        ("expected calibration error", _share(found.calibration_error), _interval(found.calibration_interval)),
        ("log loss", f"{found.log_loss:.3f}", f"{low:.3f} to {high:.3f}"),
    ]
    if found.top_accuracy is not None:
        title = f"own class among the best {found.top_k}"
        rows.append((title, _share(found.top_accuracy), _interval(found.top_interval)))
    for words, mean in (("mean of the classes", found.macro), ("all answers", found.micro)):
        rows.append(
            (
                f"average precision, {words}",
                _share(mean.average_precision),
                _interval(mean.average_precision_interval),
            )
        )
        rows.append((f"area under the ROC curve, {words}", _share(mean.roc_auc), _interval(mean.roc_auc_interval)))
    return rows


def _class_row(one: ClassFigures) -> tuple[str, ...]:
    pairs = (
        (one.precision, one.precision_interval),
        (one.recall, one.recall_interval),
        (one.f1, one.f1_interval),
        (one.average_precision, one.average_precision_interval),
        (one.roc_auc, one.roc_auc_interval),
    )
    return (one.label, f"{one.images:,}", *(_with_interval(value, interval) for value, interval in pairs))


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
                    one["predictions"][0]["label"] if one["predictions"] else one.get("problem") or "",
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


def price_words(price: Price) -> str:
    """Say what a model's rule costs."""
    low, high = price.coverage_interval
    text = f"By the model's rule {price.coverage:.1%} are accepted ({low:.1%} to {high:.1%})"
    if price.error is not None and price.error_interval is not None:
        low, high = price.error_interval
        text += f", of which {price.error:.1%} are wrong ({low:.1%} to {high:.1%})"
    return f"{text}; {price.unsure:,} are unsure and {price.unknown:,} unknown."


def _most_wrong(evaluation: Evaluation, images: Path) -> list[str]:
    wrong = [one for one in evaluation.predictions if one.predicted != one.truth]
    wrong.sort(key=lambda one: one.probabilities[one.truth])
    if not wrong:
        return [paragraph("Every image was recognised.")]
    labels = evaluation.labels
    return [
        picture(
            images / one.path,
            f"{_name(one.path, images)}: {labels[one.truth]}, called {labels[one.predicted]} ({one.confidence:.0%})",
        )
        for one in wrong[:MOST_PICTURES]
    ]


def _name(path: str, images: Path) -> str:
    """Return a path below the folder of images; of one that lies elsewhere only folder and name."""
    whole = images / path
    return whole.relative_to(images).as_posix() if whole.is_relative_to(images) else "/".join(whole.parts[-2:])


def _card(bundle: Path) -> list[str]:
    try:
        text = (bundle_root(bundle) / CARD_FILE).read_text(encoding="utf-8")
    except UNREADABLE:
        return []
    return [heading("Model card"), formatted(text)]


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _with_interval(value: float | None, interval: Interval | None) -> str:
    if interval is None:
        return _share(value)
    low, high = (f"{100 * end:.1f}" for end in interval)
    return f"{_share(value)} ({low}{JOINED}–{JOINED}{high})"


def _interval(interval: Interval | None) -> str:
    return "–" if interval is None else f"{interval[0]:.1%} to {interval[1]:.1%}"
