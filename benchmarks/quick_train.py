"""How long training takes, against no more than decoding the images and running the feature network on them once.

`ratio`: the whole process `main.py train DATA --json` on a new project, over `decode_seconds` + `forward_seconds`,
which use all processors and are the mean of one measurement before and one after. `warm_seconds`: the whole process
again, after ten images were given another label. Files are in the system's cache and the pretrained network is
converted before, which happens once per user (`network_seconds`).
Usage: python benchmarks/quick_train.py [DATA]
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.dataset.decode import read_image
from app.dataset.preprocess import IMAGE, PIXELS, preprocess_graph
from app.dataset.scan import scan_folder
from app.demo.garments import make_demo
from app.engines.conversion import ensure_network
from app.engines.protocol import Event
from app.features.backbones import BACKBONES, DEFAULT_BACKBONE, network_file
from app.files import HOME_VARIABLE
from app.onnx_sessions import open_session
from app.parallel import map_in_order
from app.project.project import Project
from benchmarks.result import PHOTOS, PROGRAM, print_result, say

RELABELLED = 10
Result = TypeVar("Result")


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """Return a result and the seconds it took."""
    start = time.perf_counter()
    return work(), time.perf_counter() - start


def ignore(event: Event) -> None:
    """Take no notice of an event."""


def least_seconds(paths: Sequence[Path]) -> tuple[float, float]:
    """Return the seconds to decode all images, and to run the network once on each, cropped and resized already."""
    backbone = BACKBONES[DEFAULT_BACKBONE]
    prepare = open_session(preprocess_graph(backbone.side).SerializeToString())
    network = open_session(network_file(backbone))
    _, decode_s = timed(lambda: sum(1 for _ in map_in_order(read_image, paths)))

    def prepared(path: Path) -> Any:
        return prepare.run([PIXELS], {IMAGE: read_image(path)[None]})[0]

    def forward(pixels: Any) -> Any:
        return network.run(["features"], {"pixels": pixels})

    pixels = list(map_in_order(prepared, paths))
    _, forward_s = timed(lambda: sum(1 for _ in map_in_order(forward, pixels)))
    return decode_s, forward_s


def train(data: Path, project: Path) -> tuple[dict[str, Any], float]:
    """Run the command; return what it printed and the seconds from its start to its end."""
    command = [sys.executable, str(PROGRAM), "train", str(data), "--project", str(project), "--json"]
    done, seconds = timed(lambda: subprocess.run(command, capture_output=True, text=True))
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1]), seconds


def relabel(folder: Path) -> None:
    """Give ten images another class, spread over the project."""
    with Project.open(folder) as project:
        images = [row for row in project.images() if row.class_id is not None]
        classes = [row.id for row in project.classes()]
        for row in images[:: max(1, len(images) // RELABELLED)][:RELABELLED]:
            project.edits.set_label([row.id], next(one for one in classes if one != row.class_id))


def main(data: Path, folder: Path) -> None:
    """Measure everything and print it."""
    os.environ[HOME_VARIABLE] = str(folder / "home")
    _, network_s = timed(lambda: ensure_network(BACKBONES[DEFAULT_BACKBONE], ignore, threading.Event()))
    paths = [image.path for image in scan_folder(data).images]
    say(f"{len(paths):,} images; decoding and one forward pass")
    before = least_seconds(paths)
    say("training on a new project")
    cold, cold_s = train(data, folder / "project")
    say("training again after ten edits")
    relabel(folder / "project")
    warm, warm_s = train(data, folder / "project")
    decode_s, forward_s = ((one + other) / 2 for one, other in zip(before, least_seconds(paths), strict=True))
    print_result(
        ratio=cold_s / (decode_s + forward_s),
        warm_seconds=warm_s,
        images=len(paths),
        cold_seconds=cold_s,
        decode_seconds=decode_s,
        forward_seconds=forward_s,
        network_seconds=network_s,
        accuracy=cold["test"]["accuracy"],
        cold_stages=cold["seconds"],
        warm_stages=warm["seconds"],
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        if len(sys.argv) > 1:
            source = Path(sys.argv[1]).expanduser().resolve()
        else:
            source = PHOTOS if PHOTOS.is_dir() else make_demo(place / "demo")
        main(source, place)
