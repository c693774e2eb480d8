"""The command about pretrained networks: which there are, how fast they are here, and adding others."""

import argparse
import threading
from pathlib import Path
from typing import Any

from app.commands.arguments import AddCommand
from app.commands.report import Report
from app.engines.conversion import add_network, measure_network
from app.errors import InputError
from app.features.backbones import DEFAULT_BACKBONE, RESNETS, Backbone, backbones
from app.terminal import ProgressLine


def add_commands(add: AddCommand) -> None:
    """Add the command to the command line."""
    parser = add("backbones", list_backbones, "list the pretrained networks, or add one")
    parser.add_argument("--measure", action="store_true", help="measure how fast each is on this computer")
    parser.add_argument(
        "--add",
        metavar="NAME",
        help=f"add {', '.join(RESNETS)}, a model of timm as timm:NAME, or, with --file, a feature network as ONNX",
    )
    parser.add_argument(
        "--file", metavar="FILE", type=Path, help="weights of a ResNet, or an ONNX network under a name of yours"
    )


def list_backbones(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Add a network if that is asked for, and list all that are here."""
    if options.file is not None and options.add is None:
        raise InputError("--file needs the name of the network that it holds.", "Write --add NAME --file FILE.")
    if options.add is not None:
        file = options.file.expanduser().resolve() if options.file else None
        add_network(options.add, file, progress, cancel)
    found = backbones()
    speeds = [measure_network(one, progress, cancel) if options.measure else None for one in found]
    rows = [_values(one, speed) for one, speed in zip(found, speeds, strict=True)]
    return Report("\n".join(_table(rows)), {"backbones": rows})


def _values(backbone: Backbone, speed: float | None) -> dict[str, Any]:
    values = {name: getattr(backbone, name) for name in ("name", "licence", "side", "features", "megabytes")}
    measured = {} if speed is None else {"images_per_second": speed}
    return {**values, "accuracy": backbone.accuracy or None, "fine_tuning": backbone.tunable, **measured}


def _table(rows: list[dict[str, Any]]) -> list[str]:
    """Write rows in columns, and what the figures are below."""
    width = max(len(row["name"]) for row in rows)
    lines = [f"{'network':{width}}  pixels  ImageNet     MB  images/s  fine-tuning  licence"]
    for row in rows:
        accuracy = f"{row['accuracy']:.1%}" if row["accuracy"] else "?"
        speed = f"{row['images_per_second']:.0f}" if "images_per_second" in row else "?"
        tuned = "yes" if row["fine_tuning"] else "no"
        lines.append(
            f"{row['name']:{width}}  {row['side']:6}  {accuracy:>8}  {row['megabytes']:5.1f}  {speed:>8}  {tuned:11}  "
            f"{row['licence']}"
        )
    lines.append(f"ImageNet: by its publisher. Runs use {DEFAULT_BACKBONE} unless “train” is given --backbone.")
    return lines
