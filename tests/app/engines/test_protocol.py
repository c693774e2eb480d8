"""Events as lines of JSON."""

import json

import pytest

from app.engines.protocol import CancelledEvent, Checkpoint, Done, Event, Failed, Hello, Note, Progress, decode, encode

EVENTS: list[Event] = [
    Hello("quick", "1.0", ("cpu", "cuda:0")),
    Progress("fit", 1, 2, {"loss": 0.5}),
    Note("Über 10 “Bilder”"),
    Checkpoint("a/b"),
    Done({"run": 1}),
    CancelledEvent(),
    Failed("It broke.", "Try again.", "trace\nback"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    line = encode(event)
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert next(iter(json.loads(line))) == "kind"
    assert decode(line) == event


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "7", '{"kind": "dance"}', '{"kind": "note"}', '{"kind": "note", "x": 1}']
)
def test_anything_else_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode(line)
