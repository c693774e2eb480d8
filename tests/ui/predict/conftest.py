"""Fixtures for the Predict tab: the tab itself, with a trained bundle, and drawn garments to predict."""

import shutil
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.ui.tabs import on_display
from ui.predict_tab import PredictTab
from ui.state import AppState

LABELS = ("dotted", "leopard", "striped")


@pytest.fixture
def tab(qtbot: QtBot, state: AppState) -> PredictTab:
    return on_display(qtbot, state, PredictTab(state))


@pytest.fixture
def predict(tab: PredictTab, bundle: Path) -> PredictTab:
    """Open the trained bundle without a project."""
    tab._picker.add_bundle(bundle)
    return tab


@pytest.fixture
def pictures(garments: Path) -> list[Path]:
    """Return twelve drawn garments, four of each class."""
    return [path for label in LABELS for path in sorted((garments / label).iterdir())[:4]]


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    """Copy the bundle, so that a test may change it."""
    return Path(shutil.copytree(bundle, tmp_path / "copy"))
