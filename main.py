"""Start Sightline: the window, or one command."""

import faulthandler
import sys

WINDOW_OPTIONS = ("--self-test", "--demo", "--project")


def main(arguments: list[str]) -> int:
    """Open the window for no arguments or its own options; otherwise run a command."""
    faulthandler.enable()
    if arguments and arguments[0].split("=")[0] not in WINDOW_OPTIONS:
        from app.cli import main as run_command

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
