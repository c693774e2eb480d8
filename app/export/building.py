"""Build a run's bundle from its network, its validation scores and its snapshot."""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import onnx

from app import __version__
from app.dataset.preprocess import preprocessing
from app.engines.snapshot import NETWORK_FILE, TEST, VALIDATION_FILE, Snapshot, SnapshotImage, Split
from app.errors import BundleError
from app.evaluation.calibration import fit_temperature
from app.evaluation.report import Evaluation
from app.export.bundle import (
    BUNDLE_FOLDER,
    CARD_FILE,
    CHECK_FILE,
    INFO_FILE,
    LABELS_FILE,
    MODEL_FILE,
    BundleInfo,
    read_bundle_info,
)
from app.export.golden import GOLDEN_IMAGES, Parity, check_golden, write_golden
from app.export.held_out import write_held_out
from app.export.metadata import model_metadata
from app.export.metrics import metrics
from app.export.model_card import model_card
from app.export.novelty_graph import add_novelty
from app.export.novelty_learning import learn_novelty
from app.export.onnx_model import feature_views, join_model, network_side
from app.export.ruling import first_rule
from app.export.versions import versions
from app.files import resource_folder, write_bytes, write_json, write_text


def build_bundle(
    run: Path, name: str, snapshot: Snapshot, split: Split, on_count: Callable[[int, int], None]
) -> Parity:
    """Write `bundle/` into the run folder; raises BundleError unless it agrees with the engine's network.

    `on_count` is told how many images were looked at for the novelty score, and may raise to end it.
    """
    part = run / f"{BUNDLE_FOLDER}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    network = onnx.load(run / NETWORK_FILE)
    scores = np.load(run / VALIDATION_FILE)
    temperature = fit_temperature(scores["logits"], scores["truth"])
    novelty, held_out = learn_novelty(run, network, snapshot, split, temperature, on_count)
    trained_on = [image for image, where in zip(snapshot.images, split.parts, strict=True) if where not in (None, TEST)]
    info = BundleInfo(
        name=name,
        labels=snapshot.classes,
        engine=snapshot.engine,
        backbone=snapshot.backbone,
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        version=__version__,
        temperature=temperature,
        training_images=len(trained_on),
        training_digest=_data_digest(trained_on),
        model_sha256="",
        rule=first_rule(held_out),
        class_images=tuple(sum(one.label == label for one in trained_on) for label in range(len(snapshot.classes))),
        preprocessing=preprocessing(network_side(network)),
        versions=versions(snapshot.engine),
    )
    joined = join_model(network, temperature, model_metadata(info))
    add_novelty(joined, novelty, feature_views(network))
    onnx.checker.check_model(joined)
    model = joined.SerializeToString()
    write_held_out(part, held_out)
    write_bytes(part / MODEL_FILE, model)
    write_text(part / LABELS_FILE, "".join(f"{label}\n" for label in snapshot.classes))
    shutil.copyfile(resource_folder() / "bundle" / CHECK_FILE, part / CHECK_FILE)
    _write_info(part, replace(info, model_sha256=hashlib.sha256(model).hexdigest()), None)
    write_golden(part, network, temperature, _spread(trained_on))
    parity = check_golden(part)
    if not parity.agrees:
        raise BundleError(
            f"The bundle's answers differ from the engine's by up to {parity.largest_difference:.1e}.",
            "It was not kept. Please report this, with the log file.",
        )
    shutil.rmtree(run / BUNDLE_FOLDER, ignore_errors=True)
    part.rename(run / BUNDLE_FOLDER)
    return parity


def add_figures(bundle: Path, evaluation: Evaluation) -> None:
    """Write the test figures into the bundle's description and model card."""
    info = replace(
        read_bundle_info(bundle),
        accuracy=evaluation.accuracy,
        interval=evaluation.interval,
        test_images=evaluation.images,
        protocol=evaluation.protocol,
        metrics=metrics(evaluation),
    )
    _write_info(bundle, info, evaluation)


def _write_info(bundle: Path, info: BundleInfo, evaluation: Evaluation | None) -> None:
    write_json(bundle / INFO_FILE, info.to_json())
    write_text(bundle / CARD_FILE, model_card(info, evaluation))


def _data_digest(images: Sequence[SnapshotImage]) -> str:
    lines = sorted(f"{image.digest} {image.label}" for image in images)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _spread(images: Sequence[SnapshotImage]) -> Iterator[Path]:
    """Yield images from all over the list first, then the rest, in case some of those cannot be read."""
    step = max(1, len(images) // GOLDEN_IMAGES)
    return (Path(image.path) for start in range(step) for image in images[start::step])
