"""What tests of the Predict tab do: press, wait for answers, and ask the library the same."""

from pathlib import Path
from typing import Any

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.export.answers import Answers
from app.export.predictor import Predictor
from ui.predict_tab import PredictTab

LONG_MS = 60_000
SAME = 1e-5  # the largest difference between two ways to ask the same model


def click(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def wait_for_results(qtbot: QtBot, tab: PredictTab) -> Answers:
    qtbot.waitUntil(lambda: tab._job is None and tab._model.rowCount() > 0, timeout=LONG_MS)
    return tab._model.results()


def by_label(predictions: list[dict[str, Any]]) -> dict[str, float]:
    return {one["label"]: one["confidence"] for one in predictions}


def answers(predictor: Predictor, paths: list[Path]) -> list[dict[str, float]]:
    """Ask the library itself."""
    labels = predictor.info.labels
    return [
        {one.label: one.confidence for one in prediction.ranked(labels)}
        for prediction in predictor.predict_files(paths)
    ]
