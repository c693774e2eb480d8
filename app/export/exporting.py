"""Export a bundle in any form, check what was written, and say what a smaller form costs.

Imports onnx and onnxruntime: for worker processes and tests only.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray

from app.dataset.decode import UnreadableImage, read_image
from app.engines.snapshot import TEST, Snapshot, SnapshotImage, Split, read_snapshot, read_split
from app.errors import BundleError
from app.evaluation.intervals import wilson_interval
from app.export.additions import ADDITIONS
from app.export.bundle import (
    BUNDLE_FOLDER,
    CARD_FILE,
    EXPECTED_FILE,
    GOLDEN_FOLDER,
    INFO_FILE,
    MODEL_FILE,
    BundleInfo,
    bundle_root,
    read_bundle_info,
)
from app.export.companions import write_companions
from app.export.exporters import FLOAT16, INT8, ZIP, check_exporter
from app.export.golden import check_golden
from app.export.model_card import with_precision
from app.export.predictor import Predictor
from app.export.reduced import Cost, compare, to_float16, to_int8
from app.files import read_json, safe_name, write_bytes, write_json, write_text

CALIBRATION_IMAGES = 128
TEST_IMAGES = 300
FULL = "onnx"
PRECISIONS = {FLOAT16: "float16", INT8: "int8"}
LARGEST_DIFFERENCE = 0.5  # of a smaller form; what differs more is no copy of the model
Image = NDArray[np.uint8]


@dataclass(frozen=True)
class RunImages:
    """Images of a run: some it was trained on, and those it was tested on with their classes."""

    training: tuple[SnapshotImage, ...]
    test: tuple[SnapshotImage, ...]


def export(bundle: Path, to: Path, form: str) -> dict[str, Any]:
    """Write a bundle below the folder `to` in one of `EXPORTERS`; nothing is left where it fails.

    Returns the new `bundle` and the figures of its check. Raises BundleError.
    """
    check_exporter(form, bundle)
    name = safe_name(read_bundle_info(bundle).name)
    if not isinstance(bundle_root(bundle), Path):
        raise BundleError("A zipped bundle is exported already.", "Copy the file, or unpack it.")
    try:
        to.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=to, prefix=".sightline-") as folder:
            made = Path(folder, name)
            figures = _make(bundle, made, form)
            if form == ZIP:
                made = Path(shutil.make_archive(str(made), "zip", folder, name))
            target = _free(to.resolve() / made.name)
            made.rename(target)
    except OSError as error:
        raise BundleError(
            f"The bundle could not be written to “{to}”.", "Choose another folder.", str(error)
        ) from error
    return {"bundle": str(target), **figures}


def costs(bundle: Path) -> list[dict[str, Any]]:
    """Measure the model in full precision, with 16 and with 8 bits on the run's test images; raises BundleError."""
    check_exporter(INT8, bundle)
    images = _run_images(bundle)
    full = onnx.load(bundle / MODEL_FILE)
    forms = {FULL: full, FLOAT16: _reduced(bundle, FLOAT16, images), INT8: _reduced(bundle, INT8, images)}
    measured = _compare(forms, images, bundle)
    return [asdict(cost) for cost in measured.values()]


def _make(bundle: Path, made: Path, form: str) -> dict[str, Any]:
    shutil.copytree(bundle, made)
    info = read_bundle_info(made)
    if form in PRECISIONS:
        info = _replace_model(bundle, made, form, info)
    write_json(made / INFO_FILE, info.to_json())  # in today's format
    write_companions(made, info)
    if form in ADDITIONS:
        ADDITIONS[form](made, info, bundle)
    parity = check_golden(made)
    if not parity.agrees:
        raise BundleError(
            f"The exported model's answers differ from the stored ones by up to {parity.largest_difference:.1e}.",
            "Nothing was written: train again and export that run.",
        )
    return {"images": parity.images, "largest_difference": parity.largest_difference, "agrees": True}


