"""How many requests one address may send in a minute."""

import time
from collections import Counter
from collections.abc import Callable

from app.server.problems import RequestError

MINUTE = 60


class RateLimit:
    """Counts the requests of each address in the current minute; `per_minute` 0 allows any number."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic):
        self._per_minute = per_minute
        self._clock = clock
        self._began = clock()
        self._counts: Counter[str] = Counter()

    def count(self, address: str) -> None:
        """Count a request; raises RequestError 429 where it is one too many."""
        if not self._per_minute:
            return
        now = self._clock()
        if now - self._began >= MINUTE:
            self._began = now
            self._counts.clear()
        self._counts[address] += 1
        if self._counts[address] > self._per_minute:
            wait = max(1, round(self._began + MINUTE - now))
            raise RequestError(
                429,
                f"More than {self._per_minute} requests came from this address in a minute.",
                f"Wait {wait} seconds.",
                {"Retry-After": str(wait)},
            )
