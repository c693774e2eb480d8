"""Labelling as edits: what they do, what undo takes back, and that it survives a restart."""

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import InputError
from app.project.project import Project
from app.project.records import Annotation

PER_CLASS = 3


@pytest.fixture
def labelled(project: Project, tmp_path: Path) -> Project:
    """Give the project two classes of three images."""
    for label in ("cat", "dog"):
        for number in range(PER_CLASS):
            write_image(tmp_path / "images" / label / f"{number}.png", number)
    project.add_folder(tmp_path / "images", lambda done, total: None, threading.Event())
    return project


def write_image(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", np.full((4, 4, 3), number, np.uint8))[1].tobytes())


def labels(project: Project) -> list[str | None]:
    names = {row.id: row.name for row in project.classes()}
    return [None if row.class_id is None else names[row.class_id] for row in project.images()]


def class_id(project: Project, name: str) -> int:
    return next(row.id for row in project.classes() if row.name == name)


def ids(project: Project) -> list[int]:
    return [row.id for row in project.images()]


def test_labelling_replaces_the_label_and_is_by_a_human(labelled: Project) -> None:
    labelled.edits.set_label(ids(labelled)[:2], class_id(labelled, "dog"))
    assert labels(labelled) == ["dog", "dog", "cat", "dog", "dog", "dog"]
    assert [row.origin for row in labelled.images()] == ["human", "human", *["folder"] * 4]


def test_unlabelling_leaves_no_label(labelled: Project) -> None:
    labelled.edits.set_label(ids(labelled)[:1], None)
    assert labels(labelled)[0] is None
    assert labelled.images()[0].origin is None


def test_the_edit_is_named_after_what_it_did(labelled: Project) -> None:
    dog = class_id(labelled, "dog")
    labelled.edits.set_label(ids(labelled)[:2], dog)
    assert labelled.edits.undo_title() == "2 images → dog"
    labelled.edits.set_excluded(ids(labelled)[:1], True)
    assert labelled.edits.undo_title() == "1 image excluded"
    labelled.edits.rename_class(dog, "hound")
    assert labelled.edits.undo_title() == "Rename dog to hound"


def test_an_edit_that_changes_nothing_is_not_kept(labelled: Project) -> None:
    labelled.edits.set_excluded(ids(labelled), False)
    labelled.edits.rename_class(class_id(labelled, "dog"), "dog")
    assert labelled.edits.undo_title() is None


def test_undo_and_redo_survive_a_restart(tmp_path: Path, labelled: Project) -> None:
    labelled.edits.set_label(ids(labelled)[:1], class_id(labelled, "dog"))
    labelled.close()
    with Project.open(labelled.folder) as again:
        assert again.edits.undo() == "1 image → dog"
        assert labels(again)[0] == "cat"
    with Project.open(labelled.folder) as again:
        assert again.edits.redo_title() == "1 image → dog"
        assert again.edits.redo() == "1 image → dog"
        assert labels(again)[0] == "dog"


def test_a_new_edit_forgets_what_was_undone(labelled: Project) -> None:
    labelled.edits.set_label(ids(labelled)[:1], None)
    labelled.edits.undo()
    labelled.edits.set_label(ids(labelled)[1:2], None)
    assert labelled.edits.redo_title() is None
    assert labelled.edits.redo() is None


def test_merging_moves_images_and_undo_brings_the_class_back(labelled: Project) -> None:
    labelled.edits.merge_class(class_id(labelled, "cat"), class_id(labelled, "dog"))
    assert labels(labelled) == ["dog"] * 6
    assert [row.name for row in labelled.classes()] == ["dog"]
    labelled.edits.undo()
    assert labels(labelled) == ["cat"] * 3 + ["dog"] * 3


def test_deleting_a_class_leaves_its_images_unlabelled(labelled: Project) -> None:
    labelled.edits.delete_class(class_id(labelled, "cat"))
    assert labels(labelled) == [None] * 3 + ["dog"] * 3
    labelled.edits.undo()
    assert labels(labelled) == ["cat"] * 3 + ["dog"] * 3


def test_the_id_of_a_deleted_class_is_not_used_again(labelled: Project) -> None:
    dog = class_id(labelled, "dog")
    labelled.edits.delete_class(dog)
    assert labelled.edits.add_class("bird") > dog


@pytest.mark.parametrize(
    ("name", "message"), [("  ", "A class needs a name."), ("dog", "There is already a class “dog”.")]
)
def test_a_class_needs_a_name_of_its_own(labelled: Project, name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        labelled.edits.add_class(name)
    with pytest.raises(InputError, match=message):
        labelled.edits.rename_class(class_id(labelled, "cat"), name)


def test_a_class_cannot_be_merged_into_itself(labelled: Project) -> None:
    with pytest.raises(InputError, match="into itself"):
        labelled.edits.merge_class(class_id(labelled, "cat"), class_id(labelled, "cat"))


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("label"), st.integers(0, 5), st.integers(0, 4)),
        st.tuples(st.just("exclude"), st.integers(0, 5), st.booleans()),
        st.tuples(st.just("add"), st.text(min_size=1, max_size=5).filter(str.strip), st.none()),
        st.tuples(st.just("merge"), st.integers(0, 4), st.integers(0, 4)),
        st.tuples(st.just("delete"), st.integers(0, 4), st.none()),
        st.tuples(st.just("annotate"), st.integers(0, 5), st.text(min_size=1, max_size=5).filter(str.strip)),
        st.tuples(st.just("rename"), st.integers(0, 4), st.text(min_size=1, max_size=5).filter(str.strip)),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_undoing_everything_restores_everything(labelled: Project, steps: list[tuple[str, object, object]]) -> None:
    before = (labelled.images(), labelled.classes())
    for step in steps:
        do(labelled, *step)
    after = (labelled.images(), labelled.classes())
    count = 0
    while labelled.edits.undo():
        count += 1
    assert (labelled.images(), labelled.classes()) == before
    for _ in range(count):
        labelled.edits.redo()
    assert (labelled.images(), labelled.classes()) == after
    while labelled.edits.undo():
        pass


def do(project: Project, kind: str, first: object, second: object) -> None:
    classes = [row.id for row in project.classes()]
    images = ids(project)

    def one(index: object) -> int:
        assert isinstance(index, int)
        return classes[index % len(classes)]

    if not classes and kind != "add":
        return
    if kind == "annotate":
        assert isinstance(first, int)
        label = str(second)
        project.edits.annotate("Import", [Annotation(images[first], (label, "cat"), "test", label, first % 2 == 0)])
        return
    try:
        if kind == "label":
            assert isinstance(first, int)
            project.edits.set_label([images[first]], one(second))
        elif kind == "exclude":
            assert isinstance(first, int)
            project.edits.set_excluded([images[first]], bool(second))
        elif kind == "add":
            project.edits.add_class(str(first))
        elif kind == "merge":
            project.edits.merge_class(one(first), one(second))
        elif kind == "delete":
            project.edits.delete_class(one(first))
        else:
            project.edits.rename_class(one(first), str(second))
    except InputError:
        pass  # A name that is taken, or a class merged into itself.


def test_accepted_suggestions_are_one_edit_and_stay_recognisable(labelled: Project) -> None:
    first, second, third, *_ = ids(labelled)
    cat, dog = class_id(labelled, "cat"), class_id(labelled, "dog")
    labelled.edits.set_label([first, second], None)
    assert labelled.edits.accept_suggestions([(first, dog), (second, cat), (third, dog)]) == 2
    assert labels(labelled)[:3] == ["dog", "cat", "cat"]
    assert [row.origin for row in labelled.images()][:3] == ["suggested", "suggested", "folder"]
    assert labelled.edits.undo_title() == "2 images → 2 classes, as suggested"
    assert labelled.edits.undo() == "2 images → 2 classes, as suggested"
    assert labels(labelled)[:3] == [None, None, "cat"]
    labelled.edits.redo()
    assert labels(labelled)[:2] == ["dog", "cat"]
    labelled.edits.set_label([first], dog)
    assert [row.origin for row in labelled.images()][:2] == ["human", "suggested"]


def test_suggestions_are_not_accepted_over_a_label_or_for_a_class_that_is_gone(labelled: Project) -> None:
    dog = class_id(labelled, "dog")
    assert labelled.edits.accept_suggestions([(ids(labelled)[0], dog)]) == 0
    assert labelled.edits.accept_suggestions([]) == 0
    assert labelled.edits.undo_title() is None
    with pytest.raises(InputError, match="no longer there"):
        labelled.edits.accept_suggestions([(ids(labelled)[0], 99)])


def test_a_merged_class_keeps_which_labels_were_suggested(labelled: Project) -> None:
    first = ids(labelled)[0]
    labelled.edits.set_label([first], None)
    labelled.edits.accept_suggestions([(first, class_id(labelled, "cat"))])
    labelled.edits.merge_class(class_id(labelled, "cat"), class_id(labelled, "dog"))
    assert labels(labelled) == ["dog"] * 6
    assert [row.origin for row in labelled.images()] == ["suggested", "human", "human", "folder", "folder", "folder"]


def test_a_class_moves_in_the_list_and_back_by_undo(labelled: Project) -> None:
    labelled.edits.add_class("fox")
    labelled.edits.move_class(class_id(labelled, "fox"), -2)
    assert [row.name for row in labelled.classes()] == ["fox", "cat", "dog"]
    labelled.edits.move_class(class_id(labelled, "fox"), 1)
    assert [row.name for row in labelled.classes()] == ["cat", "fox", "dog"]
    assert labelled.edits.undo_title() == "Move class fox down"
    labelled.edits.undo()
    assert [row.name for row in labelled.classes()] == ["fox", "cat", "dog"]
    labelled.edits.move_class(class_id(labelled, "fox"), -1)  # it is the first already
    assert labelled.edits.undo_title() == "Move class fox up"


def test_a_key_belongs_to_one_class(labelled: Project) -> None:
    cat, dog = class_id(labelled, "cat"), class_id(labelled, "dog")
    labelled.edits.set_shortcut(cat, "C")
    labelled.edits.set_shortcut(dog, "C")
    assert [row.shortcut for row in labelled.classes()] == [None, "C"]
    labelled.edits.undo()
    assert [row.shortcut for row in labelled.classes()] == ["C", None]
    labelled.edits.set_shortcut(cat, None)
    assert [row.shortcut for row in labelled.classes()] == [None, None]


def test_a_further_label_is_added_and_taken_away(labelled: Project) -> None:
    cat, dog = class_id(labelled, "cat"), class_id(labelled, "dog")
    some = ids(labelled)[2:4]  # a cat and a dog
    labelled.edits.toggle_label(some, dog)
    assert [row.class_ids for row in labelled.images_of(some)] == [(cat, dog), (dog,)]
    assert labelled.edits.undo_title() == "1 image + dog"
    labelled.edits.toggle_label(some, dog)
    assert [row.class_ids for row in labelled.images_of(some)] == [(cat,), ()]
    labelled.edits.undo()
    assert [row.class_ids for row in labelled.images_of(some)] == [(cat, dog), (dog,)]


def test_images_with_several_labels_do_not_count_for_training(labelled: Project) -> None:
    labelled.edits.toggle_label(ids(labelled)[:1], class_id(labelled, "dog"))
    assert labelled.usable_counts() == {"cat": PER_CLASS - 1, "dog": PER_CLASS}


def test_the_history_lists_edits_and_goes_to_any_of_them(labelled: Project) -> None:
    first, dog = labels(labelled), class_id(labelled, "dog")
    for image in ids(labelled)[:3]:
        labelled.edits.set_label([image], dog)
    history = labelled.edits.history(10)
    assert [(row.title, row.undone) for row in history] == [("1 image → dog", False)] * 3
    labelled.edits.go_to(history[-1].id)
    assert labels(labelled) == ["dog", "cat", "cat", "dog", "dog", "dog"]
    assert [row.undone for row in labelled.edits.history(10)] == [True, True, False]
    labelled.edits.go_to(history[0].id)
    assert labels(labelled) == ["dog"] * 6
    labelled.edits.go_to(history[-1].id - 1)
    assert labels(labelled) == first


def test_several_labels_are_a_setting_that_stays(labelled: Project) -> None:
    assert not labelled.several_labels
    labelled.allow_several_labels(True)
    folder = labelled.folder
    labelled.close()
    with Project.open(folder) as project:
        assert project.several_labels
        project.allow_several_labels(False)
        assert not project.several_labels
