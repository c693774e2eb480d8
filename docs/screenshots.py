"""Take a picture of every tab of the real window, on real photos, light and dark.

Usage: python docs/screenshots.py PHOTOS NEW_PHOTOS
PHOTOS has a sub-folder per class to train on, NEW_PHOTOS likewise some to predict; both are only read.
"""

import os
import shutil
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import numpy as np
from PyQt5.QtCore import QEventLoop, QPoint, Qt, QTimer
from PyQt5.QtGui import QImage
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QLabel, QLineEdit, QPushButton, QWidget

from app.dataset.grouping import PATTERN
from app.dataset.scan import scan_folder
from app.engines.catalog import engine_status
from app.engines.protocol import OnEvent
from app.files import HOME_VARIABLE
from app.project.project import Project
from app.settings import CNTK
from app.training import TrainingRequest, train
from ui import theme
from ui.compare_window import CompareWindow
from ui.deploy_tab import DeployTab
from ui.given import Given
from ui.grouping import GroupingActions
from ui.groups_dialog import GroupsDialog
from ui.learning_curve_window import LearningCurveWindow
from ui.main_window import DEPLOY, PREDICT, REVIEW, TRAIN, MainWindow
from ui.predict_tab import PredictTab
from ui.review.measuring import Measuring
from ui.review.unlabelled import UnlabelledPage
from ui.review.why import Why
from ui.review_tab import ReviewTab
from ui.run_actions import RunActions
from ui.settings_dialog import SettingsDialog
from ui.start import make_application
from ui.sweep_window import SweepWindow
from ui.train_tab import TrainTab
from ui.training_choices import TrainingChoices
from ui.widgets.confusion_matrix import ConfusionMatrix
from ui.widgets.correction_bar import CorrectionBar
from ui.widgets.form import Form
from ui.widgets.found_bar import FoundBar
from ui.widgets.gallery import Gallery
from ui.widgets.image_grid import ImageGrid
from ui.widgets.image_view import ImageView
from ui.widgets.prediction_list import PredictionList
from ui.widgets.prediction_model import STRANGE
from ui.widgets.prediction_pane import PredictionPane
from ui.widgets.preset_choice import PresetChoice
from ui.widgets.preview_strip import PreviewStrip
from ui.widgets.run_list import RunList
from ui.widgets.training_plots import TrainingPlots
from ui.widgets.try_server import TryServer

FOLDER = Path(__file__).resolve().parent / "screenshots"
SIZE = (1280, 800)
PER_CLASS = 80
NEW_PER_CLASS = 3
CORRECTED = "longsleeve"  # often called a t-shirt
ASKED = 12  # photos sent to the server
TUNED_SIDE, TUNED_EPOCHS, SEEN_EPOCHS, SMOOTHING = 160, 12, 5, 60
CNTK_SIDE = 128  # pixels, so that it takes half a minute
LABELLED_PER_CLASS = 10
LEVELS = 32  # per colour of a stored picture: photographs stay recognisable and files small
LONGEST_WAIT_MS = 300_000
POLL_MS = 30
SETTLE_MS = 700  # for thumbnails and the last repaint


