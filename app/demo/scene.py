"""One picture: a garment of printed cloth, folded, lit, and photographed before a backdrop."""

import cv2
import numpy as np
from numpy.typing import NDArray

from app.demo.backdrops import Canvas, random_backdrop
from app.demo.camera import photographed
from app.demo.noise import Field, smooth_field, turned_field
from app.demo.shapes import Cut, Part, random_cut
from app.demo.textures import TEXTURES, Picture

HEIGHT, WIDTH = 500, 400
UNIT = 450  # pixels of cloth to one unit of garment space
CLOTH_SIDE = 640  # pixels of the whole piece; beyond it, it is mirrored
CLOTH_START = np.array([-0.71, -0.21], np.float32)  # garment space of its corner
FOLD_SHIFT = 12  # pixels of cloth that the highest fold takes up
SEAM_DARKENING = 0.62
Matrix = NDArray[np.float64]


def draw_garment(texture: str, generator: np.random.Generator) -> Picture:
    """Draw one RGB picture [H, W, 3] of a garment with the given texture."""
    height, width = (int(side * generator.uniform(0.94, 1.06)) for side in (HEIGHT, WIDTH))
    cut = random_cut(generator)
    place = _placed(generator, height, width)
    scale = float(np.exp(generator.uniform(np.log(0.6), np.log(1.7))))
    cloth = TEXTURES[texture](generator, CLOTH_SIDE, scale * UNIT / 640)
    canvas = random_backdrop(generator, height, width)
    folds = _folds(generator, height, width)
    masks = [_mask(part, place, height, width) for part in cut.parts]
    _cast_shadow(canvas, np.maximum.reduce(masks), generator)
    light = generator.uniform(0, 2 * np.pi)
    shade = _shading(folds, light, generator.uniform(0.5, 1.3))
    spots = _garment_space(place, height, width)
    buttons = cloth[0, 0].astype(np.float32) * generator.uniform(0.5, 1.0)
    for part, mask in zip(cut.parts, masks, strict=True):
        _lay(canvas, cloth, part, mask, spots, folds, shade)
    _sew(canvas, cut, place, buttons)
    return photographed(canvas, generator)


def _placed(generator: np.random.Generator, height: int, width: int) -> Matrix:
    """Return the homography from garment space to pixels: size, place, turn and perspective."""
    size = height * generator.uniform(0.66, 0.98)
    turn = np.deg2rad(generator.normal(0, 7) if generator.random() < 0.8 else generator.uniform(-40, 40))
    centre = np.array([width / 2 + generator.normal(0, 16), height / 2 + generator.normal(0, 16)])
    corners = np.array([(-0.5, 0), (0.5, 0), (0.5, 1), (-0.5, 1)])
    spin = np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))])
    there = (corners - (0, 0.5)) * size @ spin + centre + generator.normal(0, 0.03 * size, (4, 2))
    return np.asarray(cv2.getPerspectiveTransform(corners.astype(np.float32), there.astype(np.float32)), np.float64)


def _to_pixels(points: NDArray[np.float32], place: Matrix) -> NDArray[np.float32]:
    return np.asarray(cv2.perspectiveTransform(points[np.newaxis], place)[0], np.float32)


