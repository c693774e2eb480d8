"""Bundles: found, read, and refused when they are not what they say."""

import json
import zipfile
from pathlib import Path

import pytest

from app.errors import BundleError
from app.export.bundle import INFO_FILE, find_bundle, read_bundle_info
from app.project.project import Project
from tests.conftest import Trained


def test_its_description_is_complete(trained: Trained) -> None:
    info = read_bundle_info(trained.result.bundle)
    assert info.labels == ("dotted", "leopard", "striped")
    assert (info.engine, info.backbone) == ("quick", "efficientnet-lite0")
    assert info.training_images + info.test_images == 42
    assert trained.result.evaluation is not None
    assert (info.accuracy, info.interval) == (trained.result.evaluation.accuracy, trained.result.evaluation.interval)
    assert sum(info.class_images) == info.training_images
    assert (info.preprocessing["width"], info.preprocessing["fit"]) == (224, "central square")
    figure = info.metrics["macro_f1"]
    assert figure["interval"][0] <= figure["value"] <= figure["interval"][1]
    assert {"sightline", "python", "onnx", "onnxruntime", "numpy"} <= set(info.versions)
    card = (trained.result.bundle / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "dotted, leopard, striped" in card
    assert "95% interval" in card


def test_a_model_is_found_in_a_project_a_run_and_a_bundle(trained: Trained, zipped: Path) -> None:
    assert find_bundle(trained.project) == trained.result.bundle
    assert find_bundle(trained.result.bundle.parent) == trained.result.bundle
    assert find_bundle(trained.result.bundle) == trained.result.bundle
    assert find_bundle(zipped) == zipped


def test_what_is_no_bundle_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no zip")
    for path, words in ((tmp_path / "nowhere", "There is no model"), (tmp_path, "not a model bundle")):
        with pytest.raises(BundleError, match=words):
            find_bundle(path)
    with pytest.raises(BundleError, match="not a model bundle"):
        find_bundle(tmp_path / "text.zip")


@pytest.mark.parametrize("data", [b"PK\3\4", b"PK\5\6" + bytes(18), b""])
def test_what_is_hardly_a_zip_is_a_sentence(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "model.zip").write_bytes(data)
    with pytest.raises(BundleError, match="not a model bundle") as caught:
        read_bundle_info(tmp_path / "model.zip")
    assert caught.value.hint


def test_a_zip_cut_short_or_damaged_inside_is_a_sentence(zipped: Path) -> None:
    whole = zipped.read_bytes()
    zipped.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BundleError, match="not a model bundle"):
        read_bundle_info(zipped)
    at = whole.index(b'"labels"')
    zipped.write_bytes(whole[:at] + b"XXXXXXXX" + whole[at + 8 :])
    with pytest.raises(BundleError, match="is damaged"):
        read_bundle_info(zipped)


def test_a_zip_whose_list_of_files_is_damaged_is_a_sentence(zipped: Path) -> None:
    data = bytearray(zipped.read_bytes())
    start = data.rindex(b"PK\1\2")
    data[start : start + 4] = b"XXXX"
    zipped.write_bytes(bytes(data))
    with pytest.raises(BundleError, match="damaged"):
        find_bundle(zipped)


def test_a_zip_without_a_folder_inside_is_read_too(bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "flat.zip", "w") as archive:
        archive.write(bundle / INFO_FILE, INFO_FILE)
    assert read_bundle_info(tmp_path / "flat.zip") == read_bundle_info(bundle)


def test_an_untrained_project_is_a_sentence(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p", "Nothing yet"):
        pass
    with pytest.raises(BundleError, match="“Nothing yet” has no finished training run") as caught:
        find_bundle(tmp_path / "p")
    assert caught.value.hint


def test_a_description_that_is_no_text_is_a_sentence(copy: Path) -> None:
    (copy / INFO_FILE).write_bytes(b"\xff\xfe{}")
    with pytest.raises(BundleError, match="is damaged"):
        read_bundle_info(copy)


def test_a_newer_format_is_a_sentence(copy: Path) -> None:
    values = json.loads((copy / INFO_FILE).read_text(encoding="utf-8"))
    (copy / INFO_FILE).write_text(json.dumps(values | {"format": 99}), encoding="utf-8")
    with pytest.raises(BundleError, match="newer Sightline"):
        read_bundle_info(copy)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"format": 1}', '{"format": "x"}'])
def test_a_damaged_description_is_a_sentence(copy: Path, text: str) -> None:
    (copy / INFO_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(BundleError, match="damaged"):
        read_bundle_info(copy)
