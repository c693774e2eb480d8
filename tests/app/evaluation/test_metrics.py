"""Every figure agrees with scikit-learn, and edge cases have none rather than a wrong one."""

import json
import time
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from app.errors import InputError
from app.evaluation.calibration import expected_calibration_error
from app.evaluation.metrics import LEFT_OUT, MOST_POINTS, Scoreboard, evaluate
from app.evaluation.report import ClassFigures, Curve, Evaluation, Figures


def measure(probabilities: np.ndarray, truth: np.ndarray) -> Evaluation:
    labels = [f"class {index}" for index in range(probabilities.shape[1])]
    return evaluate(probabilities, truth, labels, [f"{index}.jpg" for index in range(len(truth))], "As it was.")


def random_scores(seed: int, images: int, classes: int, ties: bool = False) -> tuple[np.ndarray, np.ndarray]:
    source = np.random.default_rng(seed)
    truth = source.integers(0, classes, images)
    scores = source.random((images, classes)) + np.eye(classes)[truth] * source.random()
    if ties:
        scores = scores.round(1) + 0.1
    return scores / scores.sum(axis=1, keepdims=True), truth


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.integers(1, 300), st.integers(2, 7), st.booleans())
def test_scikit_learn_agrees(seed: int, images: int, classes: int, ties: bool) -> None:
    probabilities, truth = random_scores(seed, images, classes, ties)
    found = measure(probabilities, truth)
    predicted = probabilities.argmax(axis=1)
    assert found.accuracy == pytest.approx(metrics.accuracy_score(truth, predicted))
    assert found.macro_f1 == pytest.approx(metrics.f1_score(truth, predicted, average="macro", zero_division=0.0))
    assert found.log_loss == pytest.approx(metrics.log_loss(truth, probabilities, labels=range(classes)))
    assert found.confusion == tuple(
        map(tuple, metrics.confusion_matrix(truth, predicted, labels=range(classes)).tolist())
    )
    check_shared(found, probabilities, truth, ties)
    for index, figures in enumerate(found.per_class):
        check_class(figures, truth == index, predicted == index, probabilities[:, index])


def check_shared(found: Evaluation, probabilities: np.ndarray, truth: np.ndarray, ties: bool) -> None:
    """Compare what is not of one class; scikit-learn counts equal scores in another order."""
    classes = probabilities.shape[1]
    assert found.top_k == {2: None, 3: 2}.get(classes, 3)
    if found.top_k is not None and not ties:
        expected = metrics.top_k_accuracy_score(truth, probabilities, k=found.top_k, labels=range(classes))
        assert found.top_accuracy == pytest.approx(expected)
    assert found.calibration_error == pytest.approx(expected_calibration_error(probabilities, truth))
    everyone = np.eye(classes, dtype=int)[truth]
    assert found.micro.average_precision == pytest.approx(
        metrics.average_precision_score(everyone, probabilities, average="micro")
    )
    assert found.micro.roc_auc == pytest.approx(metrics.roc_auc_score(everyone, probabilities, average="micro"))
    check_micro_curves(found, probabilities.ravel(), everyone.ravel())
    check_macro(found, probabilities, everyone)


def check_micro_curves(found: Evaluation, scores: np.ndarray, hit: np.ndarray) -> None:
    """Compare every point with scikit-learn's at the same threshold, of all answers in one row."""
    assert found.micro.pr is not None
    assert found.micro.roc is not None
    precision, recall, thresholds = metrics.precision_recall_curve(hit, scores)
    check_same(found.micro.pr, recall[:-1], precision[:-1], thresholds)
    false_positives, hits, thresholds = metrics.roc_curve(hit, scores, drop_intermediate=False)
    check_same(found.micro.roc, false_positives, hits, thresholds)


def check_same(curve: Curve, x: np.ndarray, y: np.ndarray, thresholds: np.ndarray) -> None:
    """Compare the points at thresholds that scikit-learn has, too: all but the ends of the curve."""
    place = {threshold: index for index, threshold in enumerate(thresholds.tolist())}
    shared = [index for index, threshold in enumerate(curve.thresholds) if threshold in place]
    assert shared
    assert len(shared) >= len(curve.thresholds) - 2
    at = [place[curve.thresholds[index]] for index in shared]
    np.testing.assert_allclose(np.array(curve.x)[shared], x[at], atol=1e-9)
    np.testing.assert_allclose(np.array(curve.y)[shared], y[at], atol=1e-9)


