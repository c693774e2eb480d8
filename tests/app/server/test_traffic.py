"""The last minute, read from the access log."""

from app.server.traffic import SECONDS, TrafficLog

LINE = '2026-11-24 02:00:00,000 INFO 127.0.0.1 "{} {} HTTP/1.1" 200 {} ms'


def line(milliseconds: float, path: str = "/predict", method: str = "POST") -> str:
    return LINE.format(method, path, milliseconds)


def test_requests_are_counted_by_the_second() -> None:
    now = 100.0
    log = TrafficLog(lambda: now)
    for milliseconds in (10.0, 30.0, 20.0):
        log.note(line(milliseconds))
    now = 101.5
    log.note(line(50.0))
    now = 102.0
    traffic = log.last_minute()
    assert traffic.seconds == tuple(range(-SECONDS, 0))
    assert traffic.requests[-2:] == (3, 1)
    assert sum(traffic.requests) == 4
    assert traffic.answered_at == (-2, -1)
    assert traffic.milliseconds == (20.0, 50.0)


def test_what_is_older_than_a_minute_is_forgotten() -> None:
    now = 0.0
    log = TrafficLog(lambda: now)
    log.note(line(1.0))
    now = 60.0
    assert sum(log.last_minute().requests) == 1
    now = 61.0
    assert sum(log.last_minute().requests) == 0


def test_other_lines_and_watching_machines_do_not_count() -> None:
    now = 0.0
    log = TrafficLog(lambda: now)
    log.note("The worker is process 7")
    log.note(line(1.0, "/health", "GET"))
    log.note(line(1.0, "/v2/health/ready", "GET"))
    log.note(line(1.0, "/predict?x=%22GET /a HTTP/1.1%22 200 5.0 ms x"))
    now = 1.0
    assert sum(log.last_minute().requests) == 0
