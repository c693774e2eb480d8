"""What the ONNX file says of itself: Sightline's keys, and those that Ultralytics' programs look for.

The latter are written as `ultralytics/engine/exporter.py` writes them: Python literals in text.
"""

import json

from app.export.bundle import BundleInfo
from app.export.ruling import RULE, rule_json

LICENCE = "That of whoever trained it"
WEIGHTS_LICENCE = "the pretrained network below it is under Apache-2.0"


def model_metadata(info: BundleInfo) -> dict[str, str]:
    """Return the metadata of a bundle's `model.onnx`."""
    own = {
        "sightline": info.version,
        "labels": json.dumps(info.labels, ensure_ascii=False),
        "engine": info.engine,
        "backbone": info.backbone,
        "created": info.created,
        "training_digest": info.training_digest,
        "source": info.source,
        "preprocessing": json.dumps(info.preprocessing, ensure_ascii=False),
        RULE: rule_json(info.ruled),
    }
    return {key: value for key, value in own.items() if value} | _as_ultralytics(info)


def _as_ultralytics(info: BundleInfo) -> dict[str, str]:
    size = [info.preprocessing["height"], info.preprocessing["width"]]
    return {
        "description": f"{info.name}: an image classifier made with Sightline",
        "author": "A user of Sightline",
        "date": info.created,
        "version": info.version,
        "license": LICENCE if info.source else f"{LICENCE}; {WEIGHTS_LICENCE}",
        "docs": "MODEL_CARD.md",
        "stride": "1",
        "task": "classify",
        "batch": "1",
        "imgsz": str(size),
        "names": str(dict(enumerate(info.labels))),
        "args": str({"batch": 1, "dynamic": True}),
        "channels": "3",
        "end2end": "False",
    }
