"""Figures for Prometheus, and the access log: one line for each request, with its time."""

import logging
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.server.models import Served

log = logging.getLogger(__name__)

SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)
BATCHES = (1, 2, 4, 8, 16, 32, 64)
ELSEWHERE = "other"  # whatever strangers ask for must not become labels
UNSENT = 499  # the client left before the answer, as nginx writes it


class Metrics:
    """The figures of one server, in a registry of their own."""

    def __init__(self, waiting: Callable[[], int]):
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = self._counter("requests", "Requests by address and status", "route", "status")
        self._seconds = Histogram(
            "sightline_request_seconds",
            "Time from the headers to the whole answer",
            ["route"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._images = Histogram(
            "sightline_images_per_request", "Images in one request", buckets=BATCHES, registry=self.registry
        )
        self._predictions = self._counter("predictions", "Images by the label they got", "label")
        self._model = Gauge(
            "sightline_model", "The model that is served", ["name", "version", "engine"], registry=self.registry
        )
        queue = Gauge("sightline_waiting_images", "Images in work or waiting for a thread", registry=self.registry)
        queue.set_function(waiting)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"sightline_{name}", text, labels, registry=self.registry)

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self._requests.labels(route, status).inc()
        self._seconds.labels(route).observe(seconds)

    def count_images(self, number: int) -> None:
        """Count the images of one request."""
        self._images.observe(number)

    def count_prediction(self, label: str) -> None:
        """Count an image that got a label."""
        self._predictions.labels(label).inc()

    def show_model(self, served: Served) -> None:
        """Say which model is served."""
        self._model.clear()
        self._model.labels(served.name, served.version, served.model.info.engine).set(1)

    def text(self) -> bytes:
        """Return the figures in Prometheus' text format."""
        return generate_latest(self.registry)


class Meter:
    """ASGI middleware that counts, times and logs every request."""

    def __init__(self, app: ASGIApp, metrics: Metrics):
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and note how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        status = UNSENT

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            seconds = time.perf_counter() - start
            self._metrics.count_request(getattr(scope.get("route"), "path", ELSEWHERE), status, seconds)
            log.info('%s "%s %s HTTP/%s" %d %.1f ms', *_request_line(scope), status, seconds * 1000)


def _request_line(scope: Scope) -> tuple[str, str, str, str]:
    target = scope.get("raw_path", b"").decode("ascii", "replace")
    query = scope.get("query_string", b"").decode("ascii", "replace")
    client = scope["client"][0] if scope.get("client") else "-"
    return client, scope["method"], f"{target}?{query}" if query else target, scope["http_version"]
