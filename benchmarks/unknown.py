"""How well images of classes that were not trained on are told from those that were, by the novelty score.

Two classes of DATA_TRAIN at a time are held out of training; the score is fitted on the others. It is asked about all
photos of DATA_VALIDATION, and about the training photos of the two classes, which it has not seen either. `auroc` is
the mean over all pairs of classes, `interval` its 95% interval by bootstrap over pairs. `others` gives the mean for
other scores from the same features: the largest probability and logit and the energy of the classifier, the cosine of
the nearest training image, and the Mahalanobis distance with shared covariance, alone and relative to the background.
`rejected_known` and `rejected_new` are the shares rejected where 95% of out-of-fold training images are kept.
With `--preset NAME` the program trains a model by that preset for each pair, which is asked about the same photos.
`auroc` is then the model's own, `quick` that of the score on the same photos' untrained features, and `gain` the mean
difference, with `gain_interval`. It takes minutes for each pair; so that some stand for all, the pairs are ordered by
the untrained score, and of each of as many equal parts the middle one is taken; `quick_all_pairs` is the mean of all.
The result of nine pairs or more is kept in `benchmarks/results/`, and `--stored` prints it at once. With
`--keep FOLDER` each pair stays there, and a call goes on where the last one ended: after `--minutes` none is begun.
Usage: python benchmarks/unknown.py DATA_TRAIN DATA_VALIDATION [--pairs N] [--preset NAME] [--set NAME=VALUE …]
       [--keep FOLDER] [--minutes N], or --stored
"""

import argparse
import itertools
import math
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from app.engines.linear_head import Projection, fit_logistic
from app.evaluation.novelty import fit_novelty, rooted
from app.evaluation.thresholds import most_novel_keeping
from app.export.predictor import Predictor
from app.files import read_json, write_json
from app.parallel import map_in_order
from benchmarks.active_learning import Photos, photos_of
from benchmarks.finetune import run, train_command
from benchmarks.home import own_home
from benchmarks.result import print_and_keep, print_kept, print_result, say

KEPT = 0.95
STRENGTH = 8.0
SHRINKAGE = 0.1
RESAMPLED = 10_000
FULL_PAIRS = 9
NAME = "unknown"  # of the result that is kept

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Known:
    """What a score may learn from: features [N, D], classes [N] from 0 upwards, and near-duplicate groups [N]."""

    features: NDArray[np.float32]
    truth: NDArray[np.int64]
    groups: NDArray[np.int64]


def classifier_scores(known: Known, asked: NDArray[np.float32]) -> dict[str, Floats]:
    """Score by the quick engine's classifier."""
    projection = Projection.fit(rooted(known.features))
    head = fit_logistic(projection.apply(rooted(known.features)), known.truth, STRENGTH)
    logits = head.logits(projection.apply(rooted(asked))).astype(np.float64)
    return {
        "largest_probability": -softmax(logits, axis=1).max(axis=1),
        "largest_logit": -logits.max(axis=1),
        "energy": -logsumexp(logits, axis=1),
    }


def nearest_cosine(known: Known, asked: NDArray[np.float32]) -> dict[str, Floats]:
    """Score by the cosine to the nearest training image."""
    return {"nearest_cosine": -(rooted(asked) @ rooted(known.features).T).max(axis=1).astype(np.float64)}


def mahalanobis(known: Known, asked: NDArray[np.float32]) -> dict[str, Floats]:
    """Score by the distance to the nearest class, alone and relative to the distance to all images.

    Lee et al., NeurIPS 2018; Ren et al., "A simple fix to Mahalanobis distance", 2021.
    """
    projection = Projection.fit(rooted(known.features))
    training, others = (projection.apply(rooted(one)).astype(np.float64) for one in (known.features, asked))
    means = np.stack([training[known.truth == label].mean(axis=0) for label in range(known.truth.max() + 1)])
    own = _precision(training - means[known.truth])
    nearest = np.min([_squares(others - mean, own) for mean in means], axis=0)
    return {"mahalanobis": nearest, "relative_mahalanobis": nearest - _squares(others, _precision(training))}


