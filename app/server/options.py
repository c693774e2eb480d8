"""How the server is called up, for the command line and the window; imports no framework."""

from dataclasses import dataclass
from pathlib import Path

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
TOKEN_VARIABLE = "SIGHTLINE_TOKEN"


@dataclass(frozen=True)
class ServeOptions:
    """What `serve` was told; port 0 is any free one, `allow_url` is "public", "any" or ""."""

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    token: str | None = None
    watch_stdin: bool = False
    allow_url: str = ""
    allowed_origins: tuple[str, ...] = ()
    per_minute: int = 0
    certificate: Path | None = None
    key: Path | None = None

    @property
    def scheme(self) -> str:
        """What addresses begin with."""
        return "https" if self.certificate else "http"
