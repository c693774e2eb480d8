"""The worker's job that tries a bundle on a folder of images; see app.trying."""

import threading
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import onnxruntime

from app.engines.progress import Throttle
from app.engines.protocol import Hello, OnEvent
from app.engines.worker import Job
from app.evaluation.report import write_evaluation
from app.export.bundle import read_bundle_info
from app.export.html_report import price_words
from app.export.looked import write_looked_at
from app.export.trying import Looked, Measured, try_folder

# The sentence is stored with the figures; the rule may change.
OF_THEN = "That was the rule when this was measured; a rule that is stored later does not change it."


def hello() -> Hello:
    """Say which engine this is."""
    return Hello("trying", onnxruntime.__version__)


def try_on(job: Job, on_event: OnEvent, cancel: threading.Event) -> dict[str, Any]:
    """Try the job's `bundle` on the images of its folder `data`; write what came of it into the folder `to`."""
    throttle = Throttle(on_event)

    def on_count(done: int, total: int) -> None:
        throttle.progress("test", done, total)

    bundle, to = Path(job["bundle"]), Path(job["to"])
    found = try_folder(bundle, Path(job["data"]), on_count, cancel)
    if isinstance(found, Measured):
        ruled = f" {price_words(found.price)} {OF_THEN}" if read_bundle_info(bundle).rule is not None else ""
        protocol = f"{found.evaluation.protocol}{ruled}"
        write_evaluation(to, replace(found.evaluation, protocol=protocol))
    else:
        write_looked_at(to, found.value)
    return {
        "labelled": not isinstance(found, Looked),
        "skipped": [{**asdict(one), "path": str(one.path)} for one in found.skipped],
    }


HANDLERS = {"try": try_on}
