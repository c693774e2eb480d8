"""The README blocks marked `<!-- tested -->` run, in order, in one folder, as a reader would type them."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"<!-- tested -->\n```(\w+)\n(.*?)```", re.DOTALL)
ADDRESS = "http://127.0.0.1:8000"
COMMAND_SECONDS = 240


def readme_blocks() -> list[tuple[str, str]]:
    return BLOCK.findall(README.read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path: Path, garments: Path) -> Path:
    """A folder with `photos` and `photo.jpg` in it, which the README speaks of."""
    photos = shutil.copytree(garments, tmp_path / "photos")
    shutil.copy(next(photos.rglob("*.jpg")), tmp_path / "photo.jpg")
    return tmp_path


def test_there_are_blocks_for_the_command_line_and_for_the_server() -> None:
    assert [language for language, _ in readme_blocks()] == ["sh", "sh", "sh", "sh", "python"]


def test_readme_blocks_run(folder: Path) -> None:
    blocks = iter(readme_blocks())
    for language, code in blocks:
        if " serve " in code:
            with server(code, folder) as url:
                for language, code in blocks:
                    run_block(language, code.replace(ADDRESS, url), folder)
        else:
            run_block(language, code, folder)
    assert (folder / "results.csv").read_text(encoding="utf-8").count("\n") > 1


def run_block(language: str, code: str, folder: Path) -> None:
    if language == "python":
        run([sys.executable, "-c", code], folder)
        return
    for line in code.splitlines():
        if line.startswith("curl ") and not shutil.which("curl"):
            continue
        output = run(arguments(line), folder)
        if line.startswith("curl "):
            assert json.loads(output)["predictions"], output


def run(command: list[str], folder: Path) -> str:
    result = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert result.returncode == 0, f"{shlex.join(command)}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def arguments(line: str) -> list[str]:
    """Return a README line's arguments: this Python and this repository's `main.py`."""
    replacements = {"python": sys.executable, "main.py": str(ROOT / "main.py")}
    return [replacements.get(word, word) for word in shlex.split(line)]


@contextmanager
def server(line: str, folder: Path) -> Iterator[str]:
    """Start the README's server on a free port instead of 8000, and yield its address."""
    command = [*arguments(line.replace("--port 8000", "--port 0")), "--json", "--watch-stdin"]
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        announced = process.stdout.readline()
        try:
            assert announced, "the server did not start"
            yield json.loads(announced)["url"]
        finally:
            process.communicate(timeout=COMMAND_SECONDS)
    assert process.returncode == 0
