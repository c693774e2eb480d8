"""Compare this copy of the model with the stored answers, or classify images: check.py [--json] [IMAGE…].

Needs onnxruntime, numpy and OpenCV (opencv-python-headless) or Pillow.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

HERE = Path(__file__).resolve().parent


def read_rgb(path):
    """Read a picture as uint8 RGB [height, width, 3], turned upright, and laid on white where it is transparent.

    With OpenCV 4.11 or newer this is what Sightline itself sees; Pillow decodes some kinds a little differently.
    """
    try:
        import cv2
    except ImportError:
        return read_with_pillow(path)
    data = np.fromfile(path, np.uint8)
    image, kinds, blocks = cv2.imdecodeWithMetadata(data, flags=cv2.IMREAD_UNCHANGED)
    start = data[:2].tobytes()
    if image is None or image.ndim != 3 or image.shape[2] != 4 or start == b"BM":  # its fourth channel says nothing
        return cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1].copy()
    tiff = start in (b"II", b"MM")
    blocks = dict(zip(kinds, blocks, strict=True))
    exif = blocks.get(cv2.IMAGE_METADATA_EXIF)
    laid = laid_on_white(image[:, :, [2, 1, 0, 3]], may_be_multiplied=tiff)
    return laid if tiff or exif is None else turned(laid, orientation(np.asarray(exif).tobytes()))


def laid_on_white(rgba, may_be_multiplied):
    """Return RGB; colours that were multiplied by their opacity, as in TIFF, are nowhere above it."""
    if rgba.dtype == np.uint16:
        rgba, may_be_multiplied = rgba // 257, False
    colour, opacity = rgba[:, :, :3].astype(np.uint16), rgba[:, :, 3:].astype(np.uint16)
    multiplied = may_be_multiplied and (colour <= opacity).all()
    return ((colour * (255 if multiplied else opacity) + 255 * (255 - opacity) + 127) // 255).astype(np.uint8)


def orientation(exif):
    """Return how a picture is to be turned, 1 to 8, as its EXIF says."""
    exif = exif[6:] if exif[:6] == b"Exif\0\0" else exif
    order = "little" if exif[:2] == b"II" else "big"
    first = int.from_bytes(exif[4:8], order)
    for entry in range(int.from_bytes(exif[first : first + 2], order)):
        tag = exif[first + 2 + 12 * entry : first + 14 + 12 * entry]
        if int.from_bytes(tag[:2], order) == 274:
            return int.from_bytes(tag[8:10], order)
    return 1


def turned(image, way):
    """Turn a picture upright."""
    image = image.transpose(1, 0, 2) if way in (5, 6, 7, 8) else image
    image = image[::-1] if way in (3, 4, 7, 8) else image
    return np.ascontiguousarray(image[:, ::-1] if way in (2, 3, 6, 7) else image)


def read_with_pillow(path):
    """Read a picture with Pillow."""
    from PIL import Image, ImageOps

    picture = ImageOps.exif_transpose(Image.open(path))
    if "A" in picture.getbands() or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return np.array(picture.convert("RGB"))


def verdict(rule, probabilities, novelty):
    """Say whether the model's own rule accepts an answer."""
    if rule["most_novel"] is not None and novelty is not None and novelty > rule["most_novel"]:
        return "unknown"
    best = int(probabilities.argmax())
    return "accepted" if float(probabilities[best]) >= rule["thresholds"][best] else "unsure"


def answers_of(session, paths):
    """Yield path, probabilities and verdict of each picture."""
    given = {output.name for output in session.get_outputs()}
    names = [name for name in ("probabilities", "novelty") if name in given]
    stored = session.get_modelmeta().custom_metadata_map.get("rule")
    for path in paths:
        probabilities, *novelty = (output[0] for output in session.run(names, {"image": read_rgb(path)[np.newaxis]}))
        novel = float(novelty[0]) if novelty else None
        yield path, probabilities, verdict(json.loads(stored), probabilities, novel) if stored else "accepted"


def classify(session, labels, paths, as_json):
    """Print one line per picture."""
    for path, probabilities, said in answers_of(session, paths):
        label, confidence = labels[int(probabilities.argmax())], float(probabilities.max())
        if as_json:
            answer = {"path": str(path), "label": label, "confidence": confidence, "verdict": said}
            print(json.dumps({**answer, "probabilities": probabilities.tolist()}))
        else:
            print(f"{path}  {label}  {confidence:.4f}  {said}")
    return 0


def compare(session, labels):
    """Print one line per golden image; return 0 if all agree."""
    expected = json.loads((HERE / "golden" / "expected.json").read_text(encoding="utf-8"))
    tolerance = json.loads((HERE / "bundle.json").read_text(encoding="utf-8")).get("tolerance", 1e-4)
    worst = 0.0
    for path, answer, said in answers_of(session, [HERE / "golden" / name for name in expected]):
        difference = float(np.abs(answer - np.array(expected[path.name])).max())
        worst = max(worst, difference)
        label = labels[int(answer.argmax())]
        print(f"{path.name}  {label}  {answer.max():.4f}  {said}  difference {difference:.1e}")
    agrees = worst <= tolerance
    print(f"{len(expected)} images, largest difference {worst:.1e}: {'agrees' if agrees else 'DIFFERS'}")
    return 0 if agrees else 1


def main(arguments):
    """Compare the golden images, or classify those that are named."""
    labels = (HERE / "labels.txt").read_text(encoding="utf-8").split("\n")
    session = onnxruntime.InferenceSession(str(HERE / "model.onnx"), providers=["CPUExecutionProvider"])
    paths = [Path(argument) for argument in arguments if argument != "--json"]
    return classify(session, labels, paths, "--json" in arguments) if paths else compare(session, labels)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
