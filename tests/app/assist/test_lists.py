"""The assistant's lists, on features that are drawn so that the answers are known."""

from pathlib import Path

import numpy as np
import pytest

from app.assist.analysis import Analysis
from app.assist.lists import DUPLICATES, LABEL_ERRORS, MOST_SIMILAR, SIMILAR, SUGGESTIONS, Assistant
from app.assist.order import ORDERS
from app.assist.suggest import Suggester
from app.dataset.appearance import APPEARANCE
from app.errors import InputError
from app.project.records import HUMAN, ImageRow

CLASSES, PER_CLASS, WIDTH = 2, 20, 16


class Rows:
    """Features in memory, read as those of the cache."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values
        self.shape = values.shape

    def __getitem__(self, rows: slice) -> np.ndarray:
        return self.values[rows]

    def appearances(self) -> np.ndarray:
        measured = np.zeros(len(self.values), APPEARANCE)
        measured["width"], measured["height"] = 400, 300
        measured["sharpness"], measured["high"], measured["chroma"] = 0.9, 0.9, 0.5
        measured["sharpness"][3] = 0.01
        measured["picture"] = np.arange(len(self.values))[:, np.newaxis] if measured["picture"].ndim == 2 else 0
        return measured


def row(number: int, label: int | None, digest: str | None = None) -> ImageRow:
    labels = () if label is None else (label,)
    name = f"{number}.jpg"
    origin = None if label is None else HUMAN
    return ImageRow(100 + number, Path(name), name, digest or f"{number:032x}", labels, origin, None, None, False, None)


@pytest.fixture
def features() -> np.ndarray:
    random = np.random.default_rng(0)
    centres = random.uniform(0, 4, (CLASSES, WIDTH))
    return np.concatenate([np.abs(centre + random.normal(0, 0.4, (PER_CLASS, WIDTH))) for centre in centres]).astype(
        np.float32
    )


def rows_of(known: int, wrong: tuple[int, ...] = ()) -> list[ImageRow]:
    """Label the first `known` images of each class as class 7 or 8."""
    rows = []
    for number in range(CLASSES * PER_CLASS):
        truth = number // PER_CLASS
        label = 7 + (1 - truth if number in wrong else truth) if number % PER_CLASS < known else None
        rows.append(row(number, label))
    return rows


def assistant(features: np.ndarray, rows: list[ImageRow]) -> Assistant:
    hashes = np.random.default_rng(1).integers(0, 2**63, len(rows)).astype(np.uint64)
    analysis = Analysis(tuple(rows), Rows(features), hashes)  # type: ignore[arg-type]
    return Assistant(analysis, Suggester(features))


@pytest.mark.parametrize("order", list(ORDERS))
def test_unlabelled_images_are_suggested_right(features: np.ndarray, order: str) -> None:
    rows = rows_of(4)
    found = assistant(features, rows).suggested(rows, order)
    assert found.kind == SUGGESTIONS
    assert sorted(found.ids) == [one.id for one in rows if not one.class_ids]
    truth = {one.id: 7 + (one.id - 100) // PER_CLASS for one in rows}
    assert all(found.guesses[key].class_id == truth[key] for key in found.ids)
    assert all(0 <= guess.confidence <= 1 for guess in found.guesses.values())


def test_labels_given_since_the_analysis_count(features: np.ndarray) -> None:
    helper = assistant(features, rows_of(0))
    with pytest.raises(InputError, match="too few labels"):
        helper.suggested(rows_of(0), "confidence")
    assert len(helper.suggested(rows_of(5), "confidence").ids) == CLASSES * (PER_CLASS - 5)


def test_similar_images_follow_the_selected_ones(features: np.ndarray) -> None:
    found = assistant(features, rows_of(0)).similar([100, 101])
    assert found.kind == SIMILAR
    assert found.ids[:2] == (100, 101)
    assert len(found.ids) == min(CLASSES * PER_CLASS, MOST_SIMILAR + 2)
    assert {key - 100 for key in found.ids[: PER_CLASS // 2]} <= set(range(PER_CLASS))


def test_nothing_selected_is_a_sentence(features: np.ndarray) -> None:
    with pytest.raises(InputError, match="No readable image is selected"):
        assistant(features, rows_of(0)).similar([])


def test_wrong_labels_come_first(features: np.ndarray) -> None:
    rows = rows_of(PER_CLASS, wrong=(2, 25))
    found = assistant(features, rows).label_errors(rows)
    assert found.kind == LABEL_ERRORS
    assert set(found.ids[:2]) == {102, 125}
    assert found.guesses[102].class_id == 7
    assert found.guesses[125].class_id == 8


def test_label_errors_need_two_classes(features: np.ndarray) -> None:
    rows = [one if one.class_id == 7 else row(one.id - 100, None) for one in rows_of(5)]
    with pytest.raises(InputError, match="too few labels to find wrong ones"):
        assistant(features, rows).label_errors(rows)


def test_exact_copies_are_a_group_of_which_one_stays(features: np.ndarray) -> None:
    rows = rows_of(PER_CLASS)
    rows[1] = row(1, 7, rows[0].digest)
    features[1] = features[0]
    found = assistant(features, rows).duplicates(rows)
    assert found.kind == DUPLICATES
    assert set(found.ids) == {100, 101}
    assert len(found.copies) == 1
    assert found.scores == {100: 1.0, 101: 1.0}


def test_findings_have_a_movable_limit(features: np.ndarray) -> None:
    helper = assistant(features, rows_of(0))
    assert helper.findings("blurred", None).ids == (103,)
    assert helper.findings("blurred", 0.0).ids == ()
    assert len(helper.findings("blurred", 0.95).ids) == CLASSES * PER_CLASS