def _replace_model(bundle: Path, made: Path, form: str, info: BundleInfo) -> BundleInfo:
    """Put a smaller model in place of the full one, with its own golden answers and figures."""
    images = _run_images(bundle)
    full, small = onnx.load(bundle / MODEL_FILE), _reduced(bundle, form, images)
    cost = _compare({FULL: full, form: small}, images, bundle)[form]
    if cost.largest_difference > LARGEST_DIFFERENCE and cost.agreement < LARGEST_DIFFERENCE:
        raise BundleError(
            f"As {PRECISIONS[form]} the model gives other answers to most images.", "Export it in full precision."
        )
    model = small.SerializeToString()
    write_bytes(made / MODEL_FILE, model)
    info = replace(info, model_sha256=hashlib.sha256(model).hexdigest(), precision=PRECISIONS[form])
    if cost.accuracy is not None and images is not None:
        tested = min(len(images.test), TEST_IMAGES)
        interval = wilson_interval(round(cost.accuracy * tested), tested)
        info = replace(
            info,
            accuracy=cost.accuracy,
            interval=interval,
            test_images=tested,
            metrics={"accuracy": {"value": cost.accuracy, "interval": list(interval)}},
            protocol=f"{info.protocol} After the conversion to {PRECISIONS[form]} {tested:,} of them were asked again.",
        )
    write_json(made / INFO_FILE, info.to_json())
    card = made / CARD_FILE
    write_text(card, with_precision(card.read_text(encoding="utf-8"), info))
    predictor = Predictor(made)
    golden = made / GOLDEN_FOLDER
    names = list(read_json(golden / EXPECTED_FILE))
    answers = {name: predictor.predict_image(read_image(golden / name)).tolist() for name in names}
    write_json(golden / EXPECTED_FILE, answers)
    return info


def _reduced(bundle: Path, form: str, images: RunImages | None) -> onnx.ModelProto:
    model = onnx.load(bundle / MODEL_FILE)
    if form == FLOAT16:
        return to_float16(model)
    assert images is not None  # checked by the exporter
    step = max(1, len(images.training) // CALIBRATION_IMAGES)
    spread = (Path(image.path) for image in images.training[::step])
    return to_int8(model, (picture for picture, _ in islice(_readable(spread), CALIBRATION_IMAGES)))


def _compare(forms: dict[str, onnx.ModelProto], images: RunImages | None, bundle: Path) -> dict[str, Cost]:
    """Compare on the test images, or on the golden ones of a model that was not trained here."""
    cv2.setNumThreads(1)
    models = {form: model.SerializeToString() for form, model in forms.items()}
    if images is None or not images.test:
        golden = bundle / GOLDEN_FOLDER
        pictures = [picture for picture, _ in _readable(golden / name for name in read_json(golden / EXPECTED_FILE))]
        return compare(models, pictures, None, FULL)
    labels = {image.path: image.label for image in images.test}
    found = list(_readable(Path(image.path) for image in images.test[:TEST_IMAGES]))
    if not found:
        raise BundleError("None of the test images can be read any more.", "Look for them, and export again.")
    return compare(models, [picture for picture, _ in found], [labels[str(path)] for _, path in found], FULL)


def _run_images(bundle: Path) -> RunImages | None:
    if bundle.name != BUNDLE_FOLDER or not (bundle.parent / "spec.json").is_file():
        return None
    snapshot, split = read_snapshot(bundle.parent), read_split(bundle.parent)
    return RunImages(_part(snapshot, split, test=False), _part(snapshot, split, test=True))


def _part(snapshot: Snapshot, split: Split, test: bool) -> tuple[SnapshotImage, ...]:
    pairs = zip(snapshot.images, split.parts, strict=True)
    return tuple(image for image, part in pairs if part is not None and (part == TEST) == test)


def _readable(paths: Iterator[Path] | Sequence[Path]) -> Iterator[tuple[Image, Path]]:
    for path in paths:
        try:
            yield read_image(path), path
        except UnreadableImage:
            continue


def _free(target: Path) -> Path:
    """Return a path that is not there yet: an export never overwrites an older one."""
    free, number = target, 2
    while free.exists():
        free = target.with_name(f"{target.stem}-{number}{target.suffix}")
        number += 1
    return free
