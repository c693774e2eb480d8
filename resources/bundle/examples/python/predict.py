"""Classify pictures: python predict.py IMAGE… Needs onnxruntime, numpy and Pillow or OpenCV."""

import sys
from pathlib import Path

import numpy as np
import onnxruntime

BUNDLE = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(BUNDLE))
from check import read_rgb  # decodes a file as Sightline does


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