def check_macro(found: Evaluation, probabilities: np.ndarray, everyone: np.ndarray) -> None:
    measured = np.flatnonzero((everyone.sum(axis=0) > 0) & (everyone.sum(axis=0) < len(everyone)))
    if not len(measured):
        assert found.macro.pr is None
        assert found.macro.roc_auc is None
        return
    shown = everyone.any(axis=0)
    assert found.macro.average_precision == pytest.approx(
        metrics.average_precision_score(everyone[:, shown], probabilities[:, shown], average="macro")
    )
    assert found.macro.roc_auc == pytest.approx(
        metrics.roc_auc_score(everyone[:, measured], probabilities[:, measured], average="macro")
    )
    assert found.macro.pr is not None
    for index in (0, len(found.macro.pr.x) // 2, -1):
        accepted = probabilities[:, measured] >= found.macro.pr.thresholds[index]
        options = {"average": None, "zero_division": np.nan}
        precision = metrics.precision_score(everyone[:, measured], accepted, **options)
        recall = metrics.recall_score(everyone[:, measured], accepted, **options)
        assert found.macro.pr.x[index] == pytest.approx(np.mean(recall))
        expected = np.nanmean(precision) if np.isfinite(precision).any() else 1.0
        assert found.macro.pr.y[index] == pytest.approx(expected)
    check_macro_roc(found, probabilities[:, measured], everyone[:, measured])


def check_macro_roc(found: Evaluation, scores: np.ndarray, hit: np.ndarray) -> None:
    assert found.macro.roc is not None
    for index in (0, len(found.macro.roc.x) // 2, -1):
        accepted = scores >= found.macro.roc.thresholds[index]
        options = {"average": None, "zero_division": np.nan}
        assert found.macro.roc.x[index] == pytest.approx(
            1 - np.mean(metrics.recall_score(1 - hit, ~accepted, **options))
        )
        assert found.macro.roc.y[index] == pytest.approx(np.mean(metrics.recall_score(hit, accepted, **options)))


def test_every_figure_lies_in_its_interval() -> None:
    for seed in range(20):
        probabilities, truth = random_scores(seed, 80, 5)
        found = measure(probabilities, truth)
        pairs = [
            (found.accuracy, found.interval),
            (found.macro_f1, found.macro_f1_interval),
            (found.log_loss, found.log_loss_interval),
            (found.top_accuracy, found.top_interval),
            (found.calibration_error, found.calibration_interval),
        ]
        for one in found.per_class:
            pairs += [
                (one.precision, one.precision_interval),
                (one.recall, one.recall_interval),
                (one.f1, one.f1_interval),
                (one.average_precision, one.average_precision_interval),
                (one.roc_auc, one.roc_auc_interval),
            ]
        for mean in (found.micro, found.macro):
            pairs += [
                (mean.average_precision, mean.average_precision_interval),
                (mean.roc_auc, mean.roc_auc_interval),
            ]
        for value, interval in pairs:
            assert (value is None) == (interval is None)
            assert value is None or interval is None or interval[0] <= value + 1e-12 <= interval[1] + 2e-12


@pytest.mark.parametrize("right", [True, False])
def test_copies_of_one_image_tell_hardly_anything(right: bool) -> None:
    """Thirty near-duplicates, all answered alike, once had intervals without width."""
    probabilities, truth = np.tile([0.7, 0.2, 0.1], (30, 1)), np.full(30, 0 if right else 1)
    found = Scoreboard(probabilities, ["a", "b", "c"], np.zeros(30, int)).measure(truth)
    assert found.calibration_interval == found.macro_f1_interval == (0, 1)
    assert found.log_loss_interval[0] == 0
    assert found.log_loss_interval[1] > 10
    assert found.interval[1] - found.interval[0] > 0.75


def rounded(figures: Figures) -> object:
    """Leave the last digits away, which depend on the order of sums."""
    return json.loads(json.dumps(asdict(figures)), parse_float=lambda text: round(float(text), 9))


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.integers(20, 120), st.integers(2, 5))
def test_corrected_labels_are_measured_as_if_they_had_always_been_so(seed: int, images: int, classes: int) -> None:
    probabilities, truth = random_scores(seed, images, classes)
    source = np.random.default_rng(seed)
    groups = source.integers(0, images // 2, images)
    labels = [f"class {index}" for index in range(classes)]
    board = Scoreboard(probabilities, labels, groups)
    board.measure(truth)
    for _ in range(3):
        truth = truth.copy()
        truth[source.integers(0, images, 3)] = source.integers(LEFT_OUT, classes, 3)
        used = truth != LEFT_OUT
        afresh = Scoreboard(probabilities[used], labels, groups[used]).measure(truth[used])
        assert rounded(board.measure(truth)) == rounded(afresh)


def test_near_duplicates_widen_every_interval() -> None:
    probabilities, truth = random_scores(4, 150, 3)
    each, labels = np.repeat(np.arange(150), 4), ["a", "b", "c"]
    paths = [f"{index}.jpg" for index in range(600)]
    apart = evaluate(probabilities[each], truth[each], labels, paths)
    together = evaluate(probabilities[each], truth[each], labels, paths, groups=each)
    single = measure(probabilities, truth)
    assert together.accuracy == apart.accuracy == single.accuracy
    for name in ("interval", "macro_f1_interval", "log_loss_interval", "top_interval"):
        low, high = getattr(together, name)
        assert high - low > 1.5 * (getattr(apart, name)[1] - getattr(apart, name)[0])
        assert high - low == pytest.approx(getattr(single, name)[1] - getattr(single, name)[0], rel=0.15)
    for one, other in zip(together.per_class, apart.per_class, strict=True):
        for name in ("precision", "recall", "f1", "average_precision", "roc_auc"):
            wide, narrow = getattr(one, f"{name}_interval"), getattr(other, f"{name}_interval")
            assert wide[1] - wide[0] > 1.5 * (narrow[1] - narrow[0])


def test_images_that_are_all_left_out_are_refused() -> None:
    probabilities, truth = random_scores(0, 9, 3)
    with pytest.raises(InputError, match="no images"):
        Scoreboard(probabilities, ["a", "b", "c"]).measure(np.full(9, LEFT_OUT))


def check_class(figures: ClassFigures, true: np.ndarray, predicted: np.ndarray, scores: np.ndarray) -> None:
    undefined = {"zero_division": np.nan}
    assert figures.images == true.sum()
    assert as_nan(figures.precision) == pytest.approx(
        metrics.precision_score(true, predicted, **undefined), nan_ok=True
    )
    assert as_nan(figures.recall) == pytest.approx(metrics.recall_score(true, predicted, **undefined), nan_ok=True)
    assert as_nan(figures.f1) == pytest.approx(metrics.f1_score(true, predicted, **undefined), nan_ok=True)
    if true.any():
        assert figures.average_precision == pytest.approx(metrics.average_precision_score(true, scores))
        assert figures.pr is not None
        check_points(figures.pr, true, scores, roc=False)
    if true.any() and not true.all():
        assert figures.roc_auc == pytest.approx(metrics.roc_auc_score(true, scores))
        assert figures.roc is not None
        check_points(figures.roc, true, scores, roc=True)


def as_nan(value: float | None) -> float:
    return np.nan if value is None else value


def check_points(curve: Curve, true: np.ndarray, scores: np.ndarray, roc: bool) -> None:
    """Compute every kept point anew from its threshold; the one where nothing is accepted has none."""
    assert len(curve.x) == len(curve.y) == len(curve.thresholds) <= MOST_POINTS
    nothing = 0 if roc else len(curve.x) - 1
    assert (curve.x[nothing], curve.y[nothing]) == ((0, 0) if roc else (0, 1))
    for index, (x, y, threshold) in enumerate(zip(curve.x, curve.y, curve.thresholds, strict=True)):
        if index != nothing:
            accepted = scores >= threshold
            hits = (accepted & true).sum()
            recall = hits / true.sum()
            expected = ((accepted & ~true).sum() / (~true).sum(), recall) if roc else (recall, hits / accepted.sum())
            assert (x, y) == pytest.approx(expected)


def test_curves_of_many_images_are_thinned() -> None:
    probabilities, truth = random_scores(1, 5000, 2)
    figures = measure(probabilities, truth).per_class[0]
    assert figures.pr is not None
    assert figures.roc is not None
    assert 150 < len(figures.pr.x) <= MOST_POINTS
    assert (figures.pr.x[0], figures.pr.x[-1]) == (1, 0)
    assert (figures.roc.x[0], figures.roc.x[-1]) == (0, 1)
    check_class(figures, truth == 0, probabilities.argmax(axis=1) == 0, probabilities[:, 0])
    # No gap along the curve: a line between the kept points is nearly the curve.
    area = np.trapezoid(figures.roc.y, figures.roc.x)
    assert area == pytest.approx(figures.roc_auc, abs=2e-3)


def test_the_interesting_end_of_a_rare_class_is_kept() -> None:
    source = np.random.default_rng(0)
    truth = (np.arange(10_000) % 100 == 0).astype(int)
    scores = np.clip(source.normal(0.2 + 0.5 * truth, 0.1), 0.001, 0.999)
    curve = measure(np.stack([1 - scores, scores], axis=1), truth).per_class[1].pr
    assert curve is not None
    assert sum(recall < 0.99 for recall in curve.x) > 50


def test_one_image() -> None:
    right = measure(np.array([[0.2, 0.8]]), np.array([1]))
    assert (right.accuracy, right.macro_f1, right.images) == (1, 1, 1)
    assert right.interval[0] < 0.3
    absent, present = right.per_class
    assert (absent.precision, absent.recall, absent.f1, absent.average_precision, absent.roc_auc) == (None,) * 5
    assert (absent.precision_interval, absent.recall_interval, absent.pr, absent.roc) == (None,) * 4
    assert (present.precision, present.recall, present.average_precision, present.roc_auc) == (1, 1, 1, None)
    assert measure(np.array([[0.2, 0.8]]), np.array([0])).accuracy == 0


def test_all_right_and_all_wrong() -> None:
    truth = np.arange(30) % 3
    right, wrong = np.eye(3)[truth], np.eye(3)[(truth + 1) % 3]
    best, worst = measure(right, truth), measure(wrong, truth)
    assert (best.accuracy, best.macro_f1, best.interval[1], best.macro_f1_interval[1]) == (1, 1, 1, 1)
    assert best.log_loss == pytest.approx(0, abs=1e-6)
    assert [figures.roc_auc for figures in best.per_class] == [1, 1, 1]
    assert (worst.accuracy, worst.macro_f1, worst.interval[0], worst.macro_f1_interval[0]) == (0, 0, 0, 0)
    assert np.isfinite(worst.log_loss)
    assert [figures.precision for figures in worst.per_class] == [0, 0, 0]


def test_a_class_that_is_never_predicted() -> None:
    probabilities = np.array([[0.6, 0.4], [0.7, 0.3], [0.9, 0.1]])
    figures = measure(probabilities, np.array([0, 1, 1])).per_class[1]
    assert (figures.precision, figures.precision_interval, figures.recall, figures.f1) == (None, None, 0, 0)


def test_the_predictions_are_listed() -> None:
    found = measure(np.array([[0.25, 0.75], [0.5, 0.5]]), np.array([0, 0]))
    first, second = found.predictions
    assert (first.path, first.truth, first.predicted, first.confidence) == ("0.jpg", 0, 1, 0.75)
    assert first.probabilities == (0.25, 0.75)
    assert (second.predicted, second.confidence) == (0, 0.5)
    assert found.protocol == "As it was."


def test_single_precision_is_enough() -> None:
    probabilities, truth = random_scores(0, 500, 10)
    found = measure(probabilities.astype(np.float32), truth)
    assert found.accuracy == measure(probabilities, truth).accuracy
    assert isinstance(found.predictions[0].confidence, float)


@pytest.mark.parametrize(
    ("probabilities", "truth", "words"),
    [
        (np.empty((0, 2)), np.empty(0, int), "no images"),
        (np.array([[np.nan, 0.5]]), np.array([0]), "not probabilities"),
        (np.array([[np.inf, 0.5]]), np.array([0]), "not probabilities"),
        (np.array([[0.5, 0.4]]), np.array([0]), "not probabilities"),
        (np.array([[-0.5, 1.5]]), np.array([0]), "not probabilities"),
        (np.array([[0.5, 0.5]]), np.array([2]), "not one of the labels"),
        (np.array([[0.5, 0.5]]), np.array([-1]), "not one of the labels"),
        (np.array([[0.5, 0.5]]), np.array([0, 1]), "do not belong together"),
        (np.array([[1.0]]), np.array([0]), "only one class"),
    ],
)
def test_nonsense_is_refused(probabilities: np.ndarray, truth: np.ndarray, words: str) -> None:
    with pytest.raises(InputError, match=words):
        measure(probabilities, truth)


def test_ten_thousand_images_are_quick() -> None:
    probabilities, truth = random_scores(0, 10_000, 50)
    start = time.perf_counter()
    measure(probabilities, truth)
    assert time.perf_counter() - start < 15, "far above the two seconds it takes on an idle machine"
