"""What an image claims in its first bytes, so that a huge one is refused before it is decoded."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

# Start-of-frame markers; C4, C8 and CC lie between them and mean something else.
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
OLD_BMP_HEADER = 12  # bytes; OS/2
PNG_SIGNATURE, PNG_CHUNK_START, PNG_CHUNK_END = 8, 8, 4  # bytes; length and kind, then the data, then a checksum
WEBP_EXTENDED_ALPHA = 0x10
WEBP_LOSSLESS_ALPHA = 1 << 28
TIFF_WIDTH, TIFF_HEIGHT, TIFF_COLOURS, TIFF_ORIENTATION, TIFF_SAMPLES = 256, 257, 262, 274, 277
TIFF_RGB = 2
BIG_TIFF = 43
LYING = (struct.error, IndexError, KeyError, OverflowError)  # what reading at a false offset raises
NUMBERS = {1: "B", 3: "H", 4: "I", 16: "Q"}  # TIFF field types to struct codes


@dataclass(frozen=True)
class ImageHeader:
    """Kind ("jpeg", "png", …), size in pixels before rotation, and whether it may be transparent.

    `whole` is False where a part claims to be longer than the file: a decoder would make room for all of it.
    """

    kind: str
    width: int
    height: int
    alpha: bool = False
    whole: bool = True


def read_header(data: bytes) -> ImageHeader | None:
    """Read the beginning of a JPEG, PNG, GIF, BMP, WebP or TIFF; None for anything else."""
    for signature, offset, reader in READERS:
        if data[offset : offset + len(signature)] == signature:
            try:
                return reader(data)
            except LYING:
                return None
    return None


def exif_orientation(exif: bytes) -> int:
    """Return the orientation, 1 to 8, of a block of EXIF; 1 where it says nothing."""
    block = exif.removeprefix(b"Exif\0\0")
    try:
        value = _tiff_numbers(block).get(TIFF_ORIENTATION, 1)
    except LYING:
        return 1
    return value if 1 <= value <= 8 else 1


def _png(data: bytes) -> ImageHeader:
    width, height = struct.unpack_from(">II", data, 16)
    transparent_colour = b"tRNS" in data[: max(0, data.find(b"IDAT"))]
    return ImageHeader("png", width, height, bool(data[25] & 4) or transparent_colour, _png_is_whole(data))


def _png_is_whole(data: bytes) -> bool:
    at = PNG_SIGNATURE
    while at + PNG_CHUNK_START <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        at += PNG_CHUNK_START + length
        if at > len(data):
            return False
        if kind == b"IEND":
            break
        at += PNG_CHUNK_END
    return True


def _gif(data: bytes) -> ImageHeader:
    width, height = struct.unpack_from("<HH", data, 6)
    return ImageHeader("gif", width, height, alpha=True)


def _bmp(data: bytes) -> ImageHeader:
    if struct.unpack_from("<I", data, 14)[0] == OLD_BMP_HEADER:
        width, height = struct.unpack_from("<HH", data, 18)
    else:
        width, height = struct.unpack_from("<ii", data, 18)
    return ImageHeader("bmp", abs(width), abs(height))  # a negative height means top-down rows


def _webp(data: bytes) -> ImageHeader | None:
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        return ImageHeader("webp", width, height, bool(data[20] & WEBP_EXTENDED_ALPHA))
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        alpha = bool(bits & WEBP_LOSSLESS_ALPHA)
        return ImageHeader("webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, alpha)
    if kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
        return ImageHeader("webp", width, height)
    return None


def _jpeg(data: bytes) -> ImageHeader | None:
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
        elif marker in JPEG_BARE:
            at += 2
        elif marker in JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return ImageHeader("jpeg", width, height)
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return None


def _tiff(data: bytes) -> ImageHeader:
    numbers = _tiff_numbers(data)
    alpha = numbers.get(TIFF_COLOURS) == TIFF_RGB and numbers.get(TIFF_SAMPLES) == 4
    return ImageHeader("tiff", numbers[TIFF_WIDTH], numbers[TIFF_HEIGHT], alpha)


def _tiff_numbers(data: bytes) -> dict[int, int]:
    """Return the first value of each numeric tag in the first directory."""
    order = {b"II": "<", b"MM": ">"}[data[:2]]
    if struct.unpack_from(order + "H", data, 2)[0] == BIG_TIFF:
        (directory,) = struct.unpack_from(order + "Q", data, 8)
        (count,) = struct.unpack_from(order + "Q", data, directory)
        first, step, value_at = directory + 8, 20, 12
    else:
        (directory,) = struct.unpack_from(order + "I", data, 4)
        (count,) = struct.unpack_from(order + "H", data, directory)
        first, step, value_at = directory + 2, 12, 8
    numbers: dict[int, int] = {}
    for entry in range(first, min(first + count * step, len(data)), step):
        tag, kind = struct.unpack_from(order + "HH", data, entry)
        if kind in NUMBERS:
            (number,) = struct.unpack_from(order + NUMBERS[kind], data, entry + value_at)
            numbers.setdefault(tag, number)  # of a tag that is there twice, libtiff takes the first
    return numbers


READERS: tuple[tuple[bytes, int, Callable[[bytes], ImageHeader | None]], ...] = (
    (b"\xff\xd8\xff", 0, _jpeg),
    (b"\x89PNG\r\n\x1a\n", 0, _png),
    (b"GIF8", 0, _gif),
    (b"BM", 0, _bmp),
    (b"WEBP", 8, _webp),
    (b"II*\x00", 0, _tiff),
    (b"MM\x00*", 0, _tiff),
    (b"II+\x00", 0, _tiff),
    (b"MM\x00+", 0, _tiff),
)
