import os
import struct
import sys
from pathlib import Path

import pytest

from app.engines import python36
from app.engines.python36 import candidates, find_python36
from app.errors import EngineError

THIS = f"{sys.version_info.major}.{sys.version_info.minor} {8 * struct.calcsize('P')}"


@pytest.fixture
def nothing_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(python36.shutil, "which", lambda name: None)
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))


def python_in(folder: Path) -> Path:
    """Put a file where a Python would be."""
    python = folder / "python.exe" if sys.platform == "win32" else folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    return python


def test_a_python_of_the_right_version_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python36, "WANTED", THIS)
    monkeypatch.setattr(python36, "candidates", lambda: iter([["/no/python"], [sys.executable]]))
    assert os.path.samefile(find_python36(), sys.executable)
    assert find_python36(Path(sys.executable)) == Path(sys.executable)


def test_another_version_is_refused() -> None:
    with pytest.raises(EngineError, match="is not a Python 3.6 of 64 bits"):
        find_python36(Path(sys.executable))


def test_without_one_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python36, "candidates", lambda: iter([[sys.executable], ["/no/python"]]))
    for system, words in (("linux", "pyenv install 3.6.15"), ("win32", "python.org"), ("darwin", "macOS")):
        monkeypatch.setattr(python36.sys, "platform", system)
        with pytest.raises(EngineError, match="no Python 3.6") as raised:
            find_python36()
        assert words in raised.value.hint


@pytest.mark.usefixtures("nothing_on_the_path")
def test_pyenvs_and_condas_pythons_are_looked_at(tmp_path: Path) -> None:
    other = python_in(tmp_path / "somewhere" / "shop")
    expected = [
        python_in(tmp_path / ".pyenv" / "versions" / "3.6.8"),
        python_in(tmp_path / "miniconda3" / "envs" / "cntk"),
        other,
    ]
    python_in(tmp_path / ".pyenv" / "versions" / "3.11.7")
    (tmp_path / ".conda").mkdir()
    (tmp_path / ".conda" / "environments.txt").write_text(f"{tmp_path / 'somewhere' / 'shop'}\n\n", encoding="utf-8")
    assert list(candidates(tmp_path)) == [[str(python)] for python in expected]


@pytest.mark.usefixtures("nothing_on_the_path")
def test_a_home_without_any(tmp_path: Path) -> None:
    assert list(candidates(tmp_path)) == []
