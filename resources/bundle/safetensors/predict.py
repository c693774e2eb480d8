"""Classify pictures: python predict.py IMAGE… Needs torch, safetensors, numpy and Pillow or OpenCV."""

import sys
from pathlib import Path

import network
import numpy as np
import torch

HERE = Path(__file__).resolve().parent


def read_rgb(path):
    """Read a picture as uint8 RGB [height, width, 3], turned upright."""
    try:
        from PIL import Image, ImageOps
    except ImportError:
        import cv2

        return cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1].copy()
    return np.array(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))


def main(paths):
    """Print the most probable class of each picture."""
    labels = (HERE.parent / "labels.txt").read_text(encoding="utf-8").split("\n")
    model = network.load(HERE / "model.safetensors")
    for path in paths:
        probabilities = model(torch.from_numpy(read_rgb(path)[np.newaxis]))["probabilities"][0]
        print(f"{path} {labels[int(probabilities.argmax())]} {float(probabilities.max()):.4f}")


if __name__ == "__main__":
    main(sys.argv[1:])
