"""The commands that find images: what they list, and that excluding copies is one edit."""

import io
import json
import shutil
import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from app.cli import build_parser
from app.dataset.decode import read_image
from app.errors import InputError
from app.project.project import Project
from app.terminal import ProgressLine
from tests.conftest import Trained


def report(*arguments: object) -> tuple[str, dict[str, Any]]:
    """Run a command and return its words and its values, which can be written as JSON."""
    options = build_parser().parse_args([str(one) for one in arguments])
    found = options.command(options, ProgressLine(io.StringIO()), threading.Event())
    return found.text, json.loads(json.dumps(found.values))


def values(*arguments: object) -> dict[str, Any]:
    return report(*arguments)[1]


def write(path: Path, pixels: np.ndarray) -> None:
    suffix = path.suffix
    path.write_bytes(cv2.imencode(suffix, np.ascontiguousarray(pixels[:, :, ::-1]))[1].tobytes())


@pytest.fixture(scope="module")
def spoiled(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a project of the drawn garments and of images that something is the matter with. Treat it as read-only."""
    folder = tmp_path_factory.mktemp("spoiled")
    images = Path(shutil.copytree(trained.images, folder / "images"))
    first, second = sorted((images / "dotted").iterdir())[:2]
    pixels = read_image(first)
    height, width = pixels.shape[:2]
    write(images / "dotted" / "z-half.jpg", cv2.resize(pixels, (width // 2, height // 2)))
    write(images / "striped" / "z-large.png", cv2.resize(pixels, (width * 2, height * 2)))
    shutil.copy(second, images / "dotted" / "z-same.jpg")
    write(images / "z-blurred.png", cv2.GaussianBlur(pixels, (0, 0), 0.02 * width))
    write(images / "z-dark.png", (pixels * 0.2).astype(np.uint8))
    write(images / "z-bright.png", (225 + pixels * 0.1).astype(np.uint8))
    write(images / "z-tiny.png", cv2.resize(read_image(second), (40, 40), interpolation=cv2.INTER_AREA))
    write(images / "z-long.png", np.tile(pixels, (1, 5, 1)))
    write(images / "z-grey.png", np.repeat(pixels[:, :, :1], 3, axis=2))
    (images / "z-text.png").write_text("no picture")
    with Project.create(folder / "project", "Spoiled") as project:
        project.add_folder(images, lambda done, total: None, threading.Event())
    return folder / "project"


def names(paths: list[str]) -> list[str]:
    return [Path(path).name for path in paths]


def test_findings_name_what_is_wrong(spoiled: Path) -> None:
    text, answer = report("findings", spoiled)
    found = {one["check"]: names([image["path"] for image in one["images"]]) for one in answer["findings"]}
    for check, name in {
        "unreadable": "z-text.png",
        "blurred": "z-blurred.png",
        "dark": "z-dark.png",
        "bright": "z-bright.png",
        "tiny": "z-tiny.png",
        "odd-shape": "z-long.png",
        "greyscale": "z-grey.png",
    }.items():
        assert name in found[check], check
        assert name in text
    assert [len(found[check]) for check in ("unreadable", "tiny", "odd-shape")] == [1, 1, 1]
    assert "no JPEG, PNG" in text, "the reason why it is unreadable"


def test_a_limit_can_be_moved(spoiled: Path) -> None:
    few, many = (
        values("findings", spoiled, "--check", "tiny", "--limit", limit)["findings"][0] for limit in (50, 9999)
    )
    assert (few["limit"], len(few["images"])) == (50, 1)
    with Project.open(spoiled) as project:
        assert len(many["images"]) == sum(row.problem is None for row in project.images())
    with pytest.raises(InputError, match="belongs to one check"):
        report("findings", spoiled, "--limit", 3)


def test_copies_are_listed_and_excluded_by_one_edit(spoiled: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(spoiled, tmp_path / "project"))
    text, answer = report("duplicates", folder)
    groups = {Path(group["keep"]).name: group for group in answer["groups"]}
    large = groups["z-large.png"]
    assert "z-half.jpg" in names(large["others"])
    assert (large["exact"], large["labels_differ"]) == (False, True)
    (same,) = [group for group in answer["groups"] if "z-same.jpg" in names([group["keep"], *group["others"]])]
    assert same["exact"] or "z-tiny.png" in names(same["others"])
    assert answer["excluded"] == 0
    assert "labels differ" in text
    copies = {path for group in answer["groups"] for path in group["others"]}
    assert values("duplicates", folder, "--exclude")["excluded"] == len(copies) == answer["copies"]
    assert values("duplicates", folder)["groups"] == []
    with Project.open(folder) as project:
        assert {str(row.path) for row in project.images() if row.excluded} == copies
        assert project.edits.undo() == f"{len(copies)} images excluded"
        assert not any(row.excluded for row in project.images())


def test_similar_images_are_listed(spoiled: Path) -> None:
    with Project.open(spoiled) as project:
        image = next(row for row in project.images() if row.name == "dotted/z-half.jpg")
    by_path, by_name = (values("similar", spoiled, one, "--number", 5)["results"] for one in (image.path, "z-half.jpg"))
    assert by_path == by_name
    assert [one["similarity"] for one in by_path] == sorted((one["similarity"] for one in by_path), reverse=True)
    assert len(by_path) == 5
    assert "z-large.png" in names([one["path"] for one in by_path])
    with pytest.raises(InputError, match="no readable image"):
        report("similar", spoiled, "nothing.png")


def test_a_name_that_several_images_have_is_refused(trained: Trained, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(trained.project, tmp_path / "project"))
    some = sorted(trained.images.glob("*/*"))[0]
    with pytest.raises(InputError, match="3 images of the project are called"):
        report("similar", folder, some.name)
    assert len(values("similar", folder, f"{some.parent.name}/{some.name}")["results"]) == 20


def test_wrong_labels_come_first(trained: Trained, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(trained.project, tmp_path / "project"))
    with Project.open(folder) as project:
        classes = {row.name: row.id for row in project.classes()}
        wrong = [row for row in project.images() if row.class_id == classes["dotted"]][3]
        project.edits.set_label([wrong.id], classes["striped"])
    text, answer = report("label-errors", folder, "--number", 4)
    assert answer["judged"] == 42
    assert len(answer["results"]) == 4
    first = answer["results"][0]
    assert (first["path"], first["label"], first["likely"]) == (str(wrong.path), "striped", "dotted")
    assert first["probability"] < 0.5
    assert text.splitlines()[0].endswith("rather dotted")


def test_too_few_labels_are_a_sentence(trained: Trained, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(trained.project, tmp_path / "project"))
    with Project.open(folder) as project:
        project.edits.set_label([row.id for row in project.images()][1:], None)
    with pytest.raises(InputError, match="too few labels"):
        report("label-errors", folder)


def test_a_project_of_unreadable_images_has_findings_all_the_same(tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    (images / "text.png").write_text("no picture")
    with Project.create(tmp_path / "project", "Nothing") as project:
        project.add_folder(images, lambda done, total: None, threading.Event())
        project.set_problems({row.id: "It is text." for row in project.images()})
    (found,) = values("findings", tmp_path / "project", "--check", "unreadable")["findings"]
    assert names([image["path"] for image in found["images"]]) == ["text.png"]
