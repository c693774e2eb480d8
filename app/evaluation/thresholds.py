"""Choose when an answer is accepted, on held-out images: by a target precision or recall, by costs, or as given."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from numpy.typing import NDArray

from app.errors import InputError
from app.evaluation.intervals import share_interval
from app.evaluation.rule import ACCEPTED, UNKNOWN, UNSURE, Price, Rule

Floats = NDArray[np.floating]
Integers = NDArray[np.integer]
Flags = NDArray[np.bool_]

# From confidences, best first, and whether each answer is right, to how many of the first are accepted.
Accept = Callable[[Floats, Flags], int]


@dataclass(frozen=True)
class HeldOut:
    """Held-out images: probabilities [N, C], true classes [N] and novelty [N], or None where it is not known.

    `near` are numbers [N] from 0 upwards, the same for near-duplicates; None where none are known.
    """

    probabilities: NDArray[np.float32]
    truth: Integers
    novelty: NDArray[np.float32] | None = None
    near: NDArray[np.int64] | None = None

    @property
    def groups(self) -> NDArray[np.int64]:
        """Return the number [N] of each image's group of near-duplicates; where none are known, each its own."""
        return np.arange(len(self.truth)) if self.near is None else self.near

    @property
    def predicted(self) -> Integers:
        """Return the most probable class [N]."""
        return self.probabilities.argmax(axis=1)

    @property
    def confidence(self) -> NDArray[np.float32]:
        """Return the probability of that class [N]."""
        best: NDArray[np.float32] = self.probabilities.max(axis=1)
        return best

    def known(self, most_novel: float | None) -> Flags:
        """Tell which images [N] are not too novel."""
        if most_novel is None or self.novelty is None:
            return np.ones(len(self.truth), bool)
        return np.asarray(self.novelty <= most_novel)


def verdicts(rule: Rule, probabilities: Floats, novelty: Floats | None) -> list[str]:
    """Return "accepted", "unsure" or "unknown" for each row of probabilities [N, C]."""
    best = probabilities.argmax(axis=1)
    novel = [None] * len(best) if novelty is None else [float(one) for one in novelty]
    return [
        rule.verdict(int(index), float(row[index]), one)
        for index, row, one in zip(best, probabilities, novel, strict=True)
    ]


def price_of(rule: Rule, held_out: HeldOut) -> Price:
    """Return what a rule costs on held-out images; raises InputError where there are none."""
    if not len(held_out.truth):
        raise InputError("There are no held-out images to choose thresholds on.", "Train again.")
    said = np.array(verdicts(rule, held_out.probabilities, held_out.novelty))
    accepted = said == ACCEPTED
    wrongly = (held_out.predicted != held_out.truth)[accepted]
    count, wrong = len(wrongly), int(wrongly.sum())
    return Price(
        images=len(said),
        accepted=count,
        wrong=wrong,
        unsure=int((said == UNSURE).sum()),
        unknown=int((said == UNKNOWN).sum()),
        coverage=count / len(said),
        coverage_interval=share_interval(accepted, held_out.groups),
        error=wrong / count if count else None,
        error_interval=share_interval(wrongly, held_out.groups[accepted]) if count else None,
    )


def priced(rule: Rule, held_out: HeldOut) -> Rule:
    """Return the rule with its price on held-out images."""
    return replace(rule, price=price_of(rule, held_out))


def most_novel_keeping(novelty: Floats, share: float) -> float:
    """Return the novelty that at least `share` (0 to 1) of one's own images [N] are expected not to exceed.

    The quantile of conformal prediction, which allows for the image to come: Vovk et al., 2005.
    """
    _check_share(share)
    place = min(len(novelty), ceil((len(novelty) + 1) * share)) - 1
    return float(np.sort(novelty)[max(0, place)])


def by_precision(held_out: HeldOut, target: float, per_class: bool, most_novel: float | None = None) -> Rule:
    """Accept as many as possible such that at least `target` (0 to 1) of those accepted are right."""
    _check_share(target)

    def accept(confidence: Floats, right: Flags) -> int:
        precise = np.cumsum(right) >= target * np.arange(1, len(right) + 1)
        return _last(precise & _whole_ties(confidence)) + 1

    chosen = f"to be right in at least {target:.1%} of the accepted answers{_each(per_class)}"
    return _by_class(held_out, accept, per_class, most_novel, chosen)


