"""What a sweep is to try: grids, draws, and what cannot be planned."""

import pytest

from app.errors import InputError
from app.sweeps.plan import Axis, Plan, Trial, grid_plan, parse_axis, random_plan


def test_a_grid_has_every_combination_once_per_seed() -> None:
    axes = [parse_axis("head=logistic,svm", "quick"), parse_axis("strength=2,8,8", "quick")]
    plan = grid_plan("quick", axes, repeats=2, seed=5)
    assert plan.points == (
        {"head": "logistic", "strength": 2.0},
        {"head": "logistic", "strength": 8.0},
        {"head": "svm", "strength": 2.0},
        {"head": "svm", "strength": 8.0},
    )
    trials = plan.trials()
    assert trials[:5] == [Trial(0, 0), Trial(1, 0), Trial(2, 0), Trial(3, 0), Trial(0, 1)]
    assert len(trials) == 8


def test_a_plan_is_stored_and_read() -> None:
    plan = grid_plan(
        "best", [parse_axis("epochs=2,4", "best"), parse_axis("flip=true,false", "best")], fixed={"views": 2}
    )
    assert Plan.from_json(plan.to_json()) == plan
    assert plan.settings(Trial(1, 0)) == {"views": 2, "epochs": 2, "flip": False}


def test_draws_are_within_range_different_and_the_same_for_a_seed() -> None:
    axes = [parse_axis("learning_rate=1e-5..1e-2", "balanced"), parse_axis("epochs=2..6", "balanced")]
    plan = random_plan("balanced", axes, 20, seed=1)
    rates = [point["learning_rate"] for point in plan.points]
    assert len(plan.points) == 20
    assert all(isinstance(rate, float) and 1e-5 <= rate <= 1e-2 for rate in rates)
    assert sum(float(rate) < 3e-4 for rate in rates) in range(5, 16)  # by orders of magnitude
    assert {point["epochs"] for point in plan.points} <= {2, 3, 4, 5, 6}
    assert plan == random_plan("balanced", axes, 20, seed=1)
    assert plan != random_plan("balanced", axes, 20, seed=2)


def test_where_there_are_few_points_fewer_are_drawn() -> None:
    assert len(random_plan("quick", [Axis("head", ("logistic", "svm"))], 10).points) == 2


@pytest.mark.parametrize(
    ("axis", "words"),
    [
        ("speed=1,2", "no setting “speed”"),
        ("head=", "no values to try"),
        ("head=a,b", "cannot be “a”"),
        ("strength=2,many", "cannot be “many”"),
        ("strength=8..2", "cannot be from 8 to 2"),
        ("head=logistic..svm", "cannot be “logistic..svm”"),
        ("strength=0..99999999", "cannot be"),
        ("strength=8,2..4", "“8,2..4” is neither values of “Strength” nor a range"),
        ("strength=2..4;8", "nor a range"),
        ("strength=1..2..4", "nor a range"),
        ("strength=1..", "nor a range"),
    ],
)
def test_what_cannot_be_tried_is_a_sentence(axis: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        parse_axis(axis, "quick")
    assert caught.value.hint


def test_too_few_and_too_many_runs_are_refused() -> None:
    with pytest.raises(InputError, match="at least two runs"):
        grid_plan("quick", [parse_axis("strength=2", "quick")])
    with pytest.raises(InputError, match="600 runs"):
        grid_plan("quick", [parse_axis("head=logistic,svm", "quick")], repeats=300)
    with pytest.raises(InputError, match="a grid cannot go through"):
        grid_plan("quick", [parse_axis("strength=1..9", "quick")])
    with pytest.raises(InputError, match="No runs"):
        random_plan("quick", [], 0)
