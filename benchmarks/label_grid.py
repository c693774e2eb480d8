"""The Label tab with many images: opening, scrolling, stepping from image to image, memory, and the first scan.

A project of IMAGES small pictures, every file different, is opened in the real window with a warm cache of thumbnails.
Prints `images`, `open_s` (from the wish until every thumbnail in sight is painted), `frame_p95_ms` (one repaint after a
turn of the wheel), `key_p95_ms` (from an arrow key in the large view until the next picture is painted), `rss_mb`,
`scan_images_per_s` (files read and thumbnails made of real photos, in the background of the window) and
`gap_ms` (the longest pause of the window's event loop meanwhile).
Usage: python benchmarks/label_grid.py [IMAGES] [PHOTOS]
"""

import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import numpy as np
from PyQt5.QtCore import QEvent, QEventLoop, QObject, QPoint, QPointF, Qt, QTimer
from PyQt5.QtGui import QWheelEvent
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication

from app.demo.garments import make_demo
from benchmarks.result import PHOTOS, print_result, say
from benchmarks.window import Gaps, desktop, wait

IMAGES = 100_000
PICTURES = 200  # different ones; the files differ in a few bytes after the picture
PER_FOLDER = 5_000
WHEEL_TURNS = 400
STEPS = 100


class Paints(QObject):
    """Counts the paint events of a widget."""

    def __init__(self, widget: QObject):
        super().__init__()
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Count."""
        self.count += event.type() == QEvent.Paint
        return False


def draw_images(folder: Path, count: int) -> None:
    """Write small JPEG files, no two with the same content."""
    random = np.random.default_rng(0)
    pictures = []
    for _ in range(PICTURES):
        coarse = random.integers(0, 255, (6, 8, 3), np.uint8)
        drawn = cv2.resize(coarse, (240, 180), interpolation=cv2.INTER_CUBIC)
        pictures.append(cv2.imencode(".jpg", drawn)[1].tobytes())
    for number in range(count):
        if number % PER_FOLDER == 0:
            place = folder / f"class {number // PER_FOLDER:02d}"
            place.mkdir(parents=True)
        (place / f"{number:06d}.jpg").write_bytes(pictures[number % PICTURES] + number.to_bytes(4, "little"))


def make_project(images: Path, project: Path) -> None:
    """Add the images to a project and make their thumbnails, as the window does."""
    from app.dataset.thumbnails import make_thumbnails
    from app.project.project import Project
    from ui.item_models import THUMBNAIL_SIDE

    with Project.create(project, "Many images") as made:
        made.add_folder(images, lambda done, total: None, threading.Event())
        files = made.readable_files()
        make_thumbnails(files, made.cache, THUMBNAIL_SIDE, lambda done, total: None, threading.Event())


def resident_mb() -> float:
    """Return how much memory this process holds, as Linux counts it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return float(np.percentile(values, 95))


def measure_frames(tab: QObject) -> float:
    """Turn the wheel again and again and time each repaint."""
    grid = tab._grid
    viewport = grid.viewport()
    times = []
    where = QPointF(viewport.rect().center())
    for turn in range(WHEEL_TURNS):
        steps = QPoint(0, -120 if turn < WHEEL_TURNS // 2 else 120)
        event = QWheelEvent(
            where, QPointF(viewport.mapToGlobal(where.toPoint())), QPoint(), steps,
            Qt.NoButton, Qt.NoModifier, Qt.NoScrollPhase, False,
        )  # fmt: skip
        start = time.perf_counter()
        QApplication.sendEvent(viewport, event)
        viewport.repaint()
        times.append((time.perf_counter() - start) * 1000)
        QApplication.processEvents()  # thumbnails arrive between the frames
        time.sleep(1 / 60)
        QApplication.processEvents()
    return p95(times)


def measure_keys(tab: QObject) -> float:
    """Press the right arrow in the large view and time it until the next picture is painted."""
    view = tab._view
    tab.activate()
    wait(tab._grid.hasFocus)
    QTest.keyClick(tab._grid, Qt.Key_Space)
    wait(lambda: view.shown_path() == tab._model.row(tab._grid.current_position()).path)
    paints, times = Paints(view), []
    for _ in range(STEPS):
        before = paints.count
        start = time.perf_counter()
        QTest.keyClick(view, Qt.Key_Right)
        wanted = tab._model.row(tab._grid.current_position()).path
        while view.shown_path() != wanted or paints.count == before:
            QApplication.processEvents(QEventLoop.AllEvents, 1)
        times.append((time.perf_counter() - start) * 1000)
        loop = QEventLoop()
        QTimer.singleShot(120, loop.quit)  # a quick labeller: eight images a second
        loop.exec_()
    return p95(times)


def measure_scan(window: QObject, photos: Path) -> tuple[float, float]:
    """Add photos to a new project in the window; return images per second with thumbnails, and the longest pause."""
    window.state.close_project()
    jobs, gaps, start = window.state.jobs, Gaps(), time.perf_counter()
    window.open_path(photos)
    project = window.state.project
    seen: list[str] = []
    jobs.job_finished.connect(lambda job: seen.append(job.title))
    wait(lambda: len(seen) == 2 and not jobs.running)
    return project.image_count() / (time.perf_counter() - start), max(gaps.found)


def main(count: int, photos: Path, place: Path) -> None:
    """Make the project, open it, and print the figures."""
    from ui.main_window import MainWindow
    from ui.start import make_application

    say(f"drawing {count:,} images")
    draw_images(place / "images", count)
    say("adding them and making thumbnails")
    make_project(place / "images", place / "project")
    application = make_application(sys.argv[:1])
    window = MainWindow()
    window.resize(1920, 1080)
    window.show()
    window.activateWindow()
    tab = window.centralWidget().widget(0).layout().itemAt(0).widget()
    wait(window.isActiveWindow)
    say("opening")
    start = time.perf_counter()
    window.state.open_project(place / "project")
    grid, model = tab._grid, tab._model

    def painted() -> bool:
        return model.rowCount() == count and not model.waiting() and bool(grid.visible_positions())

    wait(painted)
    grid.viewport().repaint()
    wait(painted)
    open_s = time.perf_counter() - start
    wait(lambda: not window.state.jobs.running)
    say("scrolling")
    frame = measure_frames(tab)
    say("stepping")
    key = measure_keys(tab)
    rss = resident_mb()
    say("adding photos")
    rate, gap = measure_scan(window, photos)
    print_result(
        images=count, open_s=open_s, frame_p95_ms=frame, key_p95_ms=key, rss_mb=rss, scan_images_per_s=rate, gap_ms=gap
    )
    window.close()
    application.quit()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    with desktop() as temporary:
        real = Path(arguments[1]).expanduser().resolve() if len(arguments) > 1 else PHOTOS
        main(
            int(arguments[0]) if arguments else IMAGES,
            real if real.is_dir() else make_demo(temporary / "demo"),
            temporary,
        )
