"""Fit a run's novelty score, and gather what the run knows of images its answers were not learnt from.

Imports onnx and onnxruntime: for worker processes.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from app.dataset.decode import UnreadableImage, read_image
from app.dataset.preprocess import IMAGE, PIXELS, preprocess_graph
from app.engines.snapshot import TRAIN, VALIDATION, VALIDATION_FILE, Snapshot, SnapshotImage, Split
from app.errors import BundleError
from app.evaluation.calibration import softmax
from app.evaluation.novelty import Novelty, fit_novelty, side_by_side
from app.evaluation.thresholds import HeldOut
from app.export.onnx_model import feature_views, network_side
from app.features.backbones import find_backbone
from app.features.cache import FeatureCache
from app.onnx_sessions import open_session
from app.parallel import map_in_order

# Images an engine with features of its own is asked about again; those of the quick engine are cached.
MOST_ASKED = 4000

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


def learn_novelty(
    run: Path,
    network: onnx.ModelProto,
    snapshot: Snapshot,
    split: Split,
    temperature: float,
    on_count: Callable[[int, int], None],
) -> tuple[Novelty, HeldOut]:
    """Fit the novelty score of a run, and return it with the run's held-out scores.

    `on_count` is told how many images were looked at, and may raise to end it.
    """
    scores = np.load(run / VALIDATION_FILE)
    logits, truth = scores["logits"], scores["truth"]
    held_out = scores["positions"].tolist() if "positions" in scores else _held_out_positions(split, len(truth))
    asked = _asked(split, held_out, snapshot.seed)
    features, readable = _features(network, snapshot, [snapshot.images[position] for position in asked], on_count)
    asked = asked[readable]
    labels = np.array([snapshot.images[position].label for position in asked])
    groups = np.array([split.groups[position] for position in asked])
    with threadpool_limits(limits=1):
        novelty, out_of_fold = fit_novelty(features, labels, groups, snapshot.seed)
    place = {position: index for index, position in enumerate(asked.tolist())}
    kept = np.array([position in place for position in held_out], bool)
    order = [place[position] for position in held_out if position in place]
    probabilities = softmax(logits[kept], temperature).astype(np.float32)
    near = np.unique(groups[order], return_inverse=True)[1].astype(np.int64)
    return novelty, HeldOut(probabilities, truth[kept], out_of_fold[order], near)


def _held_out_positions(split: Split, count: int) -> list[int]:
    """Return which images the stored scores belong to: all but the test images, or a validation part alone."""
    for parts in ((TRAIN, VALIDATION), (VALIDATION,)):
        positions = split.positions(*parts)
        if len(positions) == count:
            return positions
    raise BundleError("The run's validation scores do not belong to its images.", "Train again.")


def _asked(split: Split, held_out: Sequence[int], seed: int) -> Integers:
    others = sorted(set(split.positions(TRAIN, VALIDATION)) - set(held_out))
    some = np.random.default_rng(seed).permutation(others)[: max(0, MOST_ASKED - len(held_out))]
    return np.sort(np.concatenate([np.array(held_out, np.int64), some.astype(np.int64)]))


def _features(
    network: onnx.ModelProto,
    snapshot: Snapshot,
    images: Sequence[SnapshotImage],
    on_count: Callable[[int, int], None],
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the features [N, D] that the score looks at, of the images that can be read, and which those are."""
    if snapshot.engine == "quick":
        backbone = find_backbone(snapshot.backbone)
        cache = FeatureCache(Path(snapshot.cache), backbone.id, backbone.features)
        return cache.features([image.digest for image in images]), np.ones(len(images), bool)
    prepare = open_session(preprocess_graph(network_side(network)).SerializeToString())
    session, views = open_session(network.SerializeToString()), feature_views(network)

    def features_of(image: SnapshotImage) -> Floats | None:
        try:
            picture = read_image(Path(image.path))
        except UnreadableImage:
            return None
        pixels = prepare.run([PIXELS], {IMAGE: picture[np.newaxis]})[0]
        seen: list[Floats] = session.run(views, {PIXELS: pixels})
        row: Floats = side_by_side(seen)[0]
        return row

    rows: list[Floats | None] = []
    with closing(map_in_order(features_of, images)) as found:
        for row in found:
            rows.append(row)
            on_count(len(rows), len(images))
    readable = np.array([row is not None for row in rows])
    return np.stack([row for row in rows if row is not None]), readable
