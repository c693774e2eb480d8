"""Make a bundle of a CNTK model that somebody else trained. Imports onnx and onnxruntime."""

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from app import __version__
from app.dataset.fitting import Fit, fit_graph
from app.dataset.scan import scan_folder
from app.demo.garments import make_demo
from app.engines.cntk_model import read_model
from app.engines.cntk_to_onnx import ConvertedNetwork, PixelForm, convert
from app.errors import BundleError, InputError
from app.export.bundle import CARD_FILE, CHECK_FILE, INFO_FILE, LABELS_FILE, MODEL_FILE, BundleInfo
from app.export.exporters import BUNDLE
from app.export.exporting import export
from app.export.golden import GOLDEN_IMAGES, Parity, check_golden, write_golden
from app.export.metadata import model_metadata
from app.export.model_card import model_card
from app.export.onnx_model import join_model
from app.export.versions import versions
from app.files import resource_folder, safe_name, write_bytes, write_json, write_text

ENGINE = "cntk"
MOST_LABEL_BYTES = 1 << 24


@dataclass(frozen=True)
class Conversion:
    """What to convert and how the model was fed; `images` are for the golden ones, drawn where there are none."""

    model: Path
    labels: Path
    name: str = ""
    fit: str = "letterbox"
    fill: int = 114
    pixels: PixelForm = field(default_factory=PixelForm)
    node: str | None = None
    side: int | None = None
    images: Path | None = None


@dataclass(frozen=True)
class Converted:
    """The bundle's folder, what was fed to the network before and is now, and how well the copy agrees."""

    bundle: Path
    labels: tuple[str, ...]
    network: ConvertedNetwork
    parity: Parity


def convert_cntk(conversion: Conversion, to: Path) -> Converted:
    """Write a new bundle below the folder `to`; raises InputError for the files, BundleError for the bundle."""
    converted = convert(read_model(conversion.model), conversion.pixels, conversion.node, conversion.side)
    labels = read_labels(conversion.labels, converted.classes)
    images = _golden_images(conversion.images)
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / safe_name(conversion.name or conversion.model.stem)
        part.mkdir()
        _write(part, conversion, converted, labels, images or _drawn(Path(folder)))
        bundle = Path(export(part, to, BUNDLE)["bundle"])
    return Converted(bundle, labels, converted, _checked(bundle))


def read_labels(path: Path, classes: int) -> tuple[str, ...]:
    """Read a text file with a label on each line, in the order of the model's outputs; raises InputError."""
    try:
        if path.stat().st_size > MOST_LABEL_BYTES:
            raise InputError(f"“{path.name}” is too large for a file of labels.", "Put one label on each line.")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"“{path.name}” is no text in UTF-8.", "Save it as UTF-8, one label a line.") from error
    except OSError as error:
        raise InputError(
            f"The file “{path}” cannot be read ({error.strerror or error}).", "Check the path and its permissions."
        ) from error
    labels = [line.strip() for line in lines]
    while labels and not labels[-1]:
        labels.pop()
    if len(labels) != classes:
        raise InputError(
            f"“{path.name}” has {len(labels):,} labels, but the model has {classes:,} classes.",
            "Put one label on each line, in the order in which the model was trained.",
        )
    if "" in labels:
        raise InputError(f"Line {labels.index('') + 1} of “{path.name}” is empty.", "Every class needs a label.")
    twice = next((label for position, label in enumerate(labels) if label in labels[:position]), None)
    if twice is not None:
        raise InputError(f"“{path.name}” has the label “{twice}” twice.", "Give every class a label of its own.")
    return tuple(labels)


def _golden_images(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    paths = [image.path for image in scan_folder(folder).images]
    if not paths:
        raise InputError(f"There are no images in “{folder}”.", "Choose another folder, or leave --images out.")
    return paths[:: max(1, len(paths) // GOLDEN_IMAGES)]


def _drawn(folder: Path) -> list[Path]:
    return sorted(make_demo(folder / "drawn", per_class=3).rglob("*.jpg"))


def _write(
    part: Path, conversion: Conversion, converted: ConvertedNetwork, labels: tuple[str, ...], images: Sequence[Path]
) -> None:
    digest = hashlib.sha256(conversion.model.read_bytes()).hexdigest()
    info = BundleInfo(
        name=conversion.name or conversion.model.stem,
        labels=labels,
        engine=ENGINE,
        backbone=conversion.model.name,
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        version=__version__,
        temperature=1.0,
        training_images=0,
        training_digest="",
        model_sha256="",
        source=f"Converted from the CNTK model “{conversion.model.name}” (SHA-256 {digest}).",
        preprocessing=_preprocessing(conversion, converted),
        versions=versions(ENGINE),
    )
    fit = fit_graph(Fit(converted.height, converted.width, conversion.fit, conversion.fill))
    model = join_model(converted.network, info.temperature, model_metadata(info), fit).SerializeToString()
    write_bytes(part / MODEL_FILE, model)
    write_text(part / LABELS_FILE, "".join(f"{label}\n" for label in labels))
    shutil.copyfile(resource_folder() / "bundle" / CHECK_FILE, part / CHECK_FILE)
    info = replace(info, model_sha256=hashlib.sha256(model).hexdigest())
    write_json(part / INFO_FILE, info.to_json())
    write_text(part / CARD_FILE, model_card(info, None))
    write_golden(part, converted.network, info.temperature, images, fit)


def _preprocessing(conversion: Conversion, converted: ConvertedNetwork) -> dict[str, Any]:
    return {
        "inside_model": True,
        "fit": conversion.fit,
        "fill": conversion.fill,
        "resize": "linear, as OpenCV computes it",
        "width": converted.width,
        "height": converted.height,
        "colour": conversion.pixels.colour,
    }


def _checked(bundle: Path) -> Parity:
    parity = check_golden(bundle)
    if not parity.agrees:
        shutil.rmtree(bundle, ignore_errors=True)
        raise BundleError(
            f"The bundle's answers differ from the network's by up to {parity.largest_difference:.1e}.",
            "It was not kept. Please report this, with the log file.",
        )
    return parity
