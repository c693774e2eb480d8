"""How much one request may ask for."""

from dataclasses import dataclass

MEBIBYTE = 1 << 20
MEGAPIXEL = 1_000_000


@dataclass(frozen=True)
class Limits:
    """Upper bounds of one request; what is beyond them is answered by 413."""

    body_bytes: int = 64 * MEBIBYTE
    pixels: int = 100 * MEGAPIXEL  # 300 MB once decoded, and each decoding thread may hold one
    images: int = 64
