"""What to do about classes of very different size: suggested with its reason, or as the user wishes."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.settings import TorchSettings

WEIGHTED_FROM = 10  # times as many images as the smallest class has, from which rare classes count more
EVENED_FROM = 50  # from which it is learnt as if all classes were equally common


@dataclass(frozen=True)
class Correction:
    """Whether rare classes count more, are drawn more often, or are as common as others; and why, if suggested."""

    weighted: bool
    sampled: bool
    evened: bool
    reason: str = ""


def correction(sizes: Sequence[int], classes: Sequence[str], settings: TorchSettings) -> Correction:
    """Decide by the numbers of training images; of three corrections no two are suggested together."""
    most, least = (sizes.index(size) for size in (max(sizes), min(sizes)))
    ratio = sizes[most] / max(1, sizes[least])
    sampled = settings.sampling == "balanced"
    evened = {"auto": ratio >= EVENED_FROM and not sampled, "on": True}.get(settings.even_classes, False)
    alone = not (sampled or evened)
    weighted = {"auto": ratio >= WEIGHTED_FROM and alone, "on": True}.get(settings.class_weights, False)
    counts = f"as “{classes[most]}” has {sizes[most]:,} images and “{classes[least]}” only {sizes[least]:,}."
    reason = ""
    if evened and settings.even_classes == "auto":
        reason = f"All classes are learnt as if they were equally common, {counts}"
    elif weighted and settings.class_weights == "auto":
        reason = f"Images of rare classes count more, {counts}"
    return Correction(weighted, sampled, evened, reason)
