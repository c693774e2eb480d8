"""Parts of image files that no encoder here would write."""

import base64
import struct
import zlib

# A CMYK JPEG of 8 × 8 red pixels with Adobe's inverted inks, as photo editors write it.
CMYK_RED = base64.b64decode(
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwADAgIDAgIDAwMDBAMDBAUIBQUEBAUKBwcGCAwKDAwLCgsLDQ4SEA0OEQ4LCxAWEBET"
    "FBUVFQwPFxgWFBgSFBUU/8AAFAgACAAIBEMRAE0RAFkRAEsRAP/EABQAAQAAAAAAAAAAAAAAAAAAAAn/xAAUEAEAAAAAAAAA"
    "AAAAAAAAAAAA/9oADgRDAE0AWQBLAAA/AFTFUKoqb//Z"
)

ONE_PIXEL_GIF = base64.b64decode("R0lGODdhAQABAIAAAP///////ywAAAAAAQABAAACAkQBADs=")


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, colours: int, rows: bytes, between: bytes = b"") -> bytes:
    """Put a PNG together; `rows` are filtered and uncompressed, `between` are chunks before the pixels."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0))
    pixels = png_chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + header + between + pixels + png_chunk(b"IEND", b"")


def palette_png(transparent: bytes = b"") -> bytes:
    """Return 2 × 2 pixels: red, green / blue, white."""
    palette = png_chunk(b"PLTE", bytes([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]))
    between = palette + (png_chunk(b"tRNS", transparent) if transparent else b"")
    return png(2, 2, 8, 3, b"\0\0\1\0\2\3", between)


def exif_block(orientation: int, order: str = ">") -> bytes:
    start = b"MM\0*\0\0\0\x08" if order == ">" else b"II*\0\x08\0\0\0"
    return start + struct.pack(order + "HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)


def with_exif(jpeg: bytes, exif: bytes) -> bytes:
    """Put EXIF behind the start of a JPEG."""
    segment = b"Exif\0\0" + exif
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:]


def with_png_exif(data: bytes, exif: bytes) -> bytes:
    """Put EXIF behind the header of a PNG."""
    after_header = 8 + 25
    return data[:after_header] + png_chunk(b"eXIf", exif) + data[after_header:]


def tiff(width: int, height: int, pixels: bytes, order: str = ">") -> bytes:
    """Put an uncompressed 8-bit RGB TIFF together, in either byte order."""
    tags = 8
    bits_at = 8 + 2 + tags * 12 + 4
    pixels_at = bits_at + 6
    entries = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 3, bits_at),
        (262, 4, 1, 2),
        (273, 4, 1, pixels_at),
        (277, 4, 1, 3),
        (278, 4, 1, height),
        (279, 4, 1, len(pixels)),
    ]
    directory = struct.pack(order + "H", tags)
    directory += b"".join(struct.pack(order + "HHII", *entry) for entry in entries) + bytes(4)
    start = (b"MM" if order == ">" else b"II") + struct.pack(order + "HI", 42, 8)
    return start + directory + struct.pack(order + "HHH", 8, 8, 8) + pixels


def bmp(width: int, height: int, pixels: bytes) -> bytes:
    """Put a 24-bit BMP together; a negative height means that the top row comes first."""
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(pixels), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 14 + len(header) + len(pixels), 0, 0, 14 + len(header)) + header + pixels
