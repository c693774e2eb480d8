"""Serve the model over REST: serve.py; ask whether it answers: serve.py --health.

SIGHTLINE_TOKEN is the secret that requests must carry, HOST the address (0.0.0.0 for every one) and PORT the port.
"""

import os
import sys
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODEL = HERE / "model" if (HERE / "model").is_dir() else HERE.parent
HOST, PORT = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))


def serve():
    """Answer until the process is asked to stop."""
    from app.errors import AppError
    from app.server.options import TOKEN_VARIABLE, ServeOptions
    from app.server.runner import run

    options = ServeOptions(host=HOST, port=PORT, token=os.environ.get(TOKEN_VARIABLE) or None)
    try:
        run(MODEL, MODEL, options, lambda url: print(f"Serving at {url}", flush=True))
    except AppError as error:
        print(error.message, error.hint, file=sys.stderr)
        return 1
    return 0


def healthy():
    """Ask the server in this container."""
    host = "127.0.0.1" if HOST == "0.0.0.0" else HOST
    with urllib.request.urlopen(f"http://{host}:{PORT}/health", timeout=4) as reply:
        return 0 if reply.status == 200 else 1


if __name__ == "__main__":
    sys.exit(healthy() if "--health" in sys.argv[1:] else serve())
