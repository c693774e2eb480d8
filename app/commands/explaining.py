"""The command that shows which part of an image speaks for a class: explain."""

import argparse
import threading
from pathlib import Path

import cv2

from app.commands.arguments import AddCommand, add_model
from app.commands.report import Report
from app.dataset.decode import read_image
from app.errors import InputError
from app.export.bundle import find_bundle
from app.export.heat_methods import METHODS
from app.files import write_bytes
from app.terminal import ProgressLine

OPACITY = 0.7


def add_commands(add: AddCommand) -> None:
    """Add the command to the command line."""
    parser = add("explain", explain, "draw which part of an image speaks for a class")
    add_model(parser)
    parser.add_argument("image", metavar="IMAGE", type=Path, help="image file")
    parser.add_argument("--to", metavar="PNG", type=Path, required=True, help="picture to write")
    parser.add_argument("--label", metavar="CLASS", help="default: the class the model gives")
    parser.add_argument(
        "--method",
        choices=METHODS,
        help="default: activation, or occlusion where the network has no map of features",
    )
    parser.add_argument("--opacity", metavar="SHARE", type=float, default=OPACITY, help="0 to 1 (default: 0.7)")


def explain(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Write the image under the colours of its map."""
    from app.export.explaining import Explainer, overlaid
    from app.export.predictor import Predictor

    bundle, path, target = find_bundle(options.model.expanduser()), options.image.expanduser(), options.to.expanduser()
    if path.resolve() == target.resolve():
        raise InputError("The picture would be written over the image.", "Give another name with --to.")
    explainer = Explainer(bundle)
    labels = explainer.info.labels
    image = read_image(path)
    if options.label is None:
        label = int(Predictor(bundle).predict_image(image).argmax())
    elif options.label in labels:
        label = labels.index(options.label)
    else:
        raise InputError(f"The model has no class “{options.label}”.", f"It has {', '.join(labels)}.")
    heat = explainer.explain(image, label, options.method)
    picture = overlaid(image, heat, options.opacity)
    try:
        write_bytes(target, cv2.imencode(".png", picture[:, :, ::-1])[1].tobytes())
    except OSError as error:
        raise InputError(f"The picture “{target}” cannot be written.", "Choose another place.", str(error)) from error
    values = {"path": str(path), "label": labels[label], "to": str(target), "box": list(heat.box)}
    values["values"] = [[round(value, 4) for value in row] for row in heat.values.tolist()]
    return Report(f"{path.name}: what speaks for “{labels[label]}” is drawn in {target}.", values)
