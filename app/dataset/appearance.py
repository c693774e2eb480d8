"""What is measured of a picture while it is decoded: how sharp, dark, bright and colourful it is, and a tiny copy."""

import cv2
import numpy as np
from numpy.typing import NDArray

LONGER_SIDE = 256  # pixels of the reduced picture that is looked at, whatever the size of the photo
PICTURE_SIDE = 12  # pixels of the tiny copy
COARSER = 4  # times: strong blur is seen in fewer pixels, where compression and rounding leave no edges
BLUR = 5  # pixels over which sharp edges are spread for comparison
LEVELS = 256
FINE = 64  # steps of a level, so that blurring does not round
DARKER, LIGHTER = 0.05, 0.95  # shares of the pixels that `low` and `high` separate
VIVID = 0.98  # share of the pixels that `chroma` separates

APPEARANCE = np.dtype(
    [
        ("width", "<u4"),  # of the upright photo, in pixels
        ("height", "<u4"),
        ("sharpness", "<f4"),  # 0 blurred or plain, 1 sharp
        ("low", "<f4"),  # 0 to 1: 5 % of the pixels have less of their least colour; high where all is washed out
        ("high", "<f4"),  # 0 to 1: 5 % of the pixels have more of their most colour; low where all is dark
        ("chroma", "<f4"),  # 0 grey to 1: the 2 % of the pixels that have most colour have more
        ("picture", "u1", (PICTURE_SIDE, PICTURE_SIDE, 3)),  # RGB
    ]
)
Pixels = NDArray[np.uint8]


def appearance(image: Pixels) -> NDArray[np.void]:
    """Measure RGB [H, W, 3]; returns one record [] of `APPEARANCE`."""
    small = _reduced(image)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
    red, green, blue = cv2.split(small)
    most = cv2.max(cv2.max(red, green), blue)
    least = cv2.min(cv2.min(red, green), blue)
    low, high = _quantile(least, DARKER), _quantile(most, LIGHTER)
    chroma = _quantile(cv2.subtract(most, least), VIVID)
    picture = cv2.resize(small, (PICTURE_SIDE, PICTURE_SIDE), interpolation=cv2.INTER_AREA)
    height, width = image.shape[:2]
    return np.array((width, height, _sharpness(grey), low, high, chroma, picture), APPEARANCE)


def _reduced(image: Pixels) -> Pixels:
    height, width = image.shape[:2]
    factor = LONGER_SIDE / max(height, width)
    if factor >= 1:
        return image
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _sharpness(grey: Pixels) -> float:
    """Return how much of the differences between neighbours blurring takes away, in the direction of less detail.

    After Crété-Roffet and others, "The blur effect: perception and estimation with a new no-reference perceptual
    blur metric", 2007: a blurred picture changes little when it is blurred again. It does not depend on contrast.
    """
    values = np.multiply(grey, FINE, dtype=np.uint16)
    height, width = values.shape
    coarse = max(1, round(width / COARSER)), max(1, round(height / COARSER))
    scales = values, cv2.resize(values, coarse, interpolation=cv2.INTER_AREA)
    turned = (across for scale in scales for across in (scale, cv2.transpose(scale)) if across.shape[1] > 1)
    return min((share for share in map(_lost, turned) if share is not None), default=0.0)


def _lost(values: cv2.typing.MatLike) -> float | None:
    """Return the share of the differences along rows that is lost, or None where there are none."""
    blurred = cv2.blur(values, (BLUR, 1))
    before = cv2.absdiff(values[:, 1:], values[:, :-1])
    after = cv2.absdiff(blurred[:, 1:], blurred[:, :-1])
    whole: float = cv2.sumElems(before)[0]
    return cv2.sumElems(cv2.subtract(before, after))[0] / whole if whole else None


def _quantile(values: cv2.typing.MatLike, share: float) -> float:
    """Return the level, 0 to 1, that a share of the values does not exceed."""
    below = np.cumsum(cv2.calcHist([values], [0], None, [LEVELS], [0, LEVELS]))
    return float(np.searchsorted(below, share * below[-1])) / (LEVELS - 1)
