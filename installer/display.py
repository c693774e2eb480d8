"""Finding a display, and making a private one for tests."""

import ctypes
import os
import subprocess
import sys
from types import TracebackType

SCREEN = "1920x1080x24"
STOP_SECONDS = 5


def has_display() -> bool:
    """Tell whether a window can be shown here."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("WAYLAND_DISPLAY")) or (bool(os.environ.get("DISPLAY")) and _x_server_answers())


def _x_server_answers() -> bool:
    """Connect to the X server named in DISPLAY: Qt ends the program if that fails."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # Not known; Qt's own message is the better one.
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    answered = xcb.xcb_connection_has_error(connection) == 0
    xcb.xcb_disconnect(connection)
    return answered


class PrivateDisplay:
    """An X server without a screen, on a number that is free; use it in a `with` statement (Linux)."""

    def __init__(self) -> None:
        """Prepare; the server is started on entering."""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> str:
        """Start the server and return its name, such as `:7`."""
        read_end, write_end = os.pipe()
        command = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", SCREEN, "-nolisten", "tcp"]
        try:
            self._process = subprocess.Popen(command, pass_fds=[write_end], stderr=subprocess.PIPE)
        finally:
            os.close(write_end)
        with os.fdopen(read_end) as answer:
            number = answer.readline().strip()
        if not number:
            raise RuntimeError(f"Xvfb did not start: {self._last_words()}")
        return f":{number}"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server."""
        if self._process:
            self._last_words()

    def _last_words(self) -> str:
        assert self._process
        self._process.terminate()
        try:
            words = self._process.communicate(timeout=STOP_SECONDS)[1]
        except subprocess.TimeoutExpired:
            self._process.kill()
            words = self._process.communicate()[1]
        return words.decode(errors="replace").strip()
