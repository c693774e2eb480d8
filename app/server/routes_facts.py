"""What the server says about itself: health, readiness, the model, and the documentation."""

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from app.server.context import Context
from app.server.docs_page import content_policy, docs_page
from app.server.problems import FAILURES
from app.server.replies import Health, Info

FORMATS = ["jpeg", "png", "bmp", "gif", "tiff", "webp"]


def facts_routes(context: Context) -> APIRouter:
    """Return the routes of health, readiness and the model."""
    router = APIRouter()

    @router.get("/health", summary="Whether the server answers; needs no token", operation_id="health")
    async def health() -> Health:
        return Health(status="ok")

    @router.get(
        "/ready",
        summary="Whether a model is loaded; needs no token",
        responses={503: FAILURES[503]},
        operation_id="ready",
    )
    async def ready() -> Health:
        context.models.current()
        return Health(status="ready")

    @router.get(
        "/metrics",
        response_class=Response,
        summary="Figures for Prometheus",
        responses={200: {"content": {CONTENT_TYPE_LATEST.split(";")[0]: {}}}, 401: FAILURES[401]},
        operation_id="metrics",
    )
    async def metrics() -> Response:
        if context.models.ready:
            context.classifier.metrics.show_model(context.models.current())
        return Response(context.classifier.metrics.text(), headers={"content-type": CONTENT_TYPE_LATEST})

    @router.get(
        "/info", summary="What the model is", responses={401: FAILURES[401], 503: FAILURES[503]}, operation_id="info"
    )
    async def about() -> Info:
        served = context.models.current()
        info, limits = served.model.info, context.limits
        return Info.model_validate(
            {
                "model": info.name,
                "name": served.name,
                "model_version": served.version,
                "labels": list(info.labels),
                "engine": info.engine,
                "created": info.created,
                "accuracy": info.accuracy,
                "interval": None if info.interval is None else list(info.interval),
                "input": {
                    "dtype": "uint8",
                    "layout": "[height, width, 3]",
                    "colour": "RGB",
                    "size": "any; the model resizes it itself",
                    "formats": FORMATS,
                    "most_images": limits.images,
                    "most_pixels": limits.pixels,
                    "most_bytes": limits.body_bytes,
                },
                "version": info.version,
            }
        )

    return router


def docs_route(app: FastAPI, can_try: bool) -> None:
    """Add the page that documents every route of `app`."""

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        page = docs_page(app.openapi(), str(request.base_url).rstrip("/"), can_try)
        return HTMLResponse(page, headers={"content-security-policy": content_policy()})
