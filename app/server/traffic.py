"""What the access log says about the last minute: requests and their times, second by second."""

import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

SECONDS = 60
LINE = re.compile(r'"[A-Z]+ (?P<path>\S+) HTTP/[\d.]+" (?P<status>\d{3}) (?P<ms>\d+\.\d+) ms$')
QUIET_PATHS = ("/health", "/ready", "/metrics", "/v2/health/")  # machines ask these every few seconds


@dataclass(frozen=True)
class Traffic:
    """The last minute, oldest second first: seconds before now, requests in each, median milliseconds where any."""

    seconds: tuple[int, ...]
    requests: tuple[int, ...]
    answered_at: tuple[int, ...]
    milliseconds: tuple[float, ...]


class TrafficLog:
    """Reads lines of the access log as they come."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._seen: deque[tuple[int, float]] = deque()

    def note(self, line: str) -> None:
        """Count the request a line tells of, if it tells of one."""
        found = LINE.search(line)
        if found and not found["path"].startswith(QUIET_PATHS):
            self._seen.append((int(self._clock()), float(found["ms"])))

    def clear(self) -> None:
        """Forget everything."""
        self._seen.clear()

    def last_minute(self) -> Traffic:
        """Return what the last minute saw; the second that still runs is left out."""
        now = int(self._clock())
        while self._seen and self._seen[0][0] < now - SECONDS:
            self._seen.popleft()
        times: dict[int, list[float]] = {}
        for second, milliseconds in self._seen:
            times.setdefault(second - now, []).append(milliseconds)
        seconds = tuple(range(-SECONDS, 0))
        answered = tuple(second for second in seconds if second in times)
        return Traffic(
            seconds,
            tuple(len(times.get(second, ())) for second in seconds),
            answered,
            tuple(median(times[second]) for second in answered),
        )
