"""Many images annotated by one edit: what it sets, what it leaves, and that one undo takes it back."""

import threading
from pathlib import Path

import pytest

from app.errors import InputError
from app.project.project import Project
from app.project.records import FOLDER, Annotation
from tests.app.project.test_edits import write_image


@pytest.fixture
def six(project: Project, tmp_path: Path) -> Project:
    """Give the project a class of three images and three unlabelled ones."""
    for number in range(3):
        write_image(tmp_path / "images" / "cat" / f"{number}.png", number)
        write_image(tmp_path / "images" / f"{number}.png", number + 3)
    project.add_folder(tmp_path / "images", lambda done, total: None, threading.Event())
    return project


def known(project: Project) -> dict[int, tuple[frozenset[str], str | None, str | None, bool]]:
    names = {row.id: row.name for row in project.classes()}
    return {
        row.id: (frozenset(names[one] for one in row.class_ids), row.split, row.group, row.excluded)
        for row in project.images()
    }


def test_everything_is_one_edit(six: Project) -> None:
    before, classes = known(six), six.classes()
    first, second, *_ = before
    changed = six.edits.annotate(
        "Import labels.csv",
        [Annotation(first, ("dog", "puppy"), "test", "patient 7", True), Annotation(second, (), group="patient 8")],
    )
    assert changed == 2
    assert known(six)[first] == ({"dog", "puppy"}, "test", "patient 7", True)
    assert known(six)[second][0] == frozenset()
    assert known(six)[second][2] == "patient 8"
    assert [row.name for row in six.classes()] == ["cat", "dog", "puppy"]
    after = known(six)
    assert six.edits.undo() == "Import labels.csv"
    assert (known(six), six.classes()) == (before, classes)
    assert six.edits.redo() == "Import labels.csv"
    assert known(six) == after


def test_what_is_none_stays(six: Project) -> None:
    key = six.images()[0].id
    six.edits.annotate("a", [Annotation(key, ("dog",), "train", "g", True)])
    assert six.edits.annotate("b", [Annotation(key)]) == 0
    assert six.edits.undo_title() == "a"
    six.edits.annotate("c", [Annotation(key, group="h")])
    assert known(six)[key] == ({"dog"}, "train", "h", True)


def test_an_empty_part_or_group_takes_it_away(six: Project) -> None:
    key = six.images()[0].id
    six.edits.annotate("a", [Annotation(key, split="train", group="g", excluded=True)])
    six.edits.annotate("b", [Annotation(key, split="", group="", excluded=False)])
    assert known(six)[key][1:] == (None, None, False)


def test_the_same_labels_in_another_order_are_no_change(six: Project) -> None:
    key = six.images()[0].id
    six.edits.annotate("a", [Annotation(key, ("x", "y"))])
    assert six.edits.annotate("b", [Annotation(key, ("y", " x ", "y"))]) == 0


def test_the_origin_is_kept(six: Project) -> None:
    key = six.images()[0].id
    six.edits.annotate("a", [Annotation(key, ("dog",), origin=FOLDER)])
    assert six.images_of([key])[0].origin == FOLDER


def test_of_two_for_one_image_the_last_counts(six: Project) -> None:
    key = six.images()[0].id
    six.edits.annotate("a", [Annotation(key, ("dog",)), Annotation(key, ("cat",), group="g")])
    assert known(six)[key] == ({"cat"}, None, "g", False)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (Annotation(1, split="holdout"), "“holdout” is not a part"),
        (Annotation(1, labels=("dog", " ")), "needs a name"),
        (Annotation(999, labels=("dog",)), "no longer in the project"),
    ],
)
def test_a_wrong_annotation_writes_nothing(six: Project, wrong: Annotation, words: str) -> None:
    before, classes = known(six), six.classes()
    with pytest.raises(InputError, match=words):
        six.edits.annotate("a", [Annotation(2, ("bird",)), wrong])
    assert (known(six), six.classes()) == (before, classes)
    assert six.edits.undo_title() is None
