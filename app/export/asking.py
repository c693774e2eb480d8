"""Ask a model's worker about everything that was named, going on where an interrupted question stopped."""

import threading
from collections.abc import Sequence
from pathlib import Path

from app.dataset.gathering import gather
from app.engines.protocol import Event, OnEvent, Progress
from app.errors import Cancelled
from app.export.bundle import read_bundle_info
from app.export.journal import Journal
from app.export.service import ModelService

AT_ONCE = 500  # known answers in one event
BETWEEN_S = 0.02  # such events: a window that shows them has other things to do, too
STAGE = "predict"


def ask(service: ModelService, bundle: Path, paths: Sequence[Path], on_event: OnEvent, cancel: threading.Event) -> int:
    """Predict files and the images of folders and zips; return how many answers were known from before.

    Every result comes once, in the `results` of a progress event; what cannot be read comes with its problem.
    """
    files, skipped = gather(paths, cancel)
    if skipped:
        problems = [{"path": str(one.path), "predictions": [], "problem": one.reason} for one in skipped]
        on_event(Progress(STAGE, 0, len(files), {"results": problems}))
    resolved = [file.resolve() for file in files]
    with Journal(read_bundle_info(bundle), paths) as journal:
        known, rest = journal.split(resolved)
        for start in range(0, len(known), AT_ONCE):
            if cancel.wait(BETWEEN_S):
                raise Cancelled
            some = known[start : start + AT_ONCE]
            on_event(Progress(STAGE, start + len(some), len(files), {"results": some}))

        def pass_on(event: Event) -> None:
            if isinstance(event, Progress) and event.values.get("results"):
                journal.add(event.values["results"])
                event = Progress(event.stage, event.done + len(known), len(files), event.values)
            on_event(event)

        if rest or not known:
            service.predict(bundle, rest, pass_on, cancel)
    return len(known)
