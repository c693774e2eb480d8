"""A build context for a container that serves a bundle: the server's own modules, what they need, and instructions.

The modules are found by following imports from the server's start, so that nothing of the window, the engines or their
frameworks comes along; what they need is pinned to the versions that are installed here.
"""

import ast
import platform
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from string import Template

from packaging.requirements import Requirement

from app.export.bundle import BundleInfo
from app.files import resource_folder, write_text

FOLDER, REQUIREMENTS_FILE = "container", "requirements.txt"
STARTS = ("app.server.runner", "app.server.job", "app.server.worker", "app.server.options")
SOURCES = Path(__file__).resolve().parent.parent.parent


def write_container(bundle: Path, info: BundleInfo) -> None:
    """Write `container/` into an exported bundle, which as a whole is what Docker builds from."""
    folder = bundle / FOLDER
    shutil.copytree(resource_folder() / "bundle" / FOLDER, folder, dirs_exist_ok=True)
    names = {"name": service_name(info.name), "title": info.name, "python": python_version()}
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix != ".py":
            write_text(path, Template(path.read_text(encoding="utf-8")).safe_substitute(names))
    modules, packages = server_modules()
    for source in modules.values():
        target = folder / source.relative_to(SOURCES)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    write_text(folder / REQUIREMENTS_FILE, "".join(f"{line}\n" for line in pinned(packages)))


def service_name(name: str) -> str:
    """Turn a model's name into one that Docker, Kubernetes and Azure accept."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-")
    return plain if plain[:1].isalpha() else f"model-{plain}".strip("-")


def python_version() -> str:
    """Return the Python that this runs on, such as 3.11: the pinned versions were seen to work with it."""
    return ".".join(platform.python_version_tuple()[:2])


def server_modules() -> tuple[dict[str, Path], set[str]]:
    """Return the files of the server's modules, and the packages from elsewhere that they import."""
    waiting, found, packages = list(STARTS), dict[str, Path](), set[str]()
    while waiting:
        module = waiting.pop()
        source = _source(module)
        if module in found or source is None:
            continue
        found[module] = source
        parents = module.split(".")[:-1]
        waiting += [".".join(parents[: count + 1]) for count in range(len(parents))]
        for name in _imports(source):
            root = name.partition(".")[0]
            if root == "app":
                waiting.append(name)
            elif root not in sys.stdlib_module_names:
                packages.add(root)
    return found, packages


def _source(module: str) -> Path | None:
    path = SOURCES.joinpath(*module.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _imports(source: Path) -> Iterator[str]:
    """Yield every module that a file may import when it runs, and what might be one."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def pinned(packages: Iterable[str]) -> list[str]:
    """Return requirements for packages, by the names they are imported by, and for all that those need."""
    distributions = metadata.packages_distributions()
    waiting = [distributions[package][0] for package in packages]
    versions: dict[str, str] = {}
    while waiting:
        name = _plain(waiting.pop())
        if name in versions:
            continue
        versions[name] = metadata.version(name)
        for line in metadata.requires(name) or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return [f"{name}=={version}" for name, version in sorted(versions.items())]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
