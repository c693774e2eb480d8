"""Thresholds meet what they were chosen for, and their price is what was counted."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from app.errors import InputError
from app.evaluation.intervals import wilson_interval
from app.evaluation.rule import ACCEPTED, UNKNOWN, UNSURE, Rule, accept_all
from app.evaluation.thresholds import (
    HeldOut,
    by_costs,
    by_precision,
    by_recall,
    given,
    most_novel_keeping,
    price_of,
    priced,
    verdicts,
)

CLASSES = 4


def held_out(seed: int, images: int = 120, ties: bool = False) -> HeldOut:
    """Draw probabilities and truths of which about two thirds agree."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, CLASSES, images)
    logits = random.normal(0, 1, (images, CLASSES))
    logits[np.arange(images), truth] += 1.5
    if ties:
        logits = np.round(logits)
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return HeldOut(shares.astype(np.float32), truth, random.random(images).astype(np.float32))


def accepted(rule: Rule, data: HeldOut) -> np.ndarray:
    return np.array(verdicts(rule, data.probabilities, data.novelty)) == ACCEPTED


def precision(rule: Rule, data: HeldOut, label: int | None = None) -> float:
    some = accepted(rule, data) & (True if label is None else data.predicted == label)
    return float((data.predicted == data.truth)[some].mean()) if some.any() else 1.0


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("most_novel", [None, 0.7])
def test_a_target_precision_is_kept_and_no_lower_threshold_would_keep_it(
    seed: int, ties: bool, most_novel: float | None
) -> None:
    data = held_out(seed, ties=ties)
    common = by_precision(data, 0.85, per_class=False, most_novel=most_novel)
    assert precision(common, data) >= 0.85
    coverage = accepted(common, data).sum()
    lower = sorted({float(one) for one in data.confidence if one < common.thresholds[0]})
    for threshold in lower:
        rule = given((threshold,) * CLASSES, most_novel)
        assert precision(rule, data) < 0.85 or accepted(rule, data).sum() <= coverage
    each = by_precision(data, 0.85, per_class=True, most_novel=most_novel)
    assert all(precision(each, data, label) >= 0.85 for label in range(CLASSES))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("ties", [False, True])
def test_a_target_recall_is_kept_with_the_highest_threshold(seed: int, ties: bool) -> None:
    data = held_out(seed, ties=ties)
    rule = by_recall(data, 0.5, per_class=True)
    for label, threshold in enumerate(rule.thresholds):
        inside = data.truth == label
        found = inside & (data.predicted == label)
        reached = (found & accepted(rule, data)).sum() / inside.sum()
        assert reached >= 0.5 or (threshold == 0 and found.sum() / inside.sum() < 0.5)
        above = float(np.nextafter(np.float32(threshold), np.float32(2)))
        assert threshold == 0 or (found & (data.confidence >= above)).sum() / inside.sum() < 0.5
    common = by_recall(data, 0.5, per_class=False)
    assert (accepted(common, data) & (data.predicted == data.truth)).mean() >= 0.5


