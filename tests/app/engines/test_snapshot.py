"""Snapshot and split: what is written is what is read, and damage is a sentence."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.engines.snapshot import (
    SPEC_FILE,
    TEST,
    TRAIN,
    Snapshot,
    SnapshotImage,
    Split,
    read_snapshot,
    read_split,
    write_snapshot,
    write_split,
)
from app.errors import EngineError

IMAGES = (SnapshotImage("/a/é b.png", "0" * 32, 0, None), SnapshotImage("/c.png", "1" * 32, 1, "test"))
SNAPSHOT = Snapshot("quick", "efficientnet-lite0", "logistic", 3, "/cache", ("cat", "dog"), IMAGES)


def test_they_come_back_as_they_were(tmp_path: Path) -> None:
    split = Split((TRAIN, TEST, None), (0, 1, -1))
    write_snapshot(tmp_path, SNAPSHOT)
    write_split(tmp_path, split)
    assert read_snapshot(tmp_path) == SNAPSHOT
    assert read_split(tmp_path) == split
    assert split.positions(TRAIN, TEST) == [0, 1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read"),
        ('{"format": 99}', "another version"),
        ('{"format": 1, "images": [], "nonsense": 1}', "cannot be read"),
    ],
)
def test_damage_is_a_sentence(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / SPEC_FILE).write_text(text)
    with pytest.raises(EngineError, match=words):
        read_snapshot(tmp_path)


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot be read"):
        read_split(tmp_path)


def test_a_snapshot_from_before_presets_is_read(tmp_path: Path) -> None:
    write_snapshot(tmp_path, SNAPSHOT)
    values = json.loads((tmp_path / SPEC_FILE).read_text(encoding="utf-8"))
    assert values.pop("preset") == ""
    assert values.pop("settings") == {}
    (tmp_path / SPEC_FILE).write_text(json.dumps(values), encoding="utf-8")
    assert read_snapshot(tmp_path) == SNAPSHOT


def test_preset_and_settings_are_kept(tmp_path: Path) -> None:
    snapshot = replace(SNAPSHOT, preset="balanced", settings={"epochs": 3, "flip": False, "mixup": 0.5})
    write_snapshot(tmp_path, snapshot)
    assert read_snapshot(tmp_path) == snapshot
