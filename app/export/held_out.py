"""Held-out scores in a bundle, so that its thresholds can be chosen anew wherever it is."""

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np

from app.errors import BundleError
from app.evaluation.thresholds import HeldOut
from app.export.bundle import HELD_OUT_FILE, NOVELTY, UNREADABLE, bundle_root
from app.files import write_bytes

GROUPS = "groups"


def write_held_out(bundle: Path, held_out: HeldOut) -> None:
    """Store held-out scores in a bundle."""
    stream = BytesIO()
    known = {NOVELTY: held_out.novelty, GROUPS: held_out.near}
    known = {name: values for name, values in known.items() if values is not None}
    np.savez_compressed(stream, probabilities=held_out.probabilities, truth=held_out.truth, **known)  # type: ignore[arg-type]
    write_bytes(bundle / HELD_OUT_FILE, stream.getvalue())


def read_held_out(bundle: Path) -> HeldOut:
    """Read a bundle's held-out scores, of which older ones have no groups; raises BundleError for none or damage."""
    try:
        data = (bundle_root(bundle) / HELD_OUT_FILE).read_bytes()
    except UNREADABLE as error:
        raise BundleError(
            f"The bundle “{bundle.name}” has no held-out scores to choose thresholds by.",
            "Give a folder of labelled images that it was not trained on, or thresholds.",
            str(error),
        ) from error
    try:
        with np.load(BytesIO(data), allow_pickle=False) as values:
            return HeldOut(values["probabilities"], values["truth"], values.get(NOVELTY), values.get(GROUPS))
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise BundleError(f"The bundle “{bundle.name}” is damaged.", "Export it again.", str(error)) from error
