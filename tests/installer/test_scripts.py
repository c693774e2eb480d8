"""The two commands as a user starts them, and what runs the checks."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from installer import checks
from installer.display import PrivateDisplay, has_display

ROOT = Path(__file__).resolve().parents[2]
ON_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Windows and macOS have a display always.")


@pytest.mark.parametrize("name", ["run.py", "test.py"])
def test_old_pythons_can_read_the_scripts(name: str) -> None:
    ast.parse((ROOT / "installer" / name).read_text(encoding="utf-8"), feature_version=(3, 4))


@pytest.mark.parametrize("name", ["run.py", "test.py"])
def test_an_old_python_gets_a_sentence(name: str) -> None:
    pretend = (
        "import runpy, sys; sys.version_info = (3, 9, 0, 'final', 0); "
        f"runpy.run_path({str(ROOT / 'installer' / name)!r}, run_name='__main__')"
    )
    result = subprocess.run([sys.executable, "-c", pretend], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr == "Sightline needs Python 3.10, 3.11, 3.12 or 3.13. This is Python 3.9.\n"


def test_continuous_integration_runs_the_command_of_the_readme() -> None:
    command = "python3 installer/test.py"
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1] == f"exec {command}"
    assert f"`{command}`" in (ROOT / "README.md").read_text(encoding="utf-8")


@ON_LINUX
def test_a_private_display_answers_while_it_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with PrivateDisplay() as name:
        assert name != os.environ.get("DISPLAY")
        monkeypatch.setenv("DISPLAY", name)
        assert has_display()
    assert not has_display()


@ON_LINUX
def test_there_is_no_display_without_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    assert not has_display()


def test_every_check_runs_and_one_failure_fails_all(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    commands = {
        "first": ("-c", "raise SystemExit(3)"),
        "pytest": ("-c", "import sys; print('told', sys.argv[1:])"),
    }
    monkeypatch.setattr(checks, "CHECKS", commands)
    monkeypatch.setattr(checks, "environment_python", lambda: Path(sys.executable))
    assert checks.run_checks(["-k", "split"]) == 1
    out = capfd.readouterr().out
    assert "told ['-k', 'split']" in out
    assert "FAILED (exit code 3)" in out.splitlines()[-2]
    assert out.splitlines()[-1].endswith("ok")
