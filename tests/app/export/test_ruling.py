"""A bundle's rule: chosen on held-out scores, stored twice, and the same answer from everything that applies it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from app.errors import BundleError
from app.evaluation.rule import Rule
from app.evaluation.thresholds import HeldOut, price_of
from app.export.bundle import CARD_FILE, HELD_OUT_FILE, INFO_FILE, MODEL_FILE, read_bundle_info
from app.export.golden import check_golden
from app.export.held_out import read_held_out, write_held_out
from app.export.predictor import Predictor
from app.export.ruling import RULE, first_rule, set_rule
from tests.conftest import Trained


def test_a_new_bundle_rejects_only_what_is_too_novel(bundle: Path) -> None:
    rule = read_bundle_info(bundle).rule
    assert rule is not None
    assert set(rule.thresholds) == {0.0}
    held_out = read_held_out(bundle)
    assert rule.price == price_of(rule, held_out)
    assert held_out.novelty is not None
    assert rule.most_novel is not None
    assert 0.9 <= float((held_out.novelty <= rule.most_novel).mean()) <= 1


def test_held_out_scores_are_those_of_the_training_images(bundle: Path, trained: Trained) -> None:
    info, held_out = read_bundle_info(bundle), read_held_out(bundle)
    assert held_out.probabilities.shape == (info.training_images, len(info.labels))
    np.testing.assert_allclose(held_out.probabilities.sum(axis=1), 1, atol=1e-5)
    assert len(held_out.truth) == info.training_images
    assert held_out.near is not None
    assert sorted(set(held_out.near.tolist())) == list(range(held_out.near.max() + 1))
    assert len(held_out.near) == info.training_images


def test_held_out_scores_of_before_there_were_groups(copy: Path) -> None:
    """Each image is its own group then."""
    shares = np.full((3, 2), 0.5, np.float32)
    write_held_out(copy, HeldOut(shares, np.zeros(3, int)))
    with np.load(copy / HELD_OUT_FILE) as values:
        assert set(values) == {"probabilities", "truth"}
    assert read_held_out(copy).groups.tolist() == [0, 1, 2]
    write_held_out(copy, HeldOut(shares, np.zeros(3, int), near=np.array([0, 1, 0])))
    assert read_held_out(copy).groups.tolist() == [0, 1, 0]


def test_a_rule_is_stored_in_the_description_the_model_and_the_card(copy: Path) -> None:
    labels = read_bundle_info(copy).labels
    before = [Predictor(copy).predict_image(np.full((9, 9, 3), level, np.uint8)) for level in (0, 200)]
    rule = Rule(tuple(0.5 + 0.1 * index for index in range(len(labels))), 0.625, "as a test wishes")
    for _ in range(2):
        set_rule(copy, rule)
        assert read_bundle_info(copy).rule == rule
        metadata = {one.key: one.value for one in onnx.load(copy / MODEL_FILE).metadata_props}
        assert Rule.from_json(json.loads(metadata[RULE])) == rule
        assert json.loads(metadata["labels"]) == list(labels)
        card = (copy / CARD_FILE).read_text(encoding="utf-8")
        assert card.count("## When an answer is accepted") == card.count("## Limits") == 1
        assert "The rule was chosen as a test wishes." in card
        assert "above 0.625" in card
        assert f"{labels[1]} 0.600" in card
    assert check_golden(copy).agrees
    after = [Predictor(copy).predict_image(np.full((9, 9, 3), level, np.uint8)) for level in (0, 200)]
    np.testing.assert_array_equal(before, after)
    assert sorted(copy.parent.iterdir()) == [copy]


def test_a_rule_for_other_classes_or_a_zip_is_refused(copy: Path, zipped: Path) -> None:
    content = (copy / MODEL_FILE).read_bytes()
    with pytest.raises(BundleError, match="another model"):
        set_rule(copy, Rule((0.5,)))
    with pytest.raises(BundleError, match="zipped"):
        set_rule(zipped, Rule((0.5, 0.5, 0.5)))
    assert (copy / MODEL_FILE).read_bytes() == content


def test_a_bundle_of_format_1_accepts_everything(copy: Path) -> None:
    values = json.loads((copy / INFO_FILE).read_text(encoding="utf-8"))
    del values["rule"]
    (copy / INFO_FILE).write_text(json.dumps(values | {"format": 1}), encoding="utf-8")
    assert Predictor(copy).answer(np.zeros((5, 5, 3), np.uint8)).verdict == "accepted"


def test_a_rule_of_the_wrong_length_is_damage(copy: Path) -> None:
    values = json.loads((copy / INFO_FILE).read_text(encoding="utf-8"))
    values["rule"]["thresholds"].pop()
    (copy / INFO_FILE).write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(BundleError, match="damaged"):
        read_bundle_info(copy)


@pytest.mark.parametrize("content", [b"", b"PK", b"nonsense"])
def test_damaged_and_missing_held_out_scores_have_words(copy: Path, content: bytes) -> None:
    (copy / HELD_OUT_FILE).write_bytes(content)
    with pytest.raises(BundleError, match="damaged"):
        read_held_out(copy)
    (copy / HELD_OUT_FILE).unlink()
    with pytest.raises(BundleError, match="no held-out scores"):
        read_held_out(copy)


def test_held_out_scores_come_back(bundle: Path, zipped: Path, tmp_path: Path) -> None:
    held_out = read_held_out(zipped)
    write_held_out(tmp_path, held_out)
    again = (tmp_path / HELD_OUT_FILE).read_bytes()
    shutil.copyfile(tmp_path / HELD_OUT_FILE, tmp_path / "first")
    write_held_out(tmp_path, read_held_out(bundle))
    assert (tmp_path / HELD_OUT_FILE).read_bytes() == again


def test_the_bundles_own_check_classifies_images(copy: Path, photos: list[Path]) -> None:
    done = subprocess.run(
        [sys.executable, str(copy / "check.py"), "--json", *map(str, photos)],
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["path"] for one in said] == [str(path) for path in photos]
    predictor = Predictor(copy)
    for one, prediction in zip(said, predictor.predict_files(photos), strict=True):
        assert one["verdict"] == prediction.verdict
        assert one["label"] == prediction.ranked(predictor.info.labels)[0].label


@pytest.mark.parametrize(("count", "cut"), [(3, False), (18, False), (19, True), (100, True)])
def test_too_few_images_give_no_limit_of_novelty(count: int, cut: bool) -> None:
    shares = np.full((count, 2), 0.5, np.float32)
    rule = first_rule(HeldOut(shares, np.zeros(count, int), np.linspace(0, 1, count, dtype=np.float32)))
    assert (rule.most_novel is not None) == cut
