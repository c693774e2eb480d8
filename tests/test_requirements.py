"""Requirements are exact, serve every Python promised, and are listed with their licences."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINE = re.compile(r"([\w.-]+)==([\w.]+)( ; python_version (<|>=) \"3\.11\")?")
FILES = ("requirements.txt", "requirements-dev.txt")


def requirement_lines(name: str) -> list[str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("name", FILES)
def test_every_version_is_exact(name: str) -> None:
    assert [line for line in requirement_lines(name) if not LINE.fullmatch(line)] == []


@pytest.mark.parametrize("name", FILES)
def test_every_package_is_listed_with_its_licence(name: str) -> None:
    listed = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    direct = (ROOT / name).read_text(encoding="utf-8").split("\n\n")[0].splitlines()
    packages = [line.split("==")[0].lower() for line in direct if not line.startswith("#")]
    assert len(packages) > 5
    assert [package for package in packages if package not in listed] == []


def test_nothing_that_breaks_qt_or_torch_is_required() -> None:
    required = {line.split("==")[0].lower() for name in FILES for line in requirement_lines(name)}
    assert required.isdisjoint({"opencv-python", "opencv-contrib-python", "torchvision"})
