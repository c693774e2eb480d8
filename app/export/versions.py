"""The versions of what a model is made with, asked of the installed packages without loading them."""

import platform
from importlib import metadata

from app import __version__

ALWAYS = ("numpy", "onnx", "onnxruntime", "opencv-python-headless")
OF_ENGINE = {"quick": ("scikit-learn", "torch"), "torch": ("scikit-learn", "torch")}


def versions(engine: str) -> dict[str, str]:
    """Return the version of Sightline, Python and every installed package that an engine's bundle depends on."""
    found = {"sightline": __version__, "python": platform.python_version()}
    for package in (*ALWAYS, *OF_ENGINE.get(engine, ())):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