def wait(condition: Callable[[], bool]) -> None:
    """Let the window work until a condition holds; leave with an error if it never does."""
    for _ in range(LONGEST_WAIT_MS // POLL_MS):
        if condition():
            return
        pause(POLL_MS)
    raise SystemExit("The window did not get there in time.")


def pause(milliseconds: int) -> None:
    """Let the window work for a while."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec_()


def copy_some(source: Path, target: Path, per_class: int) -> Path:
    """Copy a few photos of each class under plain names, so that no path of this machine gets into a picture."""
    counts: Counter[str] = Counter()
    for image in scan_folder(source).images:
        label = str(image.label)
        counts[label] += 1
        if counts[label] <= per_class:
            path = target / label / f"{label}-{counts[label]:03}{image.path.suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(image.path, path)
    return target


def take(window: QWidget, name: str) -> None:
    """Store the window in both themes."""
    for mode, suffix in ((theme.LIGHT, ""), (theme.DARK, "-dark")):
        theme.apply(mode)
        pause(SETTLE_MS)
        image = window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        pointer = image.constBits()
        pointer.setsize(image.sizeInBytes())
        lines = np.frombuffer(pointer, np.uint8).reshape(image.height(), image.bytesPerLine())
        pixels = lines[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
        step = 256 // LEVELS
        coarse = np.minimum(pixels.astype(np.uint16) // step * 255 // (LEVELS - 1), 255).astype(np.uint8)
        data = cv2.imencode(".png", coarse[:, :, ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])[1]
        (FOLDER / f"{name}{suffix}.png").write_bytes(data.tobytes())


def press(window: QWidget, text: str) -> None:
    """Click the button with this text, as soon as it is there and can be pressed."""

    def ready() -> list[QPushButton]:
        buttons = window.findChildren(QPushButton)
        return [one for one in buttons if one.text() == text and one.isVisible() and one.isEnabled()]

    wait(lambda: bool(ready()))
    QTest.mouseClick(ready()[0], Qt.MouseButton.LeftButton)


def find(window: QWidget, kind: type[Any]) -> Any:
    """Return the only part of a kind."""
    return window.findChild(kind)


def take_label_tab(window: MainWindow, photos: Path) -> None:
    """Open photos that their folders label, forget most of the labels, and let the assistant suggest them."""
    window.open_path(photos)
    wait(lambda: not window.state.jobs.running)
    grid, project = find(window, ImageGrid), window.state.project
    wait(grid.isVisible)
    take(window, "label")
    assert project is not None
    kept: Counter[int | None] = Counter()
    forgotten = []
    for row in project.images():
        kept[row.class_id] += 1
        if kept[row.class_id] > LABELLED_PER_CLASS:
            forgotten.append(row.id)
    project.edits.set_label(forgotten, None)
    window.state.changed(None)
    bar = find(window, FoundBar)
    window.activateWindow()
    grid.setFocus()
    wait(grid.hasFocus)
    QTest.keyClick(grid, Qt.Key.Key_G)
    wait(bar.isVisible)
    take(window, "suggestions")
    QTest.keyClick(grid, Qt.Key.Key_Escape)
    wait(lambda: not bar.isVisible())
    QTest.keyClick(grid, Qt.Key.Key_Space)
    wait(lambda: find(window, ImageView).shown_path() is not None)
    take(window, "large")
    QTest.keyClick(find(window, ImageView), Qt.Key.Key_Escape)
    window.state.undo()
    wait(lambda: not window.state.jobs.running)


def take_predict_tab(window: MainWindow, new_photos: Path) -> None:
    """Predict many photos, ask why one got its answer, and correct it."""
    window.centralWidget().setCurrentIndex(PREDICT)
    tab, jobs = find(window, PredictTab), window.state.jobs

    def idle() -> bool:
        return not jobs.running

    tab.predict(Given((new_photos,)))
    wait(idle)
    take(window, "predict")
    kinds = find(window, PredictionList).kind
    kinds.setCurrentIndex(kinds.findData(STRANGE))
    take(window, "predict-many")
    tab.predict(Given((min(new_photos.rglob(f"{CORRECTED}*.jpg")),)))
    wait(idle)
    find(window, PredictionPane).heat.click()
    wait(lambda: idle() and find(window, PredictionPane).view.has_overlay())
    label = find(window, CorrectionBar).findChild(QLineEdit)
    QTest.keyClicks(label, CORRECTED)
    QTest.keyClick(label, Qt.Key.Key_Return)
    wait(idle)
    take(window, "correction")


def take_others(window: MainWindow, new_photos: Path) -> None:
    """Show photos without labels in Review, and the groups that a pattern makes."""
    flat = new_photos.parent / "unlabelled photos"
    flat.mkdir()
    for photo in sorted(new_photos.rglob("*.jpg")):
        shutil.copyfile(photo, flat / photo.name)
    review = find(window, ReviewTab)
    review.findChild(Measuring).try_folder(1, flat)
    page = find(window, UnlabelledPage)
    wait(lambda: not window.state.jobs.running and page.isVisible())
    pause(SETTLE_MS)
    take(window, "unlabelled")
    review.show_run(1)
    find(window, GroupingActions).show_dialog()
    dialog = find(window, GroupsDialog)
    QTest.mouseClick(dialog.buttons[PATTERN], Qt.MouseButton.LeftButton, pos=QPoint(9, 9))
    dialog.pattern.setText("-(..)")
    dialog.renew()
    wait(lambda: dialog.groups.topLevelItemCount() > 0)
    take(dialog, "groups")
    dialog.reject()


def take_all(window: MainWindow, photos: Path, new_photos: Path, exported: Path) -> None:
    """Do the main job and take pictures on each tab."""
    tabs, jobs = window.centralWidget(), window.state.jobs

    def idle() -> bool:
        return not jobs.running

    take_label_tab(window, photos)
    tabs.setCurrentIndex(TRAIN)
    press(window, "Train")
    wait(idle)
    take(window, "train")
    take_runs(window)
    tabs.setCurrentIndex(TRAIN)
    press(window, "Review")
    wait(lambda: tabs.currentIndex() == REVIEW and find(window, Gallery).count() > 0)
    pause(SETTLE_MS)
    matrix = find(window, ConfusionMatrix)
    QTest.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.cell_rect(*matrix.worst_cell()).center())
    find(window, Gallery).select_row(0)
    why = find(window, Why).list
    wait(lambda: why.count() > 0 and not why.item(why.count() - 1).icon().isNull())
    take(window, "review")
    take_others(window, new_photos)
    take_predict_tab(window, new_photos)
    tabs.setCurrentIndex(DEPLOY)
    find(window, DeployTab).export_to(exported)
    wait(idle)
    press(window, "Start the server")
    wait(lambda: any("Running at" in one.text() for one in window.findChildren(QLabel)))
    for photo in [path for path in sorted(new_photos.rglob("*")) if path.is_file()][:ASKED]:
        find(window, TryServer).ask(photo)
        wait(idle)
        pause(SETTLE_MS)
    take(window, "deploy")
    take_fine_tuning(window)
    take_cntk(window)


def take_cntk(window: MainWindow) -> None:
    """Show the engines, and CNTK at work where it has been set up."""
    window.menus.settings_requested.emit()
    settings = find(window, SettingsDialog)
    take(settings, "engines")
    settings.reject()
    if not engine_status(CNTK).available:
        return
    window.centralWidget().setCurrentIndex(TRAIN)
    tab = find(window, TrainTab)
    tab.findChild(PresetChoice).button(CNTK).click()
    press(tab, "Advanced")
    find(tab, Form).field("resolution").setValue(CNTK_SIDE)
    press(tab, "Train")
    wait(lambda: not window.state.jobs.running)
    take(window, "train-cntk")


def take_fine_tuning(window: MainWindow) -> None:
    """Show what augmentation makes of images, and fine-tuning while it goes on, read out in the middle."""
    window.centralWidget().setCurrentIndex(TRAIN)
    tab = find(window, TrainTab)
    tab.findChild(PresetChoice).button("best").click()
    form = find(tab, Form)
    for name, value in (("side", TUNED_SIDE), ("epochs", TUNED_EPOCHS), ("head_epochs", 1)):
        form.field(name).setValue(value)
    find(tab, TrainingChoices).advanced.click()
    strip = find(tab, PreviewStrip)
    wait(lambda: strip.shown() > 0)
    take(window, "augmentation")
    find(tab, TrainingChoices).advanced.click()
    find(tab, RunList).clearSelection()  # no other run's curves
    press(tab, "Train")
    plots = find(tab, TrainingPlots)
    wait(lambda: any(len(line.x) >= SEEN_EPOCHS for line in plots.plots[1].lines()))
    plots.smoothing.setValue(SMOOTHING)
    plots.plots[0].read.emit(SEEN_EPOCHS / 2)
    take(window, "train-live")
    window.state.jobs.cancel_all()
    wait(lambda: not window.state.jobs.running)


def take_runs(window: MainWindow) -> None:
    """Train with the other classifier, compare, sweep, and ask whether to label more."""
    tab, jobs = find(window, TrainTab), window.state.jobs
    window.centralWidget().setCurrentIndex(TRAIN)
    actions, runs = find(tab, RunActions), find(tab, RunList)
    assert window.state.project is not None
    project = window.state.project
    first = project.runs()[0].number
    jobs.start("", partial(train_otherwise, project))
    wait(lambda: not jobs.running)
    window.state.runs_changed.emit()
    runs.selectAll()
    project.run_log.set_starred(first, True)
    press(tab, actions.compare.text())
    compared = find(window, CompareWindow)
    wait(lambda: compared.verdict.text() != "")
    take(compared, "comparison")
    compared.close()
    press(tab, actions.more.text())
    curve = find(window, LearningCurveWindow)
    press(curve, curve.measure.text())
    wait(lambda: not jobs.running)
    take(curve, "learning-curve")
    curve.close()
    press(tab, actions.sweep.text())
    swept = find(window, SweepWindow)
    swept.setup.vary("head", "logistic, svm")
    swept.setup.vary("strength", "2, 8, 32")
    swept.setup.repeats.setValue(2)
    press(swept, swept.start.text())
    wait(lambda: not jobs.running)
    take(swept, "sweep")
    swept.close()


def train_otherwise(project: Project, on_event: OnEvent, cancel: threading.Event) -> None:
    """Train the other classifier of quick."""
    train(project, TrainingRequest(settings={"head": "svm", "strength": 0.5}), on_event, cancel)


def main(source: Path, new_source: Path) -> None:
    """Work in a temporary folder and leave nothing but pictures."""
    with tempfile.TemporaryDirectory() as temporary:
        os.environ[HOME_VARIABLE] = str(Path(temporary) / "home")
        photos = copy_some(source, Path(temporary) / "clothing", PER_CLASS)
        new_photos = copy_some(new_source, Path(temporary) / "new photos", NEW_PER_CLASS)
        FOLDER.mkdir(exist_ok=True)
        application = make_application(sys.argv[:1])
        window = MainWindow()
        window.resize(*SIZE)
        window.show()
        take_all(window, photos, new_photos, Path(temporary) / "models")
        window.close()
        application.quit()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
