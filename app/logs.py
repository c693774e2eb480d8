"""The log file, and its last lines for the error dialog."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from app.files import log_folder

FILE_NAME = "sightline.log"
LARGEST_FILE = 1_000_000
KEPT_FILES = 3
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def log_file() -> Path:
    """Return where the log is written."""
    return log_folder() / FILE_NAME


def set_up_logging() -> None:
    """Send the program's log to its file."""
    root = logging.getLogger()
    if any(isinstance(handler, RotatingFileHandler) for handler in root.handlers):
        return
    logging.raiseExceptions = False  # a log that cannot be written is no reason to fill the terminal
    handler = RotatingFileHandler(
        log_file(), maxBytes=LARGEST_FILE, backupCount=KEPT_FILES, encoding="utf-8", delay=True
    )
    handler.setFormatter(logging.Formatter(FORMAT))
    root.addHandler(handler)
    root.setLevel(logging.INFO)


def last_lines(count: int = 40) -> str:
    """Return the end of the log."""
    try:
        return "\n".join(log_file().read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
    except OSError:
        return ""
