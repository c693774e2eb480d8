"""The quick engine's folds keep near-duplicates together, and the strength that errs least is taken."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engines.linear_head import STRENGTHS, log_loss
from app.engines.protocol import Event, Progress
from app.engines.quick_training import _check_groups, _folds, choose_strength
from app.engines.snapshot import Snapshot
from app.errors import Cancelled, InputError

GROUPS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), min_size=12, max_size=40)


@settings(max_examples=40, deadline=None)
@given(groups=GROUPS, seed=st.integers(0, 5))
def test_groups_stay_together_and_each_image_is_held_out_once(groups: list[tuple[int, int]], seed: int) -> None:
    sized = [*groups, (0, 1), (0, 1), (1, 2), (1, 1), (2, 1), (2, 2)]
    truth = np.array([label for label, size in sized for _ in range(size)])
    members = np.array([number for number, (_, size) in enumerate(sized) for _ in range(size)])
    held_out_counts = np.zeros(len(truth), int)
    for training, held_out in _folds(truth, members, seed):
        assert not set(members[training]) & set(members[held_out])
        assert set(truth[training]) == {0, 1, 2}
        held_out_counts[held_out] += 1
    assert (held_out_counts == 1).all()


def test_a_class_of_copies_of_one_image_is_refused() -> None:
    truth, members = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 2, 2, 2])
    with pytest.raises(InputError, match="“b” has too few different images"):
        _check_groups(("a", "b"), truth, members)


def test_the_same_seed_gives_the_same_folds() -> None:
    truth, members = np.arange(40) % 2, np.arange(40)
    first, again = (list(_folds(truth, members, 3)) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one[1], other[1])


def overlapping(noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Make three classes that overlap more or less."""
    rng = np.random.default_rng(0)
    truth = np.arange(90) % 3
    features = np.eye(3, 8)[truth] + rng.normal(0, noise, (90, 8))
    return features.astype(np.float32), truth


@pytest.mark.parametrize("head", ["logistic", "svm"])
@pytest.mark.parametrize("noise", [0.05, 0.4, 2.0])
def test_the_strength_with_the_lowest_loss_is_taken(head: str, noise: float) -> None:
    features, truth = overlapping(noise)
    snapshot = Snapshot("quick", "efficientnet-lite0", head, 0, "", ("a", "b", "c"), ())
    events: list[Event] = []
    strength, logits = choose_strength(snapshot, features, truth, np.arange(90), events.append, threading.Event())
    told = [event for event in events if isinstance(event, Progress)]
    assert [event.values["strength"] for event in told] == list(STRENGTHS)
    best = min(told, key=lambda event: float(event.values["validation_loss"]))
    assert strength == best.values["strength"]
    assert log_loss(logits, truth) == best.values["validation_loss"]
    assert np.mean(logits.argmax(axis=1) == truth) == best.values["validation_accuracy"]


def test_the_strength_follows_the_data() -> None:
    snapshot = Snapshot("quick", "efficientnet-lite0", "logistic", 0, "", ("a", "b", "c"), ())
    clear, blurred = (
        choose_strength(snapshot, *overlapping(noise), np.arange(90), lambda event: None, threading.Event())[0]
        for noise in (0.05, 2.0)
    )
    assert clear > blurred


def test_choosing_stops_when_cancelled() -> None:
    snapshot = Snapshot("quick", "efficientnet-lite0", "logistic", 0, "", ("a", "b", "c"), ())
    cancel = threading.Event()
    events: list[Event] = []

    def stop(event: Event) -> None:
        events.append(event)
        cancel.set()

    with pytest.raises(Cancelled):
        choose_strength(snapshot, *overlapping(0.4), np.arange(90), stop, cancel)
    assert len(events) == 1
