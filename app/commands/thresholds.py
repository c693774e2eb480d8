"""The command that chooses when answers are accepted: thresholds."""

import argparse
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.commands.arguments import AddCommand, add_model
from app.commands.report import Report
from app.errors import InputError
from app.evaluation.costs import read_costs
from app.evaluation.rule import Rule
from app.evaluation.thresholds import (
    HeldOut,
    by_costs,
    by_precision,
    by_recall,
    given,
    most_novel_keeping,
    priced,
)
from app.export.bundle import BundleInfo, find_bundle, read_bundle_info
from app.export.held_out import read_held_out
from app.export.model_card import price_words
from app.export.ruling import set_rule
from app.terminal import ProgressLine


def add_commands(add: AddCommand) -> None:
    """Add the command to the command line."""
    parser = add("thresholds", thresholds, "choose when a model's answers are accepted, or show it")
    add_model(parser)
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--precision", metavar="SHARE", type=float, help="so much of what is accepted is right")
    way.add_argument("--recall", metavar="SHARE", type=float, help="so much of all images is accepted and right")
    way.add_argument("--costs", metavar="CSV", type=Path, help="table of what confusions cost: rows are true classes")
    way.add_argument(
        "--threshold", metavar="[CLASS=]SHARE", action="append", help="least probability, of all classes or of one"
    )
    way.add_argument("--accept-all", action="store_true", help="reject no answer for its probability")
    parser.add_argument("--rejection", metavar="COST", type=float, default=1.0, help="of no answer (default: 1)")
    parser.add_argument("--common", action="store_true", help="one threshold for all classes, not one for each")
    novelty = parser.add_mutually_exclusive_group()
    novelty.add_argument("--keep", metavar="SHARE", type=float, help="so much of one's own images is not unknown")
    novelty.add_argument("--no-unknown", action="store_true", help="never say unknown")
    parser.add_argument("--preview", action="store_true", help="say what it would cost and write nothing")


def thresholds(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Choose thresholds on held-out images and store them in the bundle, or show the present ones."""
    bundle = find_bundle(options.model.expanduser())
    info = read_bundle_info(bundle)
    if not _wishes(options):
        return _report(info, info.ruled, stored=True)
    rule = _chosen(options, info, bundle)
    if not options.preview:
        info = set_rule(bundle, rule)
    return _report(info, rule, stored=not options.preview)


def _wishes(options: argparse.Namespace) -> bool:
    asked = (options.precision, options.recall, options.costs, options.threshold, options.keep)
    return any(one is not None for one in asked) or options.accept_all or options.no_unknown


def _chosen(options: argparse.Namespace, info: BundleInfo, bundle: Path) -> Rule:
    held_out = read_held_out(bundle)
    most_novel = _most_novel(options, info, held_out)
    if options.precision is not None:
        rule = by_precision(held_out, options.precision, not options.common, most_novel)
    elif options.recall is not None:
        rule = by_recall(held_out, options.recall, not options.common, most_novel)
    elif options.costs is not None:
        rule = by_costs(held_out, read_costs(options.costs.expanduser(), info.labels), options.rejection, most_novel)
    elif options.threshold is not None:
        rule = given(_given(options.threshold, info), most_novel)
    elif options.accept_all:
        rule = given((0.0,) * len(info.labels), most_novel)
    else:
        rule = Rule(info.ruled.thresholds, most_novel, info.ruled.chosen)
    return priced(rule, held_out)


def _most_novel(options: argparse.Namespace, info: BundleInfo, held_out: HeldOut) -> float | None:
    if options.no_unknown:
        return None
    if options.keep is None:
        return info.ruled.most_novel
    if held_out.novelty is None:
        raise InputError("This model has no novelty score.", "Train it again with this version of Sightline.")
    return most_novel_keeping(held_out.novelty, options.keep)


def _given(texts: Sequence[str], info: BundleInfo) -> tuple[float, ...]:
    """Read thresholds such as 0.8, for all classes, and shirt=0.9; the later ones count."""
    found = dict(zip(info.labels, info.ruled.thresholds, strict=True))
    for text in texts:
        label, separate, number = text.rpartition("=")
        try:
            value = float(number)
        except ValueError as error:
            raise InputError(f"“{text}” is not a threshold.", "Write 0.8, or CLASS=0.8.") from error
        if separate and label not in found:
            raise InputError(f"The model has no class “{label}”.", f"It has {', '.join(info.labels)}.")
        found.update({label: value} if separate else dict.fromkeys(found, value))
    return tuple(found.values())


def _report(info: BundleInfo, rule: Rule, stored: bool) -> Report:
    lines = [f"Chosen {rule.chosen}." if rule.chosen else "No rule: every answer is accepted."]
    lines += [f"  {label}: {value:.3f}" for label, value in zip(info.labels, rule.thresholds, strict=True) if value]
    lines.append("Unknown: never." if rule.most_novel is None else f"Unknown: novelty above {rule.most_novel:.3f}.")
    if rule.price is not None:
        lines.append(price_words(rule.price))
    if not stored:
        lines.append("Nothing was written.")
    values: dict[str, Any] = {
        "thresholds": dict(zip(info.labels, rule.thresholds, strict=True)),
        "most_novel": rule.most_novel,
        "chosen": rule.chosen,
        "price": None if rule.price is None else asdict(rule.price),
        "stored": stored,
    }
    return Report("\n".join(lines), values)
