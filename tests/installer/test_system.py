import sys

import pytest

from installer import system
from installer.system import Need, advice

NEEDS = [
    Need("ensurepip", "python3.11-venv", "python", "python3.11dist(pip)"),
    Need("libGL.so.1", "libgl1", "libglvnd", "libGL.so.1()(64bit)"),
]


@pytest.mark.parametrize(
    ("manager", "line"),
    [
        ("apt-get", "sudo apt-get install -y libgl1 python3.11-venv"),
        ("dnf", "sudo dnf install -y 'libGL.so.1()(64bit)' 'python3.11dist(pip)'"),
        ("zypper", "sudo zypper install -y 'libGL.so.1()(64bit)' 'python3.11dist(pip)'"),
        ("pacman", "sudo pacman -S --needed libglvnd python"),
    ],
)
def test_advice_is_one_line_for_the_system_at_hand(monkeypatch: pytest.MonkeyPatch, manager: str, line: str) -> None:
    monkeypatch.setattr(system.shutil, "which", lambda name: f"/usr/bin/{name}" if name == manager else None)
    text = advice(NEEDS)
    assert "ensurepip, libGL.so.1" in text
    assert line in text


def test_advice_without_a_known_package_manager_names_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(system.shutil, "which", lambda name: None)
    assert "ensurepip, libGL.so.1" in advice(NEEDS)
    assert "sudo" not in advice(NEEDS)


def test_nothing_is_installed_without_the_right_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "_privilege", lambda: None)
    monkeypatch.setattr(system, "_run", lambda command: pytest.fail(f"ran {command}"))
    assert not system.install(NEEDS)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Other systems bring their own.")
def test_a_library_that_the_loader_does_not_find_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "QT_LIBRARIES", {"libc.so.6": ("libc6", "glibc"), "libno.so.9": ("libno9", "no")})
    assert [need.debian for need in system.missing_libraries()] == ["libno9"]


def test_this_system_has_what_the_window_needs() -> None:
    assert system.missing_venv() == []
    assert system.missing_libraries() == []
