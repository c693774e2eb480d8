"""What is suggested where classes differ much in size, and what the user's own wish does to that."""

from dataclasses import replace

import pytest
import torch

from app.engines.fine_tuning import Task
from app.engines.imbalance import correction
from app.engines.protocol import Event, Note
from app.engines.snapshot import Snapshot
from app.engines.torch_training import _corrected
from app.settings import BALANCED


@pytest.mark.parametrize(("wishes", "sizes", "expected"), [
    (("auto", "plain", "auto"), (20, 3), (False, False, False)),
    (("auto", "plain", "auto"), (60, 3), (True, False, False)),
    (("auto", "plain", "auto"), (300, 3), (False, False, True)),
    (("auto", "plain", "off"), (300, 3), (True, False, False)),
    (("auto", "balanced", "auto"), (300, 3), (False, True, False)),
    (("off", "plain", "off"), (300, 3), (False, False, False)),
    (("on", "balanced", "on"), (5, 5), (True, True, True)),
])  # fmt: skip
def test_the_wish_counts_and_else_the_sizes(
    wishes: tuple[str, str, str], sizes: tuple[int, int], expected: tuple[bool, bool, bool]
) -> None:
    weights, sampling, even = wishes
    settings = replace(BALANCED, class_weights=weights, sampling=sampling, even_classes=even)
    found = correction(sizes, ("cat", "dog"), settings)
    assert (found.weighted, found.sampled, found.evened) == expected
    suggested = (found.weighted and weights == "auto") or (found.evened and even == "auto")
    assert bool(found.reason) == suggested
    if found.reason:
        assert f"“cat” has {sizes[0]} images and “dog” only 3" in found.reason


def test_classes_may_be_learnt_as_if_they_were_equally_common() -> None:
    truth = torch.repeat_interleave(torch.arange(2), torch.tensor((300, 3)))
    snapshot = Snapshot("torch", "efficientnet-lite0", "logistic", 0, "", ("cat", "dog"), ())
    events: list[Event] = []
    weights, prior, chances = _corrected(truth, snapshot, BALANCED, events.append)
    assert weights.tolist() == [1, 1]
    assert chances is None
    torch.testing.assert_close(prior.exp(), torch.tensor([300 / 303, 3 / 303]))
    assert [event.text for event in events if isinstance(event, Note)] == [
        "All classes are learnt as if they were equally common, as “cat” has 300 images and “dog” only 3."
    ]


def test_rare_classes_can_be_drawn_as_often_as_others() -> None:
    truth = torch.repeat_interleave(torch.arange(2), torch.tensor((300, 3)))
    snapshot = Snapshot("torch", "efficientnet-lite0", "logistic", 0, "", ("cat", "dog"), ())
    weights, prior, chances = _corrected(truth, snapshot, replace(BALANCED, sampling="balanced"), lambda event: None)
    assert prior.tolist() == [0, 0]
    order = Task(None, truth, weights, prior, chances, lambda: (weights, truth)).order(0)  # type: ignore[arg-type]
    assert len(order) == 303
    assert 100 < int(truth[order].sum()) < 200


def test_weights_are_the_roots_of_rareness() -> None:
    truth = torch.repeat_interleave(torch.arange(2), torch.tensor((90, 10)))
    snapshot = Snapshot("torch", "efficientnet-lite0", "logistic", 0, "", ("cat", "dog"), ())
    weights, _, _ = _corrected(truth, snapshot, replace(BALANCED, class_weights="on"), lambda event: None)
    assert float(weights[1] / weights[0]) == pytest.approx(3)
