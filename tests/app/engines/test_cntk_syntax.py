"""What CNTK's Python 3.6 has to read: syntax of 3.6, and nothing but its library, numpy and cntk."""

import ast
from pathlib import Path

import pytest

from app.engines.stages import CNTK_WORKER

# Of the standard library of Python 3.6; what else is needed has to be added with care.
LIBRARY = {
    "ctypes",
    "json",
    "os",
    "queue",
    "resource",
    "shutil",
    "sys",
    "threading",
    "time",
    "traceback",
    "typing",
    "warnings",
}
SHARED = [CNTK_WORKER.parent / f"{name}.py" for name in ("recalls", "resident_memory")]
OURS = ("app.engines.cntk_training", *(f"app.engines.{path.stem}" for path in SHARED))
FILES = [CNTK_WORKER, *SHARED, *sorted((CNTK_WORKER.parent / "cntk_training").glob("*.py"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_python_36_can_read_it(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 6))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            imported.add(str(node.module))
    subscripted = {ast.unparse(node.value) for node in ast.walk(tree) if isinstance(node, ast.Subscript)}
    assert subscripted.isdisjoint({"dict", "list", "set", "tuple", "type"})  # which are no types there
    ours = {name for name in imported if name.startswith(OURS)}
    assert imported - ours <= LIBRARY | {"numpy", "cntk"}


def test_the_packages_above_it_hold_nothing_that_python_36_cannot_read() -> None:
    app = CNTK_WORKER.parent.parent
    for path in (app / "__init__.py", app / "engines" / "__init__.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 6))
        assert not any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(tree))
