"""How much one request, one client and all of them together may ask for."""

from dataclasses import dataclass

MEBIBYTE = 1 << 20
MEGAPIXEL = 1_000_000


@dataclass(frozen=True)
class Limits:
    """Upper bounds; what is beyond them is answered by 408, 413, 429 or 503."""

    body_bytes: int = 64 * MEBIBYTE
    all_bodies_bytes: int = 512 * MEBIBYTE  # of the requests that are being answered, together
    pixels: int = 100 * MEGAPIXEL  # 300 MB once decoded, and each decoding thread may hold one
    images: int = 64
    queue: int = 1024  # images that wait for a thread
    answer_seconds: float = 60
    body_seconds: float = 30
    head_seconds: float = 10  # for the request line and the headers
    head_bytes: int = 1 << 16
    connections: int = 512  # half of the files a process may commonly have open
    per_minute: int = 0  # requests of one address; 0 is any number
