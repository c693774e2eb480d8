"""The order in which unlabelled images are shown."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.assist.order import ORDERS, SPREAD_AMONG, Positions, by_confidence, by_uncertainty, margins
from app.assist.suggest import UNLABELLED, Suggester, Suggestions
from tests.app.assist.test_suggest import images, some_labels


def suggested(count: int, seed: int) -> tuple[Suggestions, Suggester, Positions]:
    """Suggest labels from five images in each of three classes."""
    features, truth = images(3, count, seed)
    suggester = Suggester(features)
    suggestions = suggester.suggest(some_labels(truth, 5, np.arange(3)))
    return suggestions, suggester, suggestions.unlabelled


@settings(max_examples=25, deadline=None)
@given(order=st.sampled_from(list(ORDERS)), seed=st.integers(0, 99), kept=st.integers(1, 200))
def test_each_image_asked_for_comes_once(order: str, seed: int, kept: int) -> None:
    suggestions, suggester, among = suggested(300, seed)
    among = among[:kept]
    found = ORDERS[order](suggestions, suggester.coordinates, among)
    assert sorted(found.tolist()) == among.tolist()
    again = ORDERS[order](suggestions, suggester.coordinates, among)
    np.testing.assert_array_equal(found, again)


@pytest.mark.parametrize("order", list(ORDERS))
def test_nothing_to_order_is_no_error(order: str) -> None:
    suggestions, suggester, among = suggested(40, 0)
    assert ORDERS[order](suggestions, suggester.coordinates, among[:0]).tolist() == []


def test_the_surest_come_first() -> None:
    suggestions, suggester, among = suggested(300, 1)
    found = by_confidence(suggestions, suggester.coordinates, among)
    assert (np.diff(suggestions.confidence[found]) <= 0).all()


def test_the_most_uncertain_come_first() -> None:
    suggestions, suggester, among = suggested(600, 1)
    found = by_uncertainty(suggestions, suggester.coordinates, among)
    ordered = margins(suggestions)[found]
    assert ordered[0] == ordered.min()
    assert ordered[:SPREAD_AMONG].max() <= ordered[SPREAD_AMONG:].min()
    assert (np.diff(ordered[SPREAD_AMONG:]) >= 0).all()


def test_copies_are_not_shown_one_after_the_other() -> None:
    features, truth = images(3, 90, seed=4)
    features, truth = np.vstack([features, features[60:]]), np.concatenate([truth, truth[60:]])
    labels = some_labels(truth, 5, np.arange(3))
    suggester = Suggester(features)
    found = by_uncertainty(suggester.suggest(labels), suggester.coordinates, np.arange(60, 120))
    originals = np.where(found >= 90, found - 30, found)
    assert len(set(originals[:30].tolist())) == 30


def test_a_shuffled_image_keeps_its_place_while_others_are_labelled() -> None:
    features, truth = images(3, 90, seed=4)
    suggester, labels = Suggester(features), some_labels(images(3, 90, 4)[1], 5, np.arange(3))
    before = suggester.suggest(labels)
    shuffled = ORDERS["random"](before, suggester.coordinates, before.unlabelled)
    labels[shuffled[:7]] = truth[shuffled[:7]]
    after = suggester.suggest(labels)
    assert (labels != UNLABELLED).sum() == 22
    np.testing.assert_array_equal(ORDERS["random"](after, suggester.coordinates, after.unlabelled), shuffled[7:])
