"""What the import contracts cannot see: what is really loaded while the program runs."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRAMEWORKS = ("torch", "onnxruntime", "onnx", "sklearn", "scipy", "fastapi", "uvicorn", "cntk")

LATER = ("numpy", "cv2", "pyqtgraph")  # each takes as long as half the window


def run_python(code: str) -> str:
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_the_window_loads_no_framework() -> None:
    code = f"import sys, main, ui.main_window; print([name for name in {FRAMEWORKS} if name in sys.modules])"
    assert run_python(code) == "[]"


def test_the_window_begins_without_arrays_and_plots() -> None:
    code = f"import sys, main, ui.main_window; print([name for name in {LATER} if name in sys.modules])"
    assert run_python(code) == "[]"


def test_all_of_app_can_be_imported_without_qt() -> None:
    code = """
import importlib, pkgutil, sys, types
sys.modules["PyQt5"] = sys.modules["pyqtgraph"] = None
sys.modules["cntk"] = types.ModuleType("cntk")  # at home in a Python of its own
import app
for module in pkgutil.walk_packages(app.__path__, "app."):
    importlib.import_module(module.name)
print("imported")
"""
    assert run_python(code) == "imported"
