"""The images behind the figures, and figures that follow the labels of now."""

from pathlib import Path

import numpy as np
import pytest

from app.errors import InputError
from app.evaluation.metrics import evaluate
from app.evaluation.review import LEAST_SURE, MARGIN, MOST_SURE, MOST_WRONG, Changes, Review, open_review
from app.project.project import Project
from app.project.records import ClassRow, ImageRow
from tests.conftest import Trained

LABELS = ("cat", "dog", "owl")
PROBABILITIES = np.array(
    [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.6, 0.3], [0.05, 0.05, 0.9], [0.3, 0.3, 0.4]], np.float64
)
TRUTH = np.array([0, 0, 1, 2, 1])
CLASSES = [ClassRow(10 + index, name, "#000000", index, None, 0) for index, name in enumerate(LABELS)]


def row(place: int, class_ids: tuple[int, ...], excluded: bool = False) -> ImageRow:
    return ImageRow(
        100 + place, Path(f"{place}.jpg"), f"{place}.jpg", "00", class_ids, None, None, None, excluded, None
    )


@pytest.fixture
def review() -> Review:
    review = Review(evaluate(PROBABILITIES, TRUTH, LABELS, [f"{place}.jpg" for place in range(5)]))
    review.connect_to([row(place, (10 + int(truth),)) for place, truth in enumerate(TRUTH)], CLASSES)
    return review


def test_as_measured_nothing_differs(review: Review) -> None:
    assert not review.changes
    assert review.figures == review.evaluation
    assert review.image_ids.tolist() == [100, 101, 102, 103, 104]


def test_every_figure_has_its_images(review: Review) -> None:
    assert review.of_cell(0, 1).tolist() == [1]
    assert review.of_cell(2, 0).tolist() == []
    assert review.mistakes().tolist() == [1, 4]
    assert review.of_class(1).tolist() == [1, 2, 4]
    assert review.false_alarms(1, 0.3).tolist() == [1]
    assert review.missed(1, 0.5).tolist() == [4]
    assert review.wrong_from(0.5).tolist() == [1]
    assert review.together(review.false_alarms(1, 0.5), review.missed(1, 0.5)).tolist() == [1, 4]
    assert review.wrong_at(0.5).tolist() == [1, 4]
    assert review.wrong_at(0.3).tolist() == [1, 2, 4]
    assert review.between(review.confidence, 0.8, 1.0).tolist() == [0, 3]
    assert review.between(review.confidence, 0.6, 0.8).tolist() == [1, 2]


def test_images_are_ordered(review: Review) -> None:
    everything = np.arange(5)
    assert review.ordered(everything, MOST_WRONG).tolist() == [1, 4, 2, 0, 3]
    assert review.ordered(everything, MARGIN).tolist() == [4, 2, 1, 0, 3]
    assert review.ordered(everything, LEAST_SURE).tolist() == [4, 2, 1, 0, 3]
    assert review.ordered(everything, MOST_SURE).tolist() == [3, 0, 1, 2, 4]


def test_a_corrected_label_is_measured_at_once(review: Review) -> None:
    assert review.update([row(1, (11,))])
    assert review.changes == Changes(relabelled=1)
    assert review.image(1).truth == 1
    assert review.figures.accuracy == 0.8
    assert review.mistakes().tolist() == [4]
    assert review.evaluation.accuracy == 0.6
    assert review.update([row(1, (10,))])
    assert not review.changes
    assert review.figures.accuracy == 0.6


def test_images_that_are_excluded_or_labelled_otherwise_are_left_out(review: Review) -> None:
    assert review.update([row(1, (10,), excluded=True), row(2, ()), row(3, (10, 12)), row(4, (77,))])
    assert review.changes == Changes(left_out=4)
    assert (review.figures.images, review.figures.accuracy) == (1, 1)
    assert review.mistakes().tolist() == []
    assert review.image(1).truth == 0
    assert not review.update([row(1, (10,), excluded=True)])


def test_no_image_left_is_said(review: Review) -> None:
    review.update([row(place, ()) for place in range(5)])
    with pytest.raises(InputError, match="no images"):
        _ = review.figures


def test_images_that_the_project_does_not_have_stay_as_they_were() -> None:
    review = Review(evaluate(PROBABILITIES, TRUTH, LABELS, [f"{place}.jpg" for place in range(5)]))
    review.connect_to([], CLASSES)
    assert not review.changes
    assert review.image_ids.tolist() == [-1] * 5


def test_a_class_that_was_renamed_is_still_known() -> None:
    review = Review(evaluate(PROBABILITIES, TRUTH, LABELS, [f"{place}.jpg" for place in range(5)]))
    renamed = [ClassRow(10, "tomcat", "#000000", 0, None, 2), *CLASSES[1:]]
    review.connect_to([row(place, (10 + int(truth),)) for place, truth in enumerate(TRUTH)], renamed)
    assert review.class_ids == {0: 10, 1: 11, 2: 12}
    assert not review.changes


def test_a_real_run_is_opened(trained: Trained, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(trained.project, tmp_path / "copy")
    with Project.open(tmp_path / "copy") as project:
        review, digests = open_review(project, trained.result.run)
        assert not review.changes
        assert (review.image_ids > 0).all()
        assert len(review.trained_on) + review.count == 42
        assert set(digests) >= {review.image(place).path for place in range(review.count)}
        wrong = int(review.image_ids[0])
        other = next(one for one in project.classes() if one.id != review.class_ids[int(review.truth[0])])
        project.edits.set_label([wrong], other.id)
        assert review.update(project.images_of([wrong]))
        assert review.figures.accuracy != review.evaluation.accuracy
        assert review.evaluation.groups
        assert review.evaluation.temperature is not None
