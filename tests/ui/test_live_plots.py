"""The plots of the Train tab with a real mouse: read out, zoomed, smoothed, compared with stored runs."""

from pathlib import Path

import pytest
from PyQt5.QtCore import QPoint, QPointF, Qt, QTimer
from PyQt5.QtGui import QWheelEvent
from PyQt5.QtWidgets import QApplication
from pyqtgraph import PlotDataItem
from pytestqt.qtbot import QtBot

from app.engines.metrics import add_metrics
from app.engines.protocol import Progress
from app.engines.snapshot import Snapshot, write_snapshot
from app.engines.told import MEMORY, RATE
from tests.ui.mouse import move
from ui import theme
from ui.state import AppState
from ui.train_tab import TrainTab
from ui.widgets.live_plot import EDGE, UNBROKEN, LivePlot
from ui.widgets.training_plots import TrainingPlots

STEPS, EPOCHS = 200, 4
MANY = 30_000
LONG_MS = 60_000


@pytest.fixture
def plots(qtbot: QtBot) -> TrainingPlots:
    plots = TrainingPlots()
    qtbot.addWidget(plots)
    plots.resize(900, 420)
    with qtbot.waitExposed(plots):
        plots.show()
    return plots


def step(done: int) -> Progress:
    values = {"loss": 2 - done / STEPS + 0.3 * (done % 2), "learning_rate": 0.01, "images_per_second": 9.0}
    return Progress("tune", done, STEPS, {**values, "epochs": EPOCHS, "memory_mb": 500.0})


def epoch(number: int, classes: int = 3) -> Progress:
    recalls = [0.5 + number / 10 - label / 100 for label in range(classes)]
    values = {"validation_loss": 2 - number / 4, "validation_accuracy": 0.5 + number / 10}
    return Progress("epoch", number, EPOCHS, {**values, "loss": 1.0, "validation_recalls": recalls})


