import json
from pathlib import Path

import pytest

from installer import environment
from installer.environment import STAMP_NAME, SetupError, environment_python, prepare_environment


@pytest.fixture(scope="module")
def requirements(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Requirements that need no network: the test is about when something is installed, not what."""
    path = tmp_path_factory.mktemp("requirements") / "requirements.txt"
    path.write_text("pip\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory, requirements: Path) -> Path:
    folder = tmp_path_factory.mktemp("complete") / ".venv"
    prepare_environment([requirements], folder)
    return folder


def modified(folder: Path) -> int:
    return (folder / STAMP_NAME).stat().st_mtime_ns


def test_a_complete_environment_is_left_alone(
    complete: Path, requirements: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = modified(complete)
    prepare_environment([requirements], complete)
    assert environment_python(complete).exists()
    assert modified(complete) == before
    assert capsys.readouterr().out == ""


def test_changed_requirements_are_installed_into_the_same_environment(
    complete: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    mark = complete / "mark"
    mark.touch()
    changed = tmp_path / "requirements.txt"
    changed.write_text("pip  # changed\n", encoding="utf-8")
    before = modified(complete)
    prepare_environment([changed], complete)
    assert mark.exists()
    assert modified(complete) > before
    assert "Installing requirements.txt" in capfd.readouterr().out


def test_a_half_made_environment_is_made_anew(
    tmp_path: Path, requirements: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / ".venv"
    (folder / "lib").mkdir(parents=True)
    left_over = folder / "lib" / "left over from an interrupted install"
    left_over.touch()
    prepare_environment([requirements], folder)
    assert not left_over.exists()
    assert (folder / STAMP_NAME).exists()
    assert "Rebuilding" in capfd.readouterr().out


def test_a_failed_install_says_what_to_do_and_does_not_count_as_done(
    complete: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stamp = (complete / STAMP_NAME).read_text(encoding="utf-8")
    broken = tmp_path / "requirements-broken.txt"
    broken.write_text("./there-is-no-such-folder\n", encoding="utf-8")
    with pytest.raises(SetupError, match="start again"):
        prepare_environment([broken], complete)
    assert not (complete / STAMP_NAME).exists()
    (complete / STAMP_NAME).write_text(stamp, encoding="utf-8")
    capfd.readouterr()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"identity": []}', '{"identity": ["3.9"], "files": {}}'])
def test_a_damaged_or_foreign_stamp_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / STAMP_NAME).write_text(text, encoding="utf-8")
    assert environment._read_stamp(tmp_path) is None


def test_a_stamp_without_an_interpreter_counts_as_none(tmp_path: Path) -> None:
    stamp = {"identity": environment._identity(tmp_path), "files": {}}
    (tmp_path / STAMP_NAME).write_text(json.dumps(stamp), encoding="utf-8")
    assert environment._read_stamp(tmp_path) is None
