"""What the set-up does when something of the system is missing; nothing is really installed."""

import pytest

from installer import setup, system
from installer.environment import SetupError
from installer.system import Need

LIBRARY = Need("libGL.so.1", "libgl1", "libglvnd", "libGL.so.1()(64bit)")
VENV = Need("ensurepip", "python3.11-venv", "python", "python3.11dist(pip)")


@pytest.fixture
def system_state(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Need]]:
    """A system on which nothing can be installed, and what it lacks."""
    missing: dict[str, list[Need]] = {"venv": [], "libraries": []}
    monkeypatch.setattr(system, "missing_venv", lambda: list(missing["venv"]))
    monkeypatch.setattr(system, "missing_libraries", lambda: list(missing["libraries"]))
    monkeypatch.setattr(system, "install", lambda needs: False)
    monkeypatch.setattr(setup, "has_display", lambda: True)
    monkeypatch.setattr(setup, "prepare_environment", lambda requirements: None)
    return missing


def test_a_missing_library_stops_where_there_is_a_display(system_state: dict[str, list[Need]]) -> None:
    system_state["libraries"] = [LIBRARY]
    with pytest.raises(SetupError, match=r"libGL\.so\.1"):
        setup.set_up(for_tests=False)


def test_a_missing_library_does_not_stop_the_demo_without_a_display(
    system_state: dict[str, list[Need]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    system_state["libraries"] = [LIBRARY]
    monkeypatch.setattr(setup, "has_display", lambda: False)
    setup.set_up(for_tests=False)
    assert "libGL.so.1" in capsys.readouterr().out


@pytest.mark.parametrize("display", [True, False])
def test_without_ensurepip_nothing_can_be_set_up(
    system_state: dict[str, list[Need]], monkeypatch: pytest.MonkeyPatch, display: bool
) -> None:
    system_state["venv"] = [VENV]
    monkeypatch.setattr(setup, "has_display", lambda: display)
    with pytest.raises(SetupError, match="ensurepip"):
        setup.set_up(for_tests=False)


def test_what_apt_could_install_is_missing_no_more(
    system_state: dict[str, list[Need]], monkeypatch: pytest.MonkeyPatch
) -> None:
    system_state["venv"], system_state["libraries"] = [VENV], [LIBRARY]

    def install(needs: list[Need]) -> bool:
        assert needs == [VENV, LIBRARY]
        system_state["venv"] = system_state["libraries"] = []
        return True

    monkeypatch.setattr(system, "install", install)
    setup.set_up(for_tests=False)
