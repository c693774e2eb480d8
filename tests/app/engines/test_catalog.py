"""The list of engines says of each whether it can run, and why not."""

from pathlib import Path

import pytest

from app.cli import main
from app.engines import catalog
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


@pytest.mark.parametrize(("version", "driver", "devices"), [
    ("2.13.0+cpu", True, ("cpu",)),
    ("2.13.0", False, ("cpu",)),
    ("2.13.0", True, ("cpu", "gpu")),
    ("2.13.0+cu130", True, ("cpu", "gpu")),
])  # fmt: skip
def test_torch_has_a_card_where_its_build_and_a_driver_are_for_one(
    monkeypatch: pytest.MonkeyPatch, version: str, driver: bool, devices: tuple[str, ...]
) -> None:
    monkeypatch.setattr(catalog, "has_driver", lambda: driver)
    monkeypatch.setattr(catalog, "_version", lambda package: version)
    assert engine_status("torch").devices == devices


def test_the_command_names_versions_and_devices(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["engines"]) == 0
    assert f"available: version {engine_status('torch').version} on cpu" in capsys.readouterr().out


def test_an_unknown_engine_is_a_sentence() -> None:
    with pytest.raises(EngineError, match="There is no engine “steam”"):
        engine_status("steam")
