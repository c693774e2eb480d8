"""The tabs' modules are imported in the background, where nothing of Qt may be made."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CODE = """
import gc, sys
from PyQt5 import sip
from PyQt5.QtCore import QObject
from ui.jobs import drain_pool
from ui.start import load_ahead, make_application
application = make_application([])
assert "pyqtgraph" not in sys.modules
load_ahead()
application.thread().msleep(50)
while "ui.deploy_tab" not in sys.modules or "pyqtgraph" not in sys.modules:
    application.thread().msleep(20)
drain_pool()
objects = [one for one in gc.get_objects() if isinstance(one, QObject) and not sip.isdeleted(one)]
print([type(one).__name__ for one in objects if one.thread() is not application.thread()])
"""


def test_the_tabs_are_imported_and_no_qt_object_belongs_to_the_background() -> None:
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[]"
