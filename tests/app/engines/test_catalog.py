"""The list of engines says of each whether it can run, and why not."""

import pytest

from app.engines.catalog import engine_status, engines
from app.errors import EngineError


def test_each_engine_can_run_or_says_why_not() -> None:
    statuses = {status.name: status for status in engines()}
    assert list(statuses) == ["quick", "torch", "cntk"]
    assert statuses["quick"].available
    assert statuses["quick"].devices == ("cpu",)
    for status in statuses.values():
        assert status.available != bool(status.reason)


def test_an_unknown_engine_is_a_sentence() -> None:
    with pytest.raises(EngineError, match="There is no engine “steam”"):
        engine_status("steam")
