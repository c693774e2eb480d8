import pytest

from app.engines import graphics_card
from app.engines.graphics_card import GraphicsCard, find_card, parse_card


@pytest.mark.parametrize(
    ("answer", "card"),
    [
        ("NVIDIA GeForce RTX 2080, 7.5\n", GraphicsCard("NVIDIA GeForce RTX 2080", 7.5)),
        ("\nTesla K80, 3.7\nTesla K80, 3.7\n", GraphicsCard("Tesla K80", 3.7)),
        ("Tesla K80\n", GraphicsCard("Tesla K80", 0.0)),
        ("Quadro, mobile, [N/A]\n", GraphicsCard("Quadro, mobile, [N/A]", 0.0)),
        ("\n", None),
    ],
)
def test_the_drivers_answer_is_read(answer: str, card: GraphicsCard | None) -> None:
    assert parse_card(answer) == card


def test_cards_that_cuda_10_does_not_know_are_named() -> None:
    assert GraphicsCard("Tesla T4", 7.5).problem == ""
    assert GraphicsCard("Tesla K80", 0.0).problem == ""
    assert "the GeForce RTX 3060 is newer" in GraphicsCard("GeForce RTX 3060", 8.6).problem
    assert "the GeForce GTX 580 is older" in GraphicsCard("GeForce GTX 580", 2.0).problem


def test_no_driver_is_no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphics_card.shutil, "which", lambda name: None)
    assert find_card() is None