def _precision(rows: Floats) -> Floats:
    covariance = rows.T @ rows / len(rows)
    width = len(covariance)
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * np.trace(covariance) / width * np.eye(width)
    return np.asarray(np.linalg.inv(shrunk))


def _squares(rows: Floats, precision: Floats) -> Floats:
    return np.asarray(np.einsum("nd,de,ne->n", rows, precision, rows))


OTHERS: tuple[Callable[[Known, NDArray[np.float32]], dict[str, Floats]], ...] = (
    classifier_scores,
    nearest_cosine,
    mahalanobis,
)


def divided(pool: Photos, other: Photos, pair: tuple[int, int]) -> tuple[Known, NDArray[np.float32], NDArray[np.bool_]]:
    """Return the pool's photos without two classes, the features to ask about, and which of those are of the two."""
    kept = ~np.isin(pool.truth, pair)
    _, truth = np.unique(pool.truth[kept], return_inverse=True)
    asked = np.vstack([other.features, pool.features[~kept]])
    new = np.append(np.isin(other.truth, pair), np.ones((~kept).sum(), bool))
    return Known(pool.features[kept], truth, pool.groups[kept]), asked, new


def spaced(pairs: list[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """Return about so many of the pairs, evenly, or all for 0."""
    return pairs[:: max(1, len(pairs) // most)] if most else pairs


def middles(pairs: list[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """Return the middle of each of so many equal parts of ordered pairs, or all for 0."""
    parts = min(most, len(pairs)) if most else len(pairs)
    return [pairs[int((part + 0.5) * len(pairs) / parts)] for part in range(parts)]


def mean_interval(values: Floats) -> list[float]:
    """Return the 95% interval of a mean, by bootstrap over pairs."""
    drawn = np.random.default_rng(0).integers(0, len(values), (RESAMPLED, len(values)))
    return [round(float(end), 3) for end in np.percentile(values[drawn].mean(axis=1), [2.5, 97.5])]


def untrained_score(pool: Photos, other: Photos, pair: tuple[int, int]) -> float:
    """Return the AUROC of the novelty of features that were not trained."""
    known, asked, new = divided(pool, other, pair)
    with threadpool_limits(limits=1):
        novelty, _ = fit_novelty(known.features, known.truth, known.groups)
    return float(roc_auc_score(new, novelty.scores(asked)))


def names_of(folder: Path) -> list[str]:
    """Return the names of a folder's classes, as they are ordered."""
    return sorted(one.name for one in folder.iterdir() if one.is_dir())


def tuned(data: tuple[Path, Path], pair: tuple[str, str], folder: Path, options: argparse.Namespace) -> float:
    """Train without two classes, and return the AUROC of the model's novelty."""
    pool, other = data
    known = [name for name in names_of(pool) if name not in pair]
    for label in known:
        shutil.copytree(pool / label, folder / "photos" / "train" / label)
        (folder / "photos" / "test" / label).mkdir(parents=True)
        some = next((other / label).iterdir())
        shutil.copy(some, folder / "photos" / "test" / label)  # the division is ours, and testing takes time
    values, _ = run(train_command(folder / "photos", folder / "project", options.preset, options.set))
    others = [path for part in data for label in pair for path in (part / label).iterdir()]
    asked = [*others, *(path for label in known for path in (other / label).iterdir())]
    predictor = Predictor(Path(values["model"]))
    found = [one.novelty for one in map_in_order(predictor.predict_file, asked)]
    return float(roc_auc_score(np.arange(len(asked)) < len(others), found))


def measured(data: tuple[Path, Path], pair: tuple[str, str], folder: Path, options: argparse.Namespace) -> float:
    """Return what `tuned` does, or did before, where that is kept."""
    path = options.keep / f"{options.preset}-{'-'.join(pair)}.json" if options.keep else None
    if path is not None and path.exists():
        return float(read_json(path)["auroc"])
    with tempfile.TemporaryDirectory(dir=folder) as own:
        auroc = tuned(data, pair, Path(own), options)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, {"auroc": auroc})
    return auroc


def with_preset(data: tuple[Path, Path], options: argparse.Namespace, folder: Path) -> None:
    """Train without each pair of classes and print how well these are recognised as new."""
    end = time.monotonic() + 60 * options.minutes
    pool, other = photos_of(folder / "untrained", data)
    classes = dict(zip(np.unique(pool.truth).tolist(), names_of(data[0]), strict=True))
    untrained = {pair: untrained_score(pool, other, pair) for pair in itertools.combinations(classes, 2)}
    pairs = middles(sorted(untrained, key=lambda pair: untrained[pair]), options.pairs)
    own: list[float] = []
    for pair in pairs:
        if time.monotonic() > end:
            raise SystemExit(f"{len(own)} of {len(pairs)} pairs are measured.")
        labels = (classes[pair[0]], classes[pair[1]])
        own.append(measured(data, labels, folder, options))
        say(f"{', '.join(labels)}: {own[-1]:.3f}, untrained {untrained[pair]:.3f}")
    gains = np.subtract(own, [untrained[pair] for pair in pairs])
    values = {
        "auroc": float(np.mean(own)),
        "interval": mean_interval(np.array(own)),
        "median": float(np.median(own)),
        "worst": min(own),
        "best": max(own),
        "pairs": len(own),
        "preset": options.preset,
        "quick": float(np.mean([untrained[pair] for pair in pairs])),
        "quick_all_pairs": float(np.mean(list(untrained.values()))),
        "gain": float(gains.mean()),
        "gain_interval": mean_interval(gains),
    }
    if len(own) >= FULL_PAIRS and not options.set:
        print_and_keep(NAME, values)
    else:
        print_result(**values)


def main(data: tuple[Path, Path], most: int, folder: Path) -> None:
    """Hold out each pair of classes and print how well they are recognised as new."""
    say("features")
    pool, validation = photos_of(folder / "project", data)
    classes = np.unique(pool.truth)
    pairs = spaced(list(itertools.combinations(classes.tolist(), 2)), most)
    found: dict[str, list[float]] = {}
    for pair in pairs:
        known, asked, new = divided(pool, validation, pair)
        with threadpool_limits(limits=1):
            novelty, held_out = fit_novelty(known.features, known.truth, known.groups)
            scores: dict[str, Floats] = {"auroc": novelty.scores(asked).astype(np.float64)}
            for other in OTHERS:
                scores |= other(known, asked)
        for name, score in scores.items():
            found.setdefault(name, []).append(float(roc_auc_score(new, score)))
        rejected = scores["auroc"] > most_novel_keeping(held_out, KEPT)
        found.setdefault("rejected_known", []).append(float(rejected[~new].mean()))
        found.setdefault("rejected_new", []).append(float(rejected[new].mean()))
        say(f"{pair}: {found['auroc'][-1]:.3f}")
    mean = {name: float(np.mean(values)) for name, values in found.items()}
    auroc = np.array(found["auroc"])
    print_result(
        auroc=mean.pop("auroc"),
        interval=mean_interval(auroc),
        median=float(np.median(auroc)),
        worst=float(auroc.min()),
        best=float(auroc.max()),
        share_of_pairs_at_least_85=float(np.mean(auroc >= 0.85)),
        pairs=len(pairs),
        rejected_known=mean.pop("rejected_known"),
        rejected_new=mean.pop("rejected_new"),
        others={name: round(value, 3) for name, value in mean.items()},
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure how well other images are recognised as such.")
    parser.add_argument("data", metavar="DATA_TRAIN DATA_VALIDATION", nargs="*", type=Path)
    parser.add_argument("--pairs", metavar="N", type=int, default=0, help="about so many pairs (default: all)")
    parser.add_argument("--preset", metavar="NAME", default="", help="train with this preset for each pair")
    parser.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], help="change the preset")
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="where each pair's result stays")
    parser.add_argument("--minutes", metavar="N", type=float, default=math.inf, help="begin no pair after so many")
    parser.add_argument("--stored", action="store_true", help="print the last full result of a preset")
    options = parser.parse_args()
    if options.stored:
        print_kept(NAME)
        raise SystemExit
    if len(options.data) != 2:
        parser.error("DATA_TRAIN and DATA_VALIDATION are needed.")
    with own_home() as temporary:
        pool, other = (one.expanduser().resolve() for one in options.data)
        if options.preset:
            with_preset((pool, other), options, temporary)
        else:
            main((pool, other), options.pairs, temporary)
