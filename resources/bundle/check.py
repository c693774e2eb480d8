"""Compare this copy of the model with the stored answers, or classify images: check.py [--json] [IMAGE…].

Needs onnxruntime, numpy and Pillow or OpenCV.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

HERE = Path(__file__).resolve().parent


def read_rgb(path):
    """Read a picture as uint8 RGB [height, width, 3], turned upright."""
    try:
        from PIL import Image, ImageOps
    except ImportError:
        import cv2

        return cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1].copy()
    return np.array(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))


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
            print(json.dumps({"path": str(path), "label": label, "confidence": confidence, "verdict": said}))
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
