"""The Review tab with many images: from a click to its images, and from a corrected label to every figure.

A project of IMAGES small pictures in CLASSES classes gets an evaluation with drawn scores and is opened in the real
window. Prints `images`, `classes`, `click_p95_ms` (from the click on a cell of the matrix until the pictures of its
images in sight are painted) and `relabel_p95_ms` (from the click that corrects a label until every figure is painted,
on the disk as well); the medians beside them, and `relabel_processor_p95_ms`, the processor's time for it, which other
work on the machine hardly touches.
Usage: python benchmarks/review.py [IMAGES] [CLASSES]
"""

import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import numpy as np
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication

from app.evaluation.metrics import evaluate
from app.evaluation.report import write_evaluation
from app.project.project import Project
from benchmarks.result import print_result, say
from benchmarks.window import desktop, wait

IMAGES = 10_000
CLASSES = 50
PICTURES = 100
CLICKS = 60
CORRECTIONS = 40
PERCENTILE = 95


def make_project(images: Path, folder: Path, count: int, classes: int) -> None:
    """Draw small pictures and store a finished run that was measured on all of them, one in five of them wrong."""
    source = np.random.default_rng(0)
    pictures = []
    for _ in range(PICTURES):
        drawn = cv2.resize(source.integers(0, 255, (6, 8, 3), np.uint8), (240, 180), interpolation=cv2.INTER_CUBIC)
        pictures.append(cv2.imencode(".jpg", drawn)[1].tobytes())
    for number in range(count):
        place = images / f"class {number % classes:02d}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:06d}.jpg").write_bytes(pictures[number % PICTURES] + number.to_bytes(4, "little"))
    with Project.create(folder, "Review") as project:
        project.add_folder(images, lambda done, total: None, threading.Event())
        rows, names = project.images(), [row.name for row in project.classes()]
        numbers = {row.id: place for place, row in enumerate(project.classes())}
        truth = np.array([numbers[row.class_ids[0]] for row in rows])
        called = np.where(source.random(count) < 0.2, source.integers(0, classes, count), truth)
        logits = source.normal(size=(count, classes)) + 6 * np.eye(classes)[called]
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        run = project.run_log.start("quick")
        groups = np.arange(count) // 2
        found = evaluate(shares, truth, names, [str(row.path) for row in rows], "Drawn.", groups, 1.3)
        write_evaluation(project.run_folder(run), found)
        project.run_log.finish(run, found.accuracy, found.interval, count, 1.0)


def measure(window: "object", project: Path) -> tuple[list[float], list[float], list[float]]:
    """Click cells and correct labels; return how long each took, and computed for a label, in milliseconds."""
    from ui.main_window import REVIEW, MainWindow

    assert isinstance(window, MainWindow)
    window.open_path(project)
    window.centralWidget().setCurrentIndex(REVIEW)
    tab = window._tabs[REVIEW]
    wait(lambda: tab._review is not None and tab._task is None and not window.state.jobs.running)
    matrix, gallery = tab._page.matrix_view.matrix, tab._page.images.gallery
    review = tab._review
    source = np.random.default_rng(1)
    cells = [(int(number), int(number)) for number in source.integers(0, len(review.labels), CLICKS // 2)]
    wrong = np.argwhere(np.array(review.figures.confusion) * (1 - np.eye(len(review.labels), dtype=int)))
    cells += [(int(one), int(other)) for one, other in wrong[source.integers(0, len(wrong), CLICKS // 2)]]
    source.shuffle(cells)

    def painted() -> bool:
        model, area = gallery.model(), gallery.viewport().rect()
        rows = (model.index(row, 0) for row in range(min(model.rowCount(), 60)))
        sight = [index for index in rows if gallery.visualRect(index).intersects(area)]
        return bool(sight) and all(index.data(Qt.ItemDataRole.DecorationRole) is not None for index in sight)

    def click_cell(true: int, predicted: int) -> float:
        matrix._reveal((matrix._places[true], matrix._places[predicted]))
        QApplication.processEvents()
        start = time.perf_counter()
        QTest.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.cell_rect(true, predicted).center())
        wait(painted)
        gallery.viewport().repaint()
        matrix.repaint()
        return (time.perf_counter() - start) * 1000

    for cell in cells:  # thumbnails are made before
        click_cell(*cell)
    clicks = [click_cell(*cell) for cell in cells]
    corrections, computing = [], []
    for cell in wrong[:CORRECTIONS]:
        true, predicted = (int(one) for one in cell)
        click_cell(true, predicted)
        gallery.select_row(0)
        QApplication.processEvents()
        before = review.changes.relabelled
        start, busy = time.perf_counter(), time.thread_time()
        QTest.mouseClick(tab._page.images.agree, Qt.MouseButton.LeftButton)
        assert review.changes.relabelled == before + 1
        tab.repaint()
        for part in (matrix, gallery.viewport(), tab._page.curves.plot._plot.viewport()):
            part.repaint()
        corrections.append((time.perf_counter() - start) * 1000)
        computing.append((time.thread_time() - busy) * 1000)
    return clicks, corrections, computing


def main(images: int, classes: int, folder: Path) -> None:
    """Draw images into a folder, review them in the real window, and print how long it takes."""
    from ui.main_window import MainWindow
    from ui.start import make_application

    say(f"drawing {images:,} images")
    make_project(folder / "images", folder / "project", images, classes)
    application = make_application(sys.argv[:1])
    window = MainWindow()
    window.show()
    clicks, corrections, computing = measure(window, folder / "project")
    window.close()
    wait(lambda: not window.isVisible())
    application.quit()
    print_result(
        images=images,
        classes=classes,
        click_p95_ms=float(np.percentile(clicks, PERCENTILE)),
        relabel_p95_ms=float(np.percentile(corrections, PERCENTILE)),
        click_median_ms=float(np.median(clicks)),
        relabel_median_ms=float(np.median(corrections)),
        relabel_processor_p95_ms=float(np.percentile(computing, PERCENTILE)),
    )


if __name__ == "__main__":
    chosen = [int(text) for text in sys.argv[1:3]]
    images, classes = (*chosen, *(IMAGES, CLASSES)[len(chosen) :])
    with desktop() as temporary:
        main(images, classes, temporary)
