"""Fuzz the decoding of image files, for five minutes or as long as said, from the hostile files as seeds.

Needs atheris, which is not among the project's requirements (see CONTRIBUTING.md). An input that crashes, hangs for
30 s, takes more than 3 GB or raises anything but UnreadableImage ends it; it is kept in the current folder as
`crash-…`, `timeout-…` or `oom-…`. Usage: python tests/hostile/fuzz_decode.py [SECONDS]
"""

import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

with atheris.instrument_imports(include=["app.dataset"]):
    from app.dataset.decode import UnreadableImage, decode_image
    from app.dataset.image_header import exif_orientation
    from app.dataset.thumbnails import shrunk
from tests.hostile.images import write_hostile

SECONDS = 300
SIDE = 128
OPTIONS = ("-timeout=30", "-rss_limit_mb=3000", "-max_len=65536", "-print_final_stats=1", "-verbosity=1")


def decode(data: bytes) -> None:
    """Decode one input in both ways, and make a thumbnail of it."""
    exif_orientation(data)
    for at_least in (None, SIDE):
        try:
            image = decode_image(data, at_least)
        except UnreadableImage:
            continue
        assert image.ndim == 3
        assert image.shape[2] == 3
        assert max(shrunk(image, SIDE).shape[:2]) <= SIDE


def main(seconds: int) -> None:
    """Fuzz; ends the process."""
    with tempfile.TemporaryDirectory() as corpus:
        write_hostile(Path(corpus))
        atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", *OPTIONS, corpus], decode)
        atheris.Fuzz()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
