"""Compare this copy of the model with the stored answers. Needs onnxruntime, numpy and Pillow or OpenCV."""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

HERE = Path(__file__).resolve().parent


def read_rgb(path):
    """Read a picture as uint8 RGB [height, width, 3]."""
    try:
        from PIL import Image
    except ImportError:
        import cv2

        return cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1].copy()
    return np.array(Image.open(path).convert("RGB"))


def main():
    """Print one line per golden image; leave 0 if all agree."""
    labels = (HERE / "labels.txt").read_text(encoding="utf-8").split("\n")
    session = onnxruntime.InferenceSession(str(HERE / "model.onnx"), providers=["CPUExecutionProvider"])
    expected = json.loads((HERE / "golden" / "expected.json").read_text(encoding="utf-8"))
    tolerance = json.loads((HERE / "bundle.json").read_text(encoding="utf-8")).get("tolerance", 1e-4)
    worst = 0.0
    for name, probabilities in expected.items():
        image = read_rgb(HERE / "golden" / name)
        answer = session.run(["probabilities"], {"image": image[np.newaxis]})[0][0]
        difference = float(np.abs(answer - np.array(probabilities)).max())
        worst = max(worst, difference)
        print(f"{name}  {labels[int(answer.argmax())]}  {answer.max():.4f}  difference {difference:.1e}")
    agrees = worst <= tolerance
    print(f"{len(expected)} images, largest difference {worst:.1e}: {'agrees' if agrees else 'DIFFERS'}")
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(main())
