"""Commands about the Microsoft Cognitive Toolkit: cntk-convert, cntk-nodes, cntk-setup."""

import argparse
import threading
from pathlib import Path

from app.commands.arguments import AddCommand
from app.commands.report import Report, stop_if
from app.errors import InputError
from app.terminal import ProgressLine

BRIGHTEST = 255
LARGEST_SIDE = 4096
FIT_NAMES = ("letterbox", "crop", "stretch")  # what app.dataset.fitting offers; naming them here spares importing onnx
COLOURS = ("bgr", "rgb")


def add_commands(add: AddCommand) -> None:
    """Add the commands to the command line."""
    parser = add("cntk-convert", convert, "make a bundle of an image classifier of CNTK 2; needs no CNTK")
    parser.add_argument("model", metavar="FILE", type=Path, help="the .model file")
    parser.add_argument(
        "--labels", metavar="FILE", type=Path, required=True, help="text file with a class on each line"
    )
    parser.add_argument("--to", metavar="DIR", type=Path, required=True, help="folder to write the bundle into")
    parser.add_argument("--name", metavar="NAME", default="", help="what to call it (default: like the file)")
    parser.add_argument("--node", metavar="NAME", help="the output for the classes, where the model has several")
    parser.add_argument("--side", metavar="N", type=int, help="image size, for a model that takes any")
    parser.add_argument("--images", metavar="DIR", type=Path, help="pictures to check copies of the bundle by")
    feeding = parser.add_argument_group("how the model was fed (default: as Microsoft's tutorial did)")
    feeding.add_argument("--fit", choices=FIT_NAMES, default=FIT_NAMES[0], help="default: letterbox")
    feeding.add_argument("--fill", metavar="GREY", type=int, default=114, help="around a letterbox (default: 114)")
    feeding.add_argument("--colour", choices=COLOURS, default=COLOURS[0], help="order of the channels (default: bgr)")
    feeding.add_argument(
        "--subtract", metavar="X", type=float, help="from every value (default: 114, or 0 if the model itself does it)"
    )
    feeding.add_argument("--scale", metavar="X", type=float, default=1.0, help="then times this (default: 1)")
    nodes = add("cntk-nodes", list_nodes, "list the nodes of a .model file that training can build upon; needs no CNTK")
    nodes.add_argument("model", metavar="FILE", type=Path, help="the .model file")
    setup_parser = add("cntk-setup", set_up, "set up CNTK 2.7 in a Python 3.6 of its own, and prove that it works")
    setup_parser.add_argument("--python", metavar="PATH", type=Path, help="the Python 3.6 to use (default: looked for)")
    choice = setup_parser.add_mutually_exclusive_group()
    for device, text in (("gpu", "for an NVIDIA card"), ("cpu", "for the processor")):
        choice.add_argument(f"--{device}", dest="device", action="store_const", const=device, help=text)
    choice.add_argument("--remove", action="store_true", help="delete it again")
    setup_parser.set_defaults(device="auto")


def set_up(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Set up CNTK's own Python, or remove it."""
    from app.engines import cntk_setup
    from app.engines.cntk_runtime import default_runtime

    runtime = default_runtime()
    if options.remove:
        removed = cntk_setup.remove(runtime)
        text = f"Removed {runtime.folder}." if removed else "CNTK was not set up."
        return Report(text, {"removed": removed, "folder": str(runtime.folder)})
    python = options.python.expanduser().absolute() if options.python else None
    info = cntk_setup.set_up(runtime, python, options.device, progress.say, cancel)
    text = (
        f"CNTK {info.version} works, in {runtime.folder}\n"
        f"Package {info.package}, devices: {', '.join(info.devices)}. It trained a small network, "
        "and the saved and the exported one give the same answers."
    )
    values = {"folder": str(runtime.folder), "package": info.package, "version": info.version}
    return Report(text, {**values, "devices": list(info.devices), "gpu_problem": info.gpu_problem})


def list_nodes(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """List the nodes of a network."""
    from app.engines.cntk_nodes import feature_nodes

    nodes, chosen = feature_nodes(options.model.expanduser())
    lines = [f"{node.name}  {node.operation}" + ("  (taken)" if node.name == chosen else "") for node in nodes]
    if not chosen:
        lines.append("Where no node is named, what the last dense layer takes is classified.")
    values = {"nodes": [{"name": node.name, "operation": node.operation} for node in nodes], "taken": chosen}
    return Report("\n".join(lines), values)


def convert(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Convert a CNTK model to a bundle."""
    if not 0 <= options.fill <= BRIGHTEST:
        raise InputError("A grey is a number from 0 to 255.", "Correct --fill.")
    if options.side is not None and not 1 <= options.side <= LARGEST_SIDE:
        raise InputError(f"The side of an image is from 1 to {LARGEST_SIDE} pixels.", "Correct --side.")
    from app.engines.cntk_to_onnx import PixelForm
    from app.export.cntk_bundle import Conversion, convert_cntk

    progress.say("Reading and converting the model…")
    conversion = Conversion(
        model=options.model.expanduser(),
        labels=options.labels.expanduser(),
        name=options.name,
        fit=options.fit,
        fill=options.fill,
        pixels=PixelForm(options.colour, options.subtract, options.scale),
        node=options.node,
        side=options.side,
        images=options.images.expanduser() if options.images else None,
    )
    stop_if(cancel)
    converted = convert_cntk(conversion, options.to.expanduser())
    network, parity = converted.network, converted.parity
    feeding = f"{options.fit} to {network.width} × {network.height}, {options.colour}, minus {network.subtracted:g}"
    by_itself = " (the model subtracts by itself)" if options.subtract is None and not network.subtracted else ""
    scaled = f", times {options.scale:g}" if options.scale != 1 else ""
    text = (
        f"Converted to {converted.bundle}\n"
        f"{network.classes} classes. Images are fed so: {feeding}{by_itself}{scaled}.\n"
        f"Parity: {parity.images} golden images, largest difference {parity.largest_difference:.1e}.\n"
        "Now compare it with what you know of the old model: python main.py evaluate BUNDLE DATA"
    )
    values = {
        "bundle": str(converted.bundle),
        "classes": list(converted.labels),
        "width": network.width,
        "height": network.height,
        "fit": options.fit,
        "colour": options.colour,
        "subtracted": network.subtracted,
        "images": parity.images,
        "largest_difference": parity.largest_difference,
    }
    return Report(text, values)