@pytest.mark.parametrize("seed", range(8))
def test_no_other_thresholds_cost_less(seed: int) -> None:
    data = held_out(seed, images=30, ties=seed % 2 == 0)
    costs = np.random.default_rng(seed).uniform(0, 4, (CLASSES, CLASSES))
    np.fill_diagonal(costs, 0)

    def cost(rule: Rule) -> float:
        taken = accepted(rule, data)
        return float(costs[data.truth, data.predicted][taken].sum() + (~taken).sum() * 1.0)

    cheapest = cost(by_costs(data, costs, 1.0))
    steps = (0.0, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
    assert all(cheapest <= cost(given(one)) + 1e-6 for one in product(steps, repeat=CLASSES))


def test_free_mistakes_accept_all_and_dear_ones_only_what_is_right() -> None:
    data = held_out(3)
    assert by_costs(data, np.zeros((CLASSES, CLASSES)), 1.0).thresholds == (0.0,) * CLASSES
    dear = by_costs(data, 1e6 * (1 - np.eye(CLASSES)), 1.0)
    assert precision(dear, data) == 1


def test_the_price_is_what_was_counted() -> None:
    shares = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.3, 0.7]], np.float32)
    data = HeldOut(shares, np.array([0, 0, 0, 1]), np.array([0.1, 0.2, 0.3, 0.9], np.float32))
    price = price_of(Rule((0.7, 0.5), 0.5), data)
    assert (price.images, price.accepted, price.wrong, price.unsure, price.unknown) == (4, 2, 1, 1, 1)
    assert (price.coverage, price.error) == (0.5, 0.5)
    assert price.coverage_interval[0] < 0.5 < price.coverage_interval[1]
    nothing = price_of(given((1.0, 1.0)), data)
    assert (nothing.accepted, nothing.error, nothing.error_interval) == (0, None, None)
    with pytest.raises(InputError, match="no held-out images"):
        price_of(accept_all(2), HeldOut(shares[:0], np.array([], int)))


def test_the_price_counts_near_duplicates_together() -> None:
    data = held_out(5, images=100)
    once = price_of(accept_all(CLASSES), data)
    assert once.error_interval == pytest.approx(wilson_interval(once.wrong, 100))
    every = np.repeat(np.arange(100), 10)
    rows = HeldOut(data.probabilities[every], data.truth[every], near=every)
    rule = given((0.6,) * CLASSES)
    for chosen in (accept_all(CLASSES), rule):
        single, tenfold, ignored = (price_of(chosen, one) for one in (data, rows, replace(rows, near=None)))
        assert (tenfold.coverage, tenfold.error) == (single.coverage, single.error)
        assert tenfold.error_interval == pytest.approx(single.error_interval)
        assert tenfold.coverage_interval == pytest.approx(single.coverage_interval)
        assert ignored.error_interval is not None
        assert tenfold.error_interval is not None
        assert np.ptp(ignored.error_interval) < np.ptp(tenfold.error_interval) / 2


def test_an_image_is_unknown_before_it_is_unsure() -> None:
    rule = Rule((0.7, 0.5), 0.5)
    assert rule.verdict(0, 0.6, 0.6) == UNKNOWN
    assert rule.verdict(0, 0.6, 0.5) == UNSURE
    assert rule.verdict(0, 0.7, None) == ACCEPTED
    assert rule.verdict(1, 0.5, 0.0) == ACCEPTED
    assert Rule((0.7, 0.5)).verdict(0, 0.8, 1.0) == ACCEPTED


@pytest.mark.parametrize("share", [0.5, 0.9, 0.95, 1.0])
def test_about_that_share_of_new_images_is_not_too_novel(share: float) -> None:
    random = np.random.default_rng(0)
    kept = [random.random() <= most_novel_keeping(random.random(99), share) for _ in range(2000)]
    assert np.mean(kept) == pytest.approx(share, abs=0.03)
    assert most_novel_keeping(np.array([0.4]), share) == 0.4


def test_the_rule_can_be_stored() -> None:
    data = held_out(1)
    rule = priced(by_precision(data, 0.9, per_class=True, most_novel=0.8), data)
    assert Rule.from_json(rule.to_json()) == rule
    assert Rule.from_json(accept_all(3).to_json()) == accept_all(3)
    with pytest.raises(KeyError):
        Rule.from_json({"thresholds": [0.5]})


def test_wrong_wishes_are_refused() -> None:
    data = held_out(0)
    for refused in (0.0, 1.5, -1.0):
        with pytest.raises(InputError, match="share"):
            by_precision(data, refused, per_class=False)
    with pytest.raises(InputError, match="0 to 1"):
        given((0.5, 1.2))
    with pytest.raises(InputError, match="4 rows"):
        by_costs(data, np.zeros((2, 2)), 1.0)
