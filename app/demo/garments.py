"""The demo data set: drawn garments of dotted, leopard and striped cloth.

A stand-in for the photos of the tutorial this program descends from, which cannot be passed on.
"""

from pathlib import Path

import cv2
import numpy as np

from app.demo.scene import draw_garment
from app.demo.textures import TEXTURES
from app.errors import InputError
from app.files import write_bytes, write_text
from app.parallel import map_in_order

CLASSES = tuple(TEXTURES)
README = "README.txt"
VERSION = 1  # raise it when the pictures change, so that an older set is drawn again
TITLE = "Sightline demo garments"
TEXT = """\
{stamp}

These pictures are synthetic. A program drew them; no photo and no real garment is behind them.
They show invented clothes of dotted, leopard and striped cloth in varied cuts, colours and light, so that
labelling, training and prediction can be tried before you bring photos of your own. How well a model does on
them says nothing about real photos.

You may use them in any way (CC0 1.0).
"""


def make_demo(folder: Path, seed: int = 0, per_class: int = 60) -> Path:
    """Draw the demo set into `folder`/<class>/<number>.jpg and return it; what is there already is kept.

    The same seed gives the same pictures. Raises InputError where the folder holds something else.
    """
    stamp = f"{TITLE}, version {VERSION}, seed {seed}, {per_class} of each class."
    fresh = _claim(folder, stamp)
    wanted = [(kind, number) for kind in range(len(CLASSES)) for number in range(1, per_class + 1)]
    missing = [each for each in wanted if fresh or not _path(folder, *each).exists()]
    for _ in map_in_order(lambda each: _draw(folder, seed, *each), missing):
        pass
    return folder


def _claim(folder: Path, stamp: str) -> bool:
    """Make the folder ours and say whether its pictures, if any, are to be drawn anew."""
    readme = folder / README
    try:
        if readme.exists() and readme.read_text(encoding="utf-8").startswith(stamp):
            return False
        if not _may_write(folder):
            raise InputError(f"“{folder}” holds other files.", "Choose an empty folder for the demo pictures.")
        for name in CLASSES:
            (folder / name).mkdir(parents=True, exist_ok=True)
        write_text(readme, TEXT.format(stamp=stamp))
    except OSError as error:
        raise InputError(f"“{folder}” cannot be written.", "Choose another folder.", str(error)) from error
    return True


def _may_write(folder: Path) -> bool:
    readme = folder / README
    if readme.exists():
        return readme.read_text(encoding="utf-8").startswith(TITLE)
    return not folder.exists() or not any(folder.iterdir())


def _path(folder: Path, kind: int, number: int) -> Path:
    return folder / CLASSES[kind] / f"{number:03}.jpg"


def _draw(folder: Path, seed: int, kind: int, number: int) -> None:
    generator = np.random.default_rng([seed, kind, number])
    picture = draw_garment(CLASSES[kind], generator)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(generator.integers(72, 94))]
    data = cv2.imencode(".jpg", picture[:, :, ::-1], quality)[1].tobytes()
    write_bytes(_path(folder, kind, number), data)
