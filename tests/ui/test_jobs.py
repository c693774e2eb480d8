"""Background work as signals: one last word, in the window's thread, and cancelling."""

import threading
from functools import partial

import pytest
from PyQt5 import sip
from PyQt5.QtCore import Qt, QThread
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.engines.protocol import Note, OnEvent, Progress
from app.errors import AppError, Cancelled, InputError
from ui.jobs import Job, Jobs, run_in_pool


def last_words(job: Job) -> list[tuple[str, object]]:
    heard: list[tuple[str, object]] = []

    def done(result: object) -> None:
        heard.append(("done", result))

    def failed(error: AppError) -> None:
        heard.append(("failed", error))

    def cancelled() -> None:
        heard.append(("cancelled", None))

    job.done.connect(done)
    job.failed.connect(failed)
    job.cancelled.connect(cancelled)
    return heard


def test_a_job_reports_and_is_done(qtbot: QtBot) -> None:
    seen: list[object] = []
    threads: list[object] = []

    def work(on_event: OnEvent, cancel: threading.Event) -> int:
        threads.append(QThread.currentThread())
        on_event(Progress("fit", 1, 2))
        on_event(Note("Half of it."))
        return 7

    jobs = Jobs()
    job = jobs.start("Counting", work)
    heard = last_words(job)
    job.progressed.connect(seen.append)
    job.noted.connect(seen.append)
    with qtbot.waitSignal(job.finished):
        pass
    assert heard == [("done", 7)]
    assert seen == [Progress("fit", 1, 2), "Half of it."]
    assert threads[0] is not QThread.currentThread()
    assert jobs.running == []


def test_a_flood_of_progress_is_thinned_out_and_values_all_arrive_in_order(qtbot: QtBot) -> None:
    seen: list[Progress] = []

    def work(on_event: OnEvent, cancel: threading.Event) -> None:
        for count in range(1, 20_001):
            on_event(Progress("files", count, 20_000))
            if count % 100 == 0:
                on_event(Progress("fit", count, 20_000, {"loss": 1 / count}))

    jobs = Jobs()
    job = jobs.start("Flooding", work)
    job.progressed.connect(seen.append)
    with qtbot.waitSignal(job.finished):
        pass
    fits = [event.done for event in seen if event.stage == "fit"]
    assert fits == list(range(100, 20_001, 100))
    assert len(seen) <= 2 * len(fits) + 1
    assert next(event.done for event in reversed(seen) if event.stage == "files") == 20_000


def test_progress_is_seen_while_the_work_goes_on(qtbot: QtBot) -> None:
    go_on = threading.Event()

    def work(on_event: OnEvent, cancel: threading.Event) -> None:
        on_event(Progress("files", 1, 2))
        go_on.wait()

    jobs = Jobs()
    job = jobs.start("Waiting", work)
    with qtbot.waitSignal(job.progressed):
        pass
    go_on.set()
    with qtbot.waitSignal(job.finished):
        pass


def test_a_job_that_fails_says_so_in_words(qtbot: QtBot) -> None:
    def work(on_event: OnEvent, cancel: threading.Event) -> None:
        raise InputError("No images.", "Add some.")

    jobs = Jobs()
    job = jobs.start("Looking", work)
    heard = last_words(job)
    with qtbot.waitSignal(job.finished):
        pass
    assert [word for word, _ in heard] == ["failed"]
    assert str(heard[0][1]) == "No images. Add some."


def test_a_mistake_becomes_a_failure_with_its_trace(qtbot: QtBot) -> None:
    def work(on_event: OnEvent, cancel: threading.Event) -> None:
        raise ZeroDivisionError("a mistake")

    jobs = Jobs()
    job = jobs.start("Dividing", work)
    heard = last_words(job)
    with qtbot.waitSignal(job.finished):
        pass
    error = heard[0][1]
    assert isinstance(error, AppError)
    assert error.message == "“Dividing” failed: a mistake"
    assert "ZeroDivisionError" in error.detail


def test_cancel_ends_a_job_as_cancelled(qtbot: QtBot) -> None:
    def work(on_event: OnEvent, cancel: threading.Event) -> None:
        cancel.wait()
        raise Cancelled

    jobs = Jobs()
    job = jobs.start("Waiting", work)
    heard = last_words(job)
    assert jobs.running == [job]
    with qtbot.waitSignal(job.finished):
        jobs.cancel_all()
    assert heard == [("cancelled", None)]


def test_jobs_are_numbered_and_announced(qtbot: QtBot) -> None:
    jobs = Jobs()
    started: list[int] = []
    jobs.job_started.connect(lambda job: started.append(job.number))
    for _ in range(2):
        job = jobs.start("Nothing", lambda on_event, cancel: None)
        with qtbot.waitSignal(job.finished):
            pass
    assert started == [1, 2]


def test_a_task_answers_in_the_windows_thread(qtbot: QtBot) -> None:
    heard: list[object] = []

    def on_done(result: object) -> None:
        heard.append((result, QThread.currentThread()))

    run_in_pool(pow, 2, 10, on_done=on_done)
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == [(1024, QThread.currentThread())]


@pytest.mark.timeout(60)
def test_tasks_leave_qts_threads_free_to_scale_what_is_painted(qtbot: QtBot) -> None:
    """Qt scales in threads of its own, and lets no Python go on until it is done: tasks there would wait for ever."""
    begun, ended, heard = threading.Semaphore(0), threading.Event(), list[object]()
    tasks = QThread.idealThreadCount()

    def work() -> None:
        begun.release()
        while not ended.is_set():
            sum(range(1000))

    for _ in range(tasks):
        run_in_pool(work, on_done=heard.append)
    for _ in range(tasks):
        begun.acquire()
    picture = QImage(1500, 1500, QImage.Format.Format_ARGB32)
    assert picture.scaled(900, 900, transformMode=Qt.TransformationMode.SmoothTransformation).width() == 900
    ended.set()
    qtbot.waitUntil(lambda: len(heard) == tasks)


@pytest.mark.parametrize(("problem", "message"), [(InputError("Odd."), "Odd."), (ValueError("x"), "It failed: x")])
def test_a_task_hands_its_problem_over(qtbot: QtBot, problem: Exception, message: str) -> None:
    heard: list[AppError] = []

    def fail() -> None:
        raise problem

    run_in_pool(fail, on_done=heard.append)
    qtbot.waitUntil(lambda: bool(heard))
    assert heard[0].message == message


def test_a_cancelled_task_says_nothing(qtbot: QtBot) -> None:
    heard: list[object] = []
    task = run_in_pool(lambda: 1, on_done=heard.append)
    task.cancel()
    run_in_pool(lambda: 2, on_done=heard.append)
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == [2]


def test_a_result_for_a_widget_that_is_gone_is_dropped(qtbot: QtBot) -> None:
    class Waiting(QWidget):
        def take(self, result: object) -> None:
            self.setWindowTitle(str(result))

    widget, heard = Waiting(), list[object]()
    run_in_pool(lambda: 1, on_done=widget.take)
    run_in_pool(lambda number: number, 2, on_done=partial(widget.take))
    sip.delete(widget)
    run_in_pool(lambda: 3, on_done=heard.append)
    qtbot.waitUntil(lambda: heard == [3])
