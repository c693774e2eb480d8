"""Give a bundle a rule for what is accepted: in `bundle.json`, in the model's metadata and on its card."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import onnx
from onnx import ModelProto, helper

from app.errors import BundleError
from app.evaluation.rule import Rule
from app.evaluation.thresholds import HeldOut, most_novel_keeping, priced
from app.export.bundle import CARD_FILE, INFO_FILE, MODEL_FILE, BundleInfo, bundle_root, read_bundle_info
from app.export.model_card import with_rule
from app.files import write_bytes, write_json, write_text

RULE = "rule"
KEPT = 0.95  # of one's own images that are not to be called unknown


def first_rule(held_out: HeldOut) -> Rule:
    """Return the rule of a new bundle: only what is too novel is rejected, or nothing, by too few images to tell."""
    classes, count = held_out.probabilities.shape[1], len(held_out.truth)
    if held_out.novelty is None or (count + 1) * KEPT > count:
        return priced(Rule((0.0,) * classes, None, "to accept everything"), held_out)
    most_novel = most_novel_keeping(held_out.novelty, KEPT)
    rule = Rule((0.0,) * classes, most_novel, "to accept all that is not too novel")
    return priced(rule, held_out)


def rule_json(rule: Rule) -> str:
    """Write a rule as the model's metadata hold it."""
    return json.dumps(rule.to_json(), ensure_ascii=False)


def set_rule(bundle: Path, rule: Rule) -> BundleInfo:
    """Store a rule in a bundle folder and return what the bundle says now; raises BundleError.

    The bundle is written anew beside the old one, which it then replaces.
    """
    info = read_bundle_info(bundle)
    if not isinstance(bundle_root(bundle), Path):
        raise BundleError("A zipped bundle cannot be changed.", "Unpack it first.")
    if len(rule.thresholds) != len(info.labels):
        raise BundleError("The thresholds belong to another model.", "Choose them for this one.")
    part, old = (bundle.with_name(f"{bundle.name}.{what}") for what in ("part", "old"))
    try:
        for leftover in (part, old):
            shutil.rmtree(leftover, ignore_errors=True)
        shutil.copytree(bundle, part)
        model = _with_rule(onnx.load(part / MODEL_FILE), rule).SerializeToString()
        write_bytes(part / MODEL_FILE, model)
        info = replace(info, rule=rule, model_sha256=hashlib.sha256(model).hexdigest())
        write_json(part / INFO_FILE, info.to_json())
        card = part / CARD_FILE
        write_text(card, with_rule(card.read_text(encoding="utf-8"), info))
        bundle.rename(old)
        part.rename(bundle)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise BundleError(f"The bundle “{bundle}” could not be changed.", "Check its folder.", str(error)) from error
    return info


def _with_rule(model: ModelProto, rule: Rule) -> ModelProto:
    values = {one.key: one.value for one in model.metadata_props} | {RULE: rule_json(rule)}
    del model.metadata_props[:]
    helper.set_model_props(model, values)
    return model