def _garment_space(place: Matrix, height: int, width: int) -> NDArray[np.float32]:
    """Return the garment-space position of every pixel, [H, W, 2]."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    grid = np.stack([columns, rows], -1)
    return np.asarray(cv2.perspectiveTransform(grid, np.linalg.inv(place)), np.float32)


def _mask(part: Part, place: Matrix, height: int, width: int) -> Field:
    filled = np.zeros((height, width), np.uint8)
    outline = np.round(_to_pixels(part.outline, place) * 16).astype(np.int32)
    cv2.fillPoly(filled, [outline], 255, cv2.LINE_AA, 4)
    return filled.astype(np.float32) / np.float32(255)


def _folds(generator: np.random.Generator, height: int, width: int) -> Field:
    """Return the height of the cloth, about 0 to 1: hanging folds, creases and slack."""
    hanging = smooth_field(generator, height, width, generator.uniform(4, 9), generator.uniform(1, 2.5))
    along = generator.uniform(5, 9), generator.uniform(1.2, 2.2)
    creases = 1 - np.abs(turned_field(generator, height, width, *along, generator.uniform(-70, 70)))
    slack = smooth_field(generator, height, width, 4, 4)
    weights = generator.uniform(0.1, 0.6), generator.uniform(0.05, 0.28), generator.uniform(0.15, 0.4)
    return weights[0] * hanging + weights[1] * creases**3 + weights[2] * slack


def _shading(folds: Field, light: float, strength: float) -> Field:
    """Return how bright the folded cloth is under light from one side, around 1."""
    down, across = np.gradient(cv2.GaussianBlur(folds, (0, 0), 1.5))
    lit = (np.cos(light) * across + np.sin(light) * down) * 22 * strength
    return np.clip(1 + lit, 0.45, 1.3).astype(np.float32)


def _lay(
    canvas: Canvas,
    cloth: Picture,
    part: Part,
    mask: Field,
    spots: NDArray[np.float32],
    folds: Field,
    shade: Field,
) -> None:
    """Lay one part onto the canvas: cloth turned its way, shifted by the folds, darker towards the edge."""
    rows, columns = _box(mask)
    turn = np.deg2rad(part.turn)
    spin = np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))], np.float32)
    at = (spots[rows, columns] @ spin - CLOTH_START) * UNIT + folds[rows, columns, np.newaxis] * FOLD_SHIFT
    across, down = cv2.split(at)
    piece = cv2.remap(cloth, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT).astype(np.float32)
    inside = mask[rows, columns]
    depth = cv2.distanceTransform((inside > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    rounding = (1 - 0.2 * np.exp(-depth / 10) - 0.2 * np.exp(-depth / 2)) * part.brightness
    piece *= (shade[rows, columns] * rounding)[:, :, np.newaxis]
    weight = inside[:, :, np.newaxis]
    canvas[rows, columns] = canvas[rows, columns] * (1 - weight) + piece * weight


def _box(mask: Field) -> tuple[slice, slice]:
    """Return the rows and columns that a mask covers."""
    x, y, width, height = cv2.boundingRect((mask > 0).astype(np.uint8))
    return slice(y, y + max(1, height)), slice(x, x + max(1, width))


def _cast_shadow(canvas: Canvas, mask: Field, generator: np.random.Generator) -> None:
    reach = generator.uniform(2, 14)
    angle = generator.uniform(0, 2 * np.pi)
    moved = np.array([(1, 0, reach * np.cos(angle)), (0, 1, reach * np.sin(angle))])
    shadow = cv2.warpAffine(mask, moved, mask.shape[::-1])
    shadow = cv2.GaussianBlur(shadow, (0, 0), generator.uniform(2, 10)) * generator.uniform(0.25, 0.6)
    canvas *= 1 - shadow[:, :, np.newaxis]


def _sew(canvas: Canvas, cut: Cut, place: Matrix, colour: NDArray[np.float32]) -> None:
    """Draw seams and buttons."""
    lines = np.ones(canvas.shape[:2], np.float32)
    for seam in cut.seams:
        points = np.round(_to_pixels(seam, place) * 16).astype(np.int32)
        cv2.polylines(lines, [points], False, SEAM_DARKENING, 1, cv2.LINE_AA, 4)
    canvas *= cv2.GaussianBlur(lines, (0, 0), 0.7)[:, :, np.newaxis]
    for x, y in _to_pixels(np.array(cut.buttons, np.float32).reshape(-1, 2), place) if cut.buttons else ():
        cv2.circle(canvas, (round(float(x)), round(float(y))), 4, colour.tolist(), -1, cv2.LINE_AA)
        cv2.circle(canvas, (round(float(x)), round(float(y))), 4, (colour * 0.5).tolist(), 1, cv2.LINE_AA)