def by_recall(held_out: HeldOut, target: float, per_class: bool, most_novel: float | None = None) -> Rule:
    """Accept as few as possible such that at least `target` (0 to 1) of all images are accepted and right.

    With `per_class` that is the recall of each class. Where it cannot be reached everything is accepted.
    """
    _check_share(target)
    totals = np.bincount(held_out.truth, minlength=held_out.probabilities.shape[1])
    thresholds = []
    for label in range(len(totals)) if per_class else [None]:
        chosen = _of_class(held_out, label, most_novel)
        confidence, right = _best_first(held_out, chosen)
        needed = ceil(target * (totals[label] if label is not None else len(held_out.truth)) - 1e-9)
        reached = np.flatnonzero(np.cumsum(right) >= needed)
        thresholds.append(float(confidence[reached[0]]) if len(reached) and needed else 0.0)
    words = f"to accept and get right at least {target:.1%} of the images{_each(per_class)}"
    return Rule(_spread(thresholds, len(totals)), most_novel, words)


def by_costs(held_out: HeldOut, costs: Floats, rejection: float, most_novel: float | None = None) -> Rule:
    """Accept, class by class, what costs least: `costs` [true, predicted] of each answer, `rejection` of none.

    Raises InputError for costs that are not numbers of at least 0, or a table of another size.
    """
    classes = held_out.probabilities.shape[1]
    if costs.shape != (classes, classes) or not np.isfinite(costs).all() or (costs < 0).any() or rejection < 0:
        raise InputError(
            f"The costs must be {classes} rows of {classes} numbers, none below 0.", "See the guide for an example."
        )
    thresholds = []
    for label in range(classes):
        chosen = _of_class(held_out, label, most_novel)
        order = np.argsort(-held_out.confidence[chosen], kind="stable")
        confidence = held_out.confidence[chosen][order]
        paid = costs[held_out.truth[chosen][order], label] - rejection
        totals = np.concatenate([[0.0], np.where(_whole_ties(confidence), np.cumsum(paid), np.inf)])
        # Of equally cheap thresholds the one that accepts most.
        accepted = len(totals) - 1 - int(np.argmin(totals[::-1]))
        thresholds.append(_threshold(confidence, accepted))
    return Rule(tuple(thresholds), most_novel, f"to cost least, with {rejection:g} for a rejected answer")


def given(thresholds: tuple[float, ...], most_novel: float | None = None) -> Rule:
    """Return the rule with thresholds as given; raises InputError for one that is not from 0 to 1."""
    if not all(0 <= one <= 1 for one in thresholds):
        raise InputError("A threshold is not from 0 to 1.", "Give shares, such as 0.8.")
    return Rule(thresholds, most_novel, "as given")


def _by_class(held_out: HeldOut, accept: Accept, per_class: bool, most_novel: float | None, chosen: str) -> Rule:
    classes = held_out.probabilities.shape[1]
    thresholds = []
    for label in range(classes) if per_class else [None]:
        confidence, right = _best_first(held_out, _of_class(held_out, label, most_novel))
        thresholds.append(_threshold(confidence, accept(confidence, right)))
    return Rule(_spread(thresholds, classes), most_novel, chosen)


def _of_class(held_out: HeldOut, label: int | None, most_novel: float | None) -> Flags:
    known = held_out.known(most_novel)
    return known if label is None else known & (held_out.predicted == label)


def _best_first(held_out: HeldOut, chosen: Flags) -> tuple[Floats, Flags]:
    """Return the confidences of the chosen images, best first, and whether each is right."""
    order = np.argsort(-held_out.confidence[chosen], kind="stable")
    right = held_out.predicted[chosen] == held_out.truth[chosen]
    return held_out.confidence[chosen][order], right[order]


def _whole_ties(confidence: Floats) -> Flags:
    """Tell after which of the confidences, best first, a threshold can stand: not between equal ones."""
    return np.append(confidence[:-1] != confidence[1:], True)[: len(confidence)]


def _threshold(confidence: Floats, accepted: int) -> float:
    """Return the threshold that accepts the first so many of confidences, best first."""
    if accepted == len(confidence):
        return 0.0  # nothing speaks against lower ones
    if accepted == 0:
        return float(min(1.0, np.nextafter(np.float32(confidence[0]), np.float32(2))))
    return float(confidence[accepted - 1])


def _last(flags: Flags) -> int:
    """Return the position of the last true flag, or -1."""
    places = np.flatnonzero(flags)
    return int(places[-1]) if len(places) else -1


def _spread(thresholds: list[float], classes: int) -> tuple[float, ...]:
    return tuple(thresholds) if len(thresholds) == classes else (thresholds[0],) * classes


def _each(per_class: bool) -> str:
    return " of each class" if per_class else ""


def _check_share(share: float) -> None:
    if not 0 < share <= 1:
        raise InputError("This is not a share above 0 and up to 1.", "Give one such as 0.95.")
