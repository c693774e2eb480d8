"""Classify pictures: python predict.py IMAGE… Needs onnxruntime, numpy and Pillow or OpenCV."""

import sys
from pathlib import Path

import numpy as np
import onnxruntime

BUNDLE = Path(__file__).resolve().parent.parent.parent


def read_rgb(path):
    """Read a picture as uint8 RGB [height, width, 3], turned upright."""
    try:
        from PIL import Image, ImageOps
    except ImportError:
        import cv2

        return cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1].copy()
    return np.array(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))


def main(paths):
    """Print the three most probable classes of each picture."""
    labels = (BUNDLE / "labels.txt").read_text(encoding="utf-8").splitlines()
    session = onnxruntime.InferenceSession(str(BUNDLE / "model.onnx"), providers=["CPUExecutionProvider"])
    for path in paths:
        probabilities = session.run(["probabilities"], {"image": read_rgb(path)[np.newaxis]})[0][0]
        best = np.argsort(-probabilities)[:3]
        print(path, ", ".join(f"{labels[index]} {probabilities[index]:.4f}" for index in best))


if __name__ == "__main__":
    main(sys.argv[1:])
