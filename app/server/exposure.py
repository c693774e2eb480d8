"""By which names the server goes, and that others than this computer need a token; imports no framework."""

from urllib.parse import urlsplit

from app.errors import ServerError

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
ANY_HOST = "*"


def check_exposure(loopback: bool, token: str | None) -> None:
    """Refuse to serve other computers without a token; raises ServerError."""
    if token is not None and not token.strip():
        raise ServerError("The token is empty.", "Give one of a dozen characters or more, or none at all.")
    if not loopback and token is None:
        raise ServerError(
            "Serving other computers needs a token.",
            "Add --token and a secret of your own, or leave out --host to serve this computer alone.",
        )


def host_name(authority: str) -> str:
    """Return the host of “host:port”, lower case and without the brackets of IPv6; empty if malformed."""
    try:
        return (urlsplit(f"//{authority}").hostname or "").rstrip(".")
    except ValueError:
        return ""
