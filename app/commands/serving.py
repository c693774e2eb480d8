"""The command that serves a model."""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from app.commands.arguments import AddCommand, add_model
from app.commands.report import Report, stop_if
from app.errors import Cancelled
from app.export.bundle import find_bundle
from app.server.options import DEFAULT_HOST, DEFAULT_PORT, TOKEN_VARIABLE, ServeOptions
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
    parser.add_argument(
        "--allow-origin",
        metavar="ORIGIN",
        action="append",
        default=[],
        help="pages of this origin, such as https://shop.example, may call (may be given again)",
    )
    parser.add_argument(
        "--per-minute", metavar="N", type=_number, default=0, help="most requests of one address; default: any number"
    )
    parser.add_argument("--certificate", metavar="FILE", type=Path, help="serve https with this certificate (PEM)")
    parser.add_argument("--key", metavar="FILE", type=Path, help="its key, if that is in another file")
    parser.add_argument("--watch-stdin", action="store_true", help="stop when standard input is closed")


def serve(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Answer over REST until interrupted; announces the address on stdout when ready."""
    from app.server.runner import run

    def announce(url: str) -> None:
        sys.stdout.write(f'{{"url": "{url}"}}\n' if options.json else f"Serving at {url} (Ctrl+C stops)\n")
        sys.stdout.flush()

    model = options.model.expanduser()
    bundle = find_bundle(model)
    # The server minds Ctrl+C itself; until it does, it must end what comes before.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    stop_if(cancel)  # it was pressed before
    serve_options = ServeOptions(
        host=options.host,
        port=options.port,
        token=options.token,
        watch_stdin=options.watch_stdin,
        allow_url=options.allow_url,
        allowed_origins=tuple(options.allow_origin),
        per_minute=options.per_minute,
        certificate=options.certificate,
        key=options.key,
    )
    try:
        run(model, bundle, serve_options, announce)
    except KeyboardInterrupt:
        raise Cancelled from None
    return Report("")


def _number(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError("this is a whole number")
    return int(text)


def _port(text: str) -> int:
    if not (text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)
