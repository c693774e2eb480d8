"""The model card: what a bundle was trained on, how it was measured, and its limits.

After Mitchell et al., "Model Cards for Model Reporting", FAT* 2019.
"""

from app.errors import InputError
from app.evaluation.report import ClassFigures, Evaluation
from app.evaluation.rule import Price
from app.export.bundle import BundleInfo
from app.features.backbones import find_backbone

LIMITS = """\
* It knows only the classes above. A picture of anything else is given one of them all the same, unless the rule
  rejects it; that recognises strange pictures better than ones that look much like a class.
* The figures hold for pictures like those it was tested on: the same kind of camera, light and subject.
* Confidences were calibrated on held-out training images; on other material they may be too high."""

USE = """\
`model.onnx` takes `image`, uint8 RGB [batch, height, width, 3] of any size, turned upright, and gives `probabilities`
[batch, classes] in the order of `labels.txt`. `python check.py` compares this copy with the stored answers; it needs
onnxruntime, numpy and Pillow or OpenCV."""


MEANT_FOR = """\
Sorting pictures like those it was trained on into the classes below, one class a picture, where a person can look at
what it is unsure of. Not for decisions about people; where a wrong answer would harm, only after tests made there."""

UNKNOWN_CONFIDENCE = """\
* Confidences are those of the original model. They were not calibrated and may be too high."""


RULE_HEADING = "## When an answer is accepted"
LIMITS_HEADING = "## Limits"


def with_rule(card: str, info: BundleInfo) -> str:
    """Return a card with the bundle's present rule in the place of the one before."""
    before, found, after = card.partition(RULE_HEADING)
    if not found:
        before, found, after = card.partition(LIMITS_HEADING)
        return f"{before}{RULE_HEADING}\n\n{_rule(info)}\n\n{found}{after}"
    return f"{before}{RULE_HEADING}\n\n{_rule(info)}\n\n{LIMITS_HEADING}{after.partition(LIMITS_HEADING)[2]}"


def with_precision(card: str, info: BundleInfo) -> str:
    """Return a card that says which figures are those of the smaller model it goes with."""
    text = f"These figures are those of full precision. This copy has the precision {info.precision}"
    if info.interval is None or info.accuracy is None:
        text += "; it was compared with full precision on the golden images only."
    else:
        low, high = info.interval
        text += (
            f": accuracy {info.accuracy:.1%} of {info.test_images:,} of the same test images "
            f"(95% interval {low:.1%} to {high:.1%})."
        )
    before, found, after = card.partition(RULE_HEADING if RULE_HEADING in card else LIMITS_HEADING)
    return f"{before}{text}\n\n{found}{after}"


def model_card(info: BundleInfo, evaluation: Evaluation | None) -> str:
    """Write the card as Markdown; without an evaluation it says that there were no test images."""
    parts = [
        f"# {info.name}\n\nAn image classifier made with Sightline {info.version} on {info.created[:10]}.",
        _origin(info),
        f"## Meant for\n\n{MEANT_FOR}",
        f"## Classes\n\n{', '.join(info.labels)}",
        f"## Trained on\n\n{_training(info)}",
        f"## Measured\n\n{_measured(evaluation)}",
        f"{RULE_HEADING}\n\n{_rule(info)}",
        f"{LIMITS_HEADING}\n\n{_limits(info)}",
        f"## Use\n\n{USE}",
        f"## Made with\n\n{_made_with(info)}",
    ]
    return "\n\n".join(parts) + "\n"


def _rule(info: BundleInfo) -> str:
    rule = info.rule
    if rule is None:
        return "Always: this model has no rule to reject answers."
    lines = [f"The rule was chosen {rule.chosen}."] if rule.chosen else []
    if rule.most_novel is not None:
        lines.append(f"“Unknown” where `novelty` is above {rule.most_novel:.3f}.")
    least = rule.thresholds
    if min(least) == max(least):
        lines.append(f"“Unsure” where the best probability is below {least[0]:.3f}." if least[0] else "")
    else:
        each = ", ".join(f"{label} {one:.3f}" for label, one in zip(info.labels, least, strict=True))
        lines.append(f"“Unsure” where the best probability is below that of its class: {each}.")
    if rule.price is not None:
        lines.append(price_words(rule.price))
    return "\n".join(line for line in lines if line)


def price_words(price: Price) -> str:
    """Say what a rule costs."""
    low, high = price.coverage_interval
    text = (
        f"Of {price.images:,} held-out images {price.coverage:.1%} are accepted (95% interval {low:.1%} to {high:.1%})"
    )
    if price.error is None or price.error_interval is None:
        return f"{text}."
    low, high = price.error_interval
    return f"{text}; {price.error:.1%} of those are wrong (95% interval {low:.1%} to {high:.1%})."


def _origin(info: BundleInfo) -> str:
    if info.source:
        return info.source
    try:
        licence = f" (licence: {find_backbone(info.backbone).licence})"
    except InputError:  # one that was added elsewhere
        licence = ""
    return f"Engine: {info.engine}, on the pretrained network {info.backbone}{licence}."


def _training(info: BundleInfo) -> str:
    if info.source:
        return "Not known here: ask who made the original model."
    text = f"{info.training_images:,} images; digest of the data {info.training_digest[:16]}."
    if not info.class_images:
        return text
    each = ", ".join(f"{label} {count:,}" for label, count in zip(info.labels, info.class_images, strict=True))
    return f"{text}\n\nImages of each class: {each}."


def _made_with(info: BundleInfo) -> str:
    form = info.preprocessing
    steps = f"Pictures are prepared inside the model: {form['fit']}, {form['width']} × {form['height']} pixels, "
    lines = [f"{steps}resized {form['resize']}."] if form else []
    if info.versions:
        lines.append(", ".join(f"{name} {version}" for name, version in info.versions.items()) + ".")
    licence = "" if info.source else " The pretrained network's is Apache-2.0."
    return "\n\n".join([*lines, f"Its licence is that of whoever trained it.{licence}"])


def _limits(info: BundleInfo) -> str:
    if info.source:
        return "\n".join([*LIMITS.splitlines()[:-1], UNKNOWN_CONFIDENCE])
    return LIMITS


def _measured(evaluation: Evaluation | None) -> str:
    if evaluation is None:
        return "Not measured: there were no test images. `main.py evaluate` measures it on a folder of labelled ones."
    low, high = evaluation.interval
    rows = "\n".join(_row(figures) for figures in evaluation.per_class)
    return (
        f"{evaluation.protocol}\n\n"
        f"Accuracy {evaluation.accuracy:.1%} of {evaluation.images:,} images "
        f"(95% interval {low:.1%} to {high:.1%}).\n\n"
        f"{_further(evaluation)}\n\n"
        f"| class | images | precision | recall | 95% interval |\n|---|---|---|---|---|\n{rows}"
    )


def _further(evaluation: Evaluation) -> str:
    low, high = evaluation.macro_f1_interval
    text = f"F1, averaged over the classes: {evaluation.macro_f1:.1%} ({low:.1%} to {high:.1%}). "
    low, high = evaluation.calibration_interval
    return (
        f"{text}Confidences are off by {evaluation.calibration_error:.1%} on average ({low:.1%} to {high:.1%}).\n\n"
        "The interval behind each class is that of its recall."
    )


def _row(figures: ClassFigures) -> str:
    label = figures.label.replace("|", r"\|")
    found = figures.recall_interval
    interval = "–" if found is None else f"{found[0]:.1%} to {found[1]:.1%}"
    return f"| {label} | {figures.images} | {_share(figures.precision)} | {_share(figures.recall)} | {interval} |"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
