"""Start Sightline: the window, or one command."""

import faulthandler
import os
import sys

WINDOW_OPTIONS = ("--self-test", "--demo", "--project")


def main(arguments: list[str]) -> int:
    """Open the window for no arguments or its own options; otherwise run a command."""
    _open_streams()
    faulthandler.enable()
    try:
        return _start(arguments)
    except KeyboardInterrupt:  # while modules are imported; what runs afterwards minds Ctrl+C itself
        sys.stderr.write("Stopped.\n")
        return 1


def _open_streams() -> None:
    """Give a program that was started without output a place to write to."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _start(arguments: list[str]) -> int:
    if arguments and arguments[0].split("=")[0] not in WINDOW_OPTIONS:
        from app.cli import main as run_command
        from app.terminal import quiet_libraries

        quiet_libraries()
        return run_command(arguments)
    try:
        from ui.start import open_window
    except ImportError as error:
        sys.stderr.write(
            f"The window needs PyQt5, which cannot be loaded ({error}).\n"
            "Set Sightline up with: python3 installer/run.py\n"
        )
        return 1
    return open_window(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
