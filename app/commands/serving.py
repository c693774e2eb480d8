"""The command that serves a model."""

import argparse
import os
import signal
import sys
import threading

from app.commands.arguments import AddCommand, add_model
from app.commands.report import Report, stop_if
from app.errors import Cancelled
from app.export.bundle import find_bundle
from app.server.options import DEFAULT_HOST, DEFAULT_PORT, TOKEN_VARIABLE
from app.terminal import ProgressLine


def add_commands(add: AddCommand) -> None:
    """Add the command to the command line."""
    parser = add("serve", serve, "answer over REST on this computer")
    add_model(parser)
    parser.add_argument("--host", metavar="H", default=DEFAULT_HOST, help="address (default: this computer only)")
    parser.add_argument(
        "--port", metavar="P", type=_port, default=DEFAULT_PORT, help="default: 8000; 0 takes a free one"
    )
    parser.add_argument(
        "--token",
        metavar="T",
        default=os.environ.get(TOKEN_VARIABLE) or None,
        help=f"secret that requests must carry, needed for other addresses (or set {TOKEN_VARIABLE}: others on this "
        "computer can see a command's arguments)",
    )
    parser.add_argument(
        "--allow-url",
        nargs="?",
        const="public",
        default="",
        choices=["public", "any"],
        help='also fetch images from addresses that requests name ("any": those of this network too)',
    )
    parser.add_argument("--watch-stdin", action="store_true", help="stop when standard input is closed")


def serve(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Answer over REST until interrupted; announces the address on stdout when ready."""
    from app.server.runner import run

    def announce(url: str) -> None:
        sys.stdout.write(f'{{"url": "{url}"}}\n' if options.json else f"Serving at {url} (Ctrl+C stops)\n")
        sys.stdout.flush()

    bundle = find_bundle(options.model.expanduser())
    # The server minds Ctrl+C itself; until it does, it must end the loading of the model.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    stop_if(cancel)  # it was pressed before
    try:
        run(bundle, options.host, options.port, options.token, options.watch_stdin, announce, options.allow_url)
    except KeyboardInterrupt:
        raise Cancelled from None
    return Report("")


def _port(text: str) -> int:
    if not (text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)
