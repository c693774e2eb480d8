"""The list of engines says of each whether it can run, and why not."""

from pathlib import Path

import pytest

from app.engines.catalog import engine_status, engines
from app.engines.cntk_runtime import RUNTIME_VARIABLE, RuntimeInfo, default_runtime
from app.errors import EngineError


def test_each_engine_can_run_or_says_why_not() -> None:
    statuses = {status.name: status for status in engines()}
    assert list(statuses) == ["quick", "torch", "cntk"]
    assert statuses["quick"].available
    assert statuses["quick"].devices == ("cpu",)
    for status in statuses.values():
        assert status.available != bool(status.reason)


def test_cntk_can_run_once_its_set_up_was_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RUNTIME_VARIABLE, str(tmp_path / "cntk"))
    assert "needs a Python 3.6 of its own" in engine_status("cntk").reason
    runtime = default_runtime()
    runtime.python.parent.mkdir(parents=True)
    runtime.python.touch()
    (runtime.packages / "cntk").mkdir(parents=True)
    assert "half set up" in engine_status("cntk").reason
    runtime.write_info(RuntimeInfo("cntk", "2.7", ("cpu",)))
    status = engine_status("cntk")
    assert (status.available, status.version, status.devices) == (True, "2.7", ("cpu",))


def test_an_unknown_engine_is_a_sentence() -> None:
    with pytest.raises(EngineError, match="There is no engine “steam”"):
        engine_status("steam")