def tell_all(plots: TrainingPlots) -> None:
    plots.expect("torch")
    for done in range(1, STEPS + 1):
        plots.show_progress(step(done))
        if done % (STEPS // EPOCHS) == 0:
            plots.show_progress(epoch(done // (STEPS // EPOCHS)))
    plots.show_end()
    plots.draw()


def place_of(qtbot: QtBot, plot: LivePlot, x: float, y: float) -> QPoint:
    """Return where a point is in the plot, once the curves are in sight."""

    def in_sight() -> bool:
        return all(low < one < high for one, (low, high) in zip((x, y), plot.box.viewRange(), strict=True))

    qtbot.waitUntil(in_sight, timeout=LONG_MS)
    return plot.canvas.mapFromScene(plot.box.mapViewToScene(QPointF(x, y)))


def wheel(plot: LivePlot, place: QPoint) -> None:
    viewport = plot.canvas.viewport()
    event = QWheelEvent(
        QPointF(place), QPointF(viewport.mapToGlobal(place)), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(viewport, event)


def test_hovering_reads_every_curve_out_in_every_plot(plots: TrainingPlots, qtbot: QtBot) -> None:
    tell_all(plots)
    loss, accuracy, _ = plots.plots
    assert "validation" in loss.readout.text()
    assert "epoch" not in loss.readout.text()
    move(qtbot, loss.canvas.viewport(), place_of(qtbot, loss, 2.0, 1.5))
    qtbot.waitUntil(lambda: f"epoch{UNBROKEN}2" in loss.readout.text(), timeout=LONG_MS)
    assert "<b>1.5</b>" in loss.readout.text()
    assert "<b>70.0%</b>" in accuracy.readout.text()
    assert "validation 1.5" in loss.canvas.accessibleDescription()
    loss.canvas.setFocus()
    qtbot.keyClick(loss.canvas, Qt.Key.Key_Right)
    assert f"epoch{UNBROKEN}2.02" in loss.readout.text()
    qtbot.mouseMove(loss.choice, QPoint(5, 5))
    qtbot.waitUntil(lambda: "epoch" not in loss.readout.text(), timeout=LONG_MS)


def test_the_wheel_zooms_and_the_button_brings_the_whole_run_back(plots: TrainingPlots, qtbot: QtBot) -> None:
    tell_all(plots)
    loss = plots.plots[0]
    assert not plots.whole.isEnabled()
    place = place_of(qtbot, loss, 3.0, 1.4)
    before = loss.box.viewRange()[0]
    wheel(loss, place)
    qtbot.waitUntil(plots.whole.isEnabled, timeout=LONG_MS)
    zoomed = loss.box.viewRange()[0]
    assert zoomed[1] - zoomed[0] < before[1] - before[0]
    plots.show_progress(epoch(5))
    plots.show_end()
    plots.draw()
    assert loss.box.viewRange()[0] == zoomed  # what comes later does not move it
    qtbot.mouseClick(plots.whole, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: loss.box.viewRange()[0][1] >= 5, timeout=LONG_MS)
    assert not plots.whole.isEnabled()


def test_smoothing_leaves_the_raw_curve_behind(plots: TrainingPlots, qtbot: QtBot) -> None:
    tell_all(plots)
    loss = plots.plots[0]
    assert all(line.raw is None for line in loss.lines())
    plots.smoothing.setFocus()
    for _ in range(5):
        qtbot.keyClick(plots.smoothing, Qt.Key.Key_PageUp)
    training = loss.lines()[0]
    assert training.raw is not None
    assert abs(training.y[1:] - training.y[:-1]).mean() < abs(training.raw[1:] - training.raw[:-1]).mean() / 2
    assert "(raw" in loss.readout.text()
    drawn = [one for one in loss.canvas.getPlotItem().listDataItems() if isinstance(one, PlotDataItem)]
    assert len(drawn) == 4


def test_what_a_run_tells_is_drawn_one_plot_after_the_other(plots: TrainingPlots, qtbot: QtBot) -> None:
    plots.expect("torch")
    loss, accuracy, _ = plots.plots
    for done in (1, 2):
        plots.show_progress(epoch(done))
    plots.show_end()
    seen: list[tuple[bool, bool]] = []
    beats = QTimer(plots, interval=0)
    beats.timeout.connect(lambda: seen.append((bool(loss.lines()), bool(accuracy.lines()))))
    beats.start()
    qtbot.waitUntil(lambda: (True, True) in seen, timeout=LONG_MS)
    assert (True, False) in seen  # the window did something else between


def test_of_a_long_run_no_more_points_are_drawn_than_there_are_pixels_and_no_peak_is_lost(plots: TrainingPlots) -> None:
    plots.expect("torch")
    for done in range(1, MANY + 1):
        values = {"loss": 9.0 if done == MANY // 3 else 1 + done % 7 / 10, "epochs": EPOCHS}
        plots.watched.told.add(Progress("tune", done, MANY, values))
    plots.smoothing.setValue(90)
    plots.draw()
    plot = plots.plots[0]
    plot.grab()  # what is in sight is known when it is painted
    curves = [item for item in plot.canvas.listDataItems() if isinstance(item, PlotDataItem)]
    assert len(curves) == 2
    for curve in curves:
        drawn, _ = curve.getData()
        assert 10 < len(drawn) <= plot.canvas.width() * 2
        assert (drawn[0], drawn[-1]) == pytest.approx((0, EPOCHS), abs=0.05)
    assert max(curve.getData()[1].max() for curve in curves) == 9.0


def test_the_log_scale_is_for_what_is_no_share(plots: TrainingPlots, qtbot: QtBot) -> None:
    tell_all(plots)
    qtbot.mouseClick(plots.log, Qt.MouseButton.LeftButton, pos=QPoint(8, plots.log.height() // 2))
    loss, accuracy, _ = plots.plots
    assert loss.canvas.getPlotItem().getAxis("left").logMode
    assert not accuracy.canvas.getPlotItem().getAxis("left").logMode


def test_equal_shares_and_a_single_epoch_have_axes_of_what_can_be(plots: TrainingPlots) -> None:
    plots.expect("torch")
    plots.show_progress(Progress("epoch", 1, EPOCHS, {"validation_accuracy": 1.0, "validation_loss": 0.5}))
    plots.show_end()
    plots.draw()
    loss, accuracy, _ = plots.plots
    plots.grab()  # what is in sight is known when it is painted
    (start, _), (low, high) = accuracy.box.viewRange()
    assert start >= 0 <= loss.box.viewRange()[0][0]
    assert 0 < low < 1 < high <= 1 + EDGE


def test_many_classes_are_cut_to_the_worst_in_every_theme(plots: TrainingPlots) -> None:
    plots.resize(1500, 420)
    plots.expect("torch")
    plots.show_progress(epoch(1, classes=12))
    plots.name_classes(tuple("abcdefghijkl"))
    plots.draw()
    recall = plots.plots[2]
    assert [line.name for line in recall.lines()] == list("ghijkl")
    assert "the 6 lowest of 12 classes" in recall.readout.text()
    theme.apply(theme.DARK)
    assert theme.readable(recall.lines()[0].colour).name() in recall.readout.text()


def test_what_an_engine_does_not_tell_is_said_in_words(plots: TrainingPlots) -> None:
    loss, accuracy, _ = plots.plots
    assert "Select runs" in loss.words.text()
    plots.expect("torch")
    assert accuracy.words.text() == "Comes with the first epoch, from images held out of training."
    plots.expect("quick")
    for plot, quantity in ((loss, RATE), (accuracy, MEMORY)):
        plot.choice.setCurrentIndex(plot.choice.findData(quantity))
        plot.choice.activated.emit(plot.choice.currentIndex())
    assert loss.words.text() == "Quick fits its classifier at one go: it has no learning rate."
    plots.show_end()
    plots.draw()
    assert accuracy.words.text() == "Told only while Quick looks at images that it has not seen before."
    tell_all(plots)
    assert not loss.words.isVisible()


def test_selected_runs_are_drawn_alone_and_beside_another(qtbot: QtBot, state: AppState, trained_folder: Path) -> None:
    tab = TrainTab(state)
    qtbot.addWidget(tab)
    tab.resize(1250, 760)
    with qtbot.waitExposed(tab):
        tab.show()
    state.open_project(trained_folder)
    project = state.project
    assert project is not None
    number = project.run_log.start("torch", "balanced", "")
    project.run_log.fail(number, "stopped")
    write_snapshot(project.run_folder(number), Snapshot("torch", "b", "logistic", 0, "", ("a", "b", "c"), ()))
    for event in (epoch(1), epoch(2)):
        add_metrics(project.run_folder(number), event)
    tab.activate()
    loss = tab.findChild(TrainingPlots).plots[0]

    def click(row: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        place = tab._runs.visualItemRect(tab._runs.topLevelItem(row)).center()
        qtbot.mouseClick(tab._runs.viewport(), Qt.MouseButton.LeftButton, keys, place)

    rows = {tab._runs.topLevelItem(row).text(0): row for row in range(2)}
    click(rows[str(number)])
    qtbot.waitUntil(lambda: [line.name for line in loss.lines()] == ["training", "validation"], timeout=LONG_MS)
    click(rows["1"], Qt.KeyboardModifier.ControlModifier)
    wanted = [f"run {number} training", f"run {number} validation"]
    qtbot.waitUntil(lambda: sorted(line.name for line in loss.lines()) == wanted, timeout=LONG_MS)
    assert "Nothing of run 1 to draw here." in loss.readout.text()
    tell_all(tab.findChild(TrainingPlots))
    assert [line.name for line in loss.lines()][:2] == ["training", "validation"]
    assert len(loss.lines()) == 4
    tab.close_down()
