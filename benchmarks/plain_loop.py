"""Fine-tuning as PyTorch's transfer-learning tutorial writes it, to compare with: one loop, decoding on the fly.

The same backbone; a linear head started from a logistic regression, whose cost is not counted; AdamW, one-cycle,
batch norm frozen, random crops and mirror images; memory and threads as they come. Prints one line of JSON: after each
epoch the accuracy on the test part and the processor's seconds so far, without those of testing.
Usage: python benchmarks/plain_loop.py FOLDER EPOCHS SEED, where FOLDER has `train` and `test`, a folder per class each
"""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from app.dataset.decode import read_image
from app.dataset.preprocess import IMAGE, PIXELS, preprocess_graph
from app.engines.torch_models import load_efficientnet_lite
from app.features.backbones import BACKBONES, DEFAULT_BACKBONE, weights_file
from app.onnx_sessions import open_session

BACKBONE = BACKBONES[DEFAULT_BACKBONE]
BATCH, RATE, DECAY = 32, 7e-4, 0.01
SMALLEST_CROP = 0.5  # of the area
STRENGTH = 10.0  # of the logistic regression
Sample = tuple[Path, int]


class Photos(torch.utils.data.Dataset[tuple[Tensor, int]]):
    """Photos that are decoded, cut and scaled when they are asked for."""

    def __init__(self, samples: list[Sample], augmented: bool):
        self._samples = samples
        self._augmented = augmented
        self._prepare = open_session(preprocess_graph(BACKBONE.side).SerializeToString())

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        path, label = self._samples[index]
        image = read_image(path)
        pixels = _random_crop(image) if self._augmented else self._prepare.run([PIXELS], {IMAGE: image[None]})[0][0]
        return (torch.from_numpy(pixels).permute(2, 0, 1).float() - 127) / 128, label


def _random_crop(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    short = min(image.shape[:2])
    side = max(1, int(short * float(torch.empty(1).uniform_(SMALLEST_CROP, 1)) ** 0.5))
    top, left = (int(torch.randint(0, size - side + 1, (1,))) for size in image.shape[:2])
    crop = cv2.resize(image[top : top + side, left : left + side], (BACKBONE.side,) * 2, interpolation=cv2.INTER_AREA)
    mirrored = crop[:, ::-1] if torch.rand(1) < 0.5 else crop
    return np.ascontiguousarray(mirrored, np.uint8)


def samples_of(folder: Path) -> list[Sample]:
    """List photos with the number of their class."""
    classes = sorted(one for one in folder.iterdir() if one.is_dir())
    return [(path, label) for label, one in enumerate(classes) for path in sorted(one.iterdir())]


@torch.no_grad()
def outputs(network: nn.Module, loader: torch.utils.data.DataLoader[tuple[Tensor, int]]) -> tuple[Tensor, Tensor]:
    """Return what the network says of every photo, and the photos' classes."""
    pairs = [(network(pictures), labels) for pictures, labels in loader]
    return torch.cat([one for one, _ in pairs]), torch.cat([one for _, one in pairs])


def main(folder: Path, epochs: int, seed: int) -> None:
    """Train and print."""
    torch.manual_seed(seed)
    training, testing = samples_of(folder / "train"), samples_of(folder / "test")
    backbone = load_efficientnet_lite(weights_file(BACKBONE), BACKBONE.width, BACKBONE.depth)
    plain = torch.utils.data.DataLoader(Photos(training, augmented=False), BATCH)
    features, labels = outputs(backbone, plain)
    scale = float(features.norm(dim=1).mean())
    logistic = LogisticRegression(C=STRENGTH, max_iter=500).fit(features.numpy() / scale, labels.numpy())
    head = nn.Linear(features.shape[1], len(logistic.classes_))
    with torch.no_grad():
        weights, bias = logistic.coef_ / scale, logistic.intercept_
        if len(weights) == 1:
            weights, bias = np.vstack([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
        head.weight.copy_(torch.from_numpy(weights))
        head.bias.copy_(torch.from_numpy(bias))
    network = nn.Sequential(backbone, head).eval()  # batch norm keeps its statistics
    loader = torch.utils.data.DataLoader(Photos(training, augmented=True), BATCH, shuffle=True)
    tests = torch.utils.data.DataLoader(Photos(testing, augmented=False), BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, epochs=epochs, steps_per_epoch=len(loader))
    criterion = nn.CrossEntropyLoss()
    curve, spent = [], 0.0
    for _ in range(epochs):
        start = time.process_time()
        for pictures, truth in loader:
            optimiser.zero_grad()
            criterion(network(pictures), truth).backward()
            optimiser.step()
            schedule.step()
        spent += time.process_time() - start
        scores, truth = outputs(network, tests)
        curve.append({"accuracy": float((scores.argmax(dim=1) == truth).float().mean()), "seconds": spent})
    right = (scores.argmax(dim=1) == truth).tolist()
    print(json.dumps({"curve": curve, "right": dict(zip((str(path) for path, _ in testing), right, strict=True))}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
