"""Open the window: options, crash hooks, and the self-test."""

import argparse
import faulthandler
import logging
import os
import sys
import threading
import time
import traceback
from importlib import import_module
from pathlib import Path
from types import TracebackType

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtGui import QIcon
from PyQt5.QtWidgets import QApplication, QWidget

from app.errors import AppError
from app.files import APP_NAME, resource_folder
from app.logs import set_up_logging
from ui import messages, theme
from ui.jobs import run_in_pool
from ui.main_window import TABS, MainWindow

STARTED = time.perf_counter()
LOAD_AHEAD_MS = 400  # after the window was shown
DISPLAY_VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")

log = logging.getLogger(__name__)


def open_window(arguments: list[str]) -> int:
    """Show the window until it is closed; returns the exit code."""
    options = _parser().parse_args(arguments)
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in DISPLAY_VARIABLES):
        sys.stderr.write("There is no display to open a window on.\nTry the commands: python main.py --help\n")
        return 1
    set_up_logging()
    application = make_application(sys.argv[:1])
    window = MainWindow()
    _install_hooks(window, options.self_test)
    window.show()
    if options.self_test:
        QTimer.singleShot(0, window.visit_all_tabs)
        window.visited.connect(_report_and_quit)
    else:
        QTimer.singleShot(LOAD_AHEAD_MS, load_ahead)
        if options.demo:
            window.open_demo()
        elif options.project:
            window.open_path(options.project.expanduser())
    code = application.exec_()
    window.shut_down()
    return int(code)


def make_application(arguments: list[str]) -> QApplication:
    """Make the application object with the theme; call it once."""
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_EnableHighDpiScaling)
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_UseHighDpiPixmaps)
    application = QApplication(arguments)
    application.setApplicationName(APP_NAME)
    application.setWindowIcon(QIcon(str(resource_folder() / "icons" / "sightline.svg")))
    application.setStyle("Fusion")
    theme.apply(theme.chosen())
    return application


def load_ahead() -> None:
    """Import in the background what the tabs need, so that a tab opens without holding the window up."""
    run_in_pool(_import_tabs, on_done=_on_tabs_imported)


def _import_tabs() -> None:
    for _, module, _ in TABS:
        import_module(module)


def _on_tabs_imported(result: object) -> None:
    if isinstance(result, AppError):  # the tab that lacks it says so when it is opened
        log.warning("a tab could not be loaded: %s", result.detail)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="main.py", description="Open the window. For commands: main.py --help")
    parser.add_argument("--project", metavar="DIR", type=Path, help="project folder to open")
    parser.add_argument("--demo", action="store_true", help="open the demo project, made if it is not there")
    parser.add_argument("--self-test", action="store_true", help="open the window, visit each tab, and leave")
    return parser


def _report_and_quit(shown: float) -> None:
    sys.stdout.write(f"{(shown - STARTED) * 1000:.0f}\n")
    sys.stdout.flush()
    QApplication.quit()


def _install_hooks(window: QWidget, self_test: bool) -> None:
    """Turn a mistake in a slot or a thread into a dialog, in a self-test into a failure; PyQt would end the program."""
    if not faulthandler.is_enabled() and sys.stderr is not None:
        faulthandler.enable()

    def on_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        text = "".join(traceback.format_exception(kind, error, trace))
        log.error("uncaught: %s", text)
        if self_test:
            sys.stderr.write(text)
            QApplication.exit(1)
        elif isinstance(error, AppError):  # no mistake of ours: a disk that went away while a list was read
            messages.error(window, error)
        else:
            messages.crash(window, text)

    def on_thread_exception(problem: threading.ExceptHookArgs) -> None:
        log.error("uncaught in a thread", exc_info=problem.exc_value)

    sys.excepthook = on_exception
    threading.excepthook = on_thread_exception
