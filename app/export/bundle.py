"""A bundle on disk: `model.onnx`, `bundle.json`, golden images, a check and a model card.

Plain JSON and files; imports no framework, so that the window may read it.
"""

import json
import zipfile
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from app.errors import BundleError
from app.evaluation.rule import Rule, accept_all
from app.project.project import Project, is_project

FORMAT = 3  # 1 had no rule, 2 no preprocessing, metrics and versions
INFO_FILE = "bundle.json"
MODEL_FILE = "model.onnx"
GOLDEN_FOLDER = "golden"
EXPECTED_FILE = "expected.json"
CARD_FILE = "MODEL_CARD.md"
LABELS_FILE = "labels.txt"
CHECK_FILE = "check.py"
BUNDLE_FOLDER = "bundle"
# How far answers may differ between makes and versions of ONNX Runtime, and processors.
CHECK_TOLERANCES = {"float32": 1e-4, "float16": 0.02, "int8": 0.1}
HELD_OUT_FILE = "held_out.npz"
DERIVED = ("input", "calibration", "tolerance")  # what bundle.json says to other programs, and follows from the rest
NOVELTY = "novelty"  # the model's output, and a name in the file of held-out scores

Root = Path | zipfile.Path
# What reading a file, alone or in a zip, may raise: RuntimeError is a zip with a password.
UNREADABLE = (OSError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class BundleInfo:
    """What `bundle.json` says.

    `source` tells where a model comes from that was not trained here; `rule`, when its answers are accepted: always, in
    a bundle without one; `precision` is that of its weights: float32, float16 or int8. `class_images` counts the
    training images of each label. What `preprocessing`, `metrics` and `versions` hold, docs/bundle-format.md says.
    """

    name: str
    labels: tuple[str, ...]
    engine: str
    backbone: str
    created: str
    version: str
    temperature: float
    training_images: int
    training_digest: str
    model_sha256: str
    accuracy: float | None = None
    interval: tuple[float, float] | None = None
    test_images: int = 0
    protocol: str = ""
    source: str = ""
    precision: str = "float32"
    rule: Rule | None = None
    class_images: tuple[int, ...] = ()
    preprocessing: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def ruled(self) -> Rule:
        """Return the rule, or one that accepts everything."""
        return self.rule or accept_all(len(self.labels))

    def to_json(self) -> dict[str, Any]:
        """Return the value of `bundle.json`, the format number first: that of today, whichever was read."""
        values = asdict(self) | {"format": FORMAT}
        input_form = {
            "name": "image",
            "type": "uint8",
            "colour": "RGB",
            "shape": ["batch", "height", "width", 3],
        }
        calibration = {"method": "temperature", "temperature": self.temperature} if not self.source else None
        derived = {
            "input": input_form,
            "calibration": calibration,
            "tolerance": CHECK_TOLERANCES[self.precision],
        }
        return {"format": values.pop("format"), **values, **derived}


def bundle_root(bundle: Path) -> Root:
    """Open a bundle folder or zip for reading; raises BundleError."""
    if (bundle / INFO_FILE).is_file():
        return bundle
    if bundle.is_file() and zipfile.is_zipfile(bundle):
        try:
            root = zipfile.Path(bundle)
        except UNREADABLE as error:
            raise BundleError(f"The zip “{bundle}” is damaged.", "Export it again.", str(error)) from error
        for place in (root, *(child for child in root.iterdir() if child.is_dir())):
            if (place / INFO_FILE).is_file():
                return place
    if not bundle.exists():
        raise BundleError(f"There is no model at “{bundle}”.", "Check the path.")
    raise BundleError(
        f"“{bundle}” is not a model bundle.",
        "Choose the folder or zip that Sightline exported, or a project.",
    )


def read_bundle_info(bundle: Path) -> BundleInfo:
    """Read `bundle.json`; raises BundleError where there is none, or it is damaged or newer."""
    root = bundle_root(bundle)
    try:
        values = json.loads((root / INFO_FILE).read_text(encoding="utf-8"))
        if values["format"] > FORMAT:
            raise BundleError(f"The bundle “{bundle}” was made by a newer Sightline.", "Update Sightline to use it.")
        for derived in DERIVED:
            values.pop(derived, None)
        interval, rule = values.pop("interval"), values.pop("rule", None)
        lists = {key: tuple(values.get(key, ())) for key in ("labels", "class_images")}
        info = BundleInfo(
            **{**values, **lists},
            interval=None if interval is None else tuple(interval),
            rule=None if rule is None else Rule.from_json(rule),
        )
        if len(info.ruled.thresholds) != len(info.labels):
            raise ValueError("the rule has another number of classes")
        return info
    except (TypeError, ValueError, *UNREADABLE) as error:
        raise BundleError(f"The bundle “{bundle}” is damaged.", "Export it again.", str(error)) from error


def find_bundle(model: Path) -> Path:
    """Return the bundle of MODEL, which is a bundle, a run folder or a project (its best run); raises BundleError."""
    if is_project(model):
        return _best_bundle(model)
    if (model / BUNDLE_FOLDER / INFO_FILE).is_file():
        return model / BUNDLE_FOLDER
    bundle_root(model)
    return model


def _best_bundle(folder: Path) -> Path:
    with Project.open(folder) as project:
        run = project.best_run()
        if run is None:
            raise BundleError(f"The project “{project.name}” has no finished training run.", "Train it first.")
        return project.run_folder(run.number) / BUNDLE_FOLDER
