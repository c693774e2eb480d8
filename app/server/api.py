"""The REST interface: predict, health, info and docs over one loaded model."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse

from app.server.bodies import images_of
from app.server.classify import Classified, Classifier, ImageModel
from app.server.docs_page import content_policy, docs_page
from app.server.limits import Limits
from app.server.problems import RequestError, install_handlers
from app.server.replies import BatchReply, Failure, Health, Info, OneReply
from app.server.security import LOOPBACK_HOSTS, Guard

FORMATS = ["jpeg", "png", "bmp", "gif", "tiff", "webp"]
FAILURES: dict[int | str, dict[str, Any]] = {
    400: {"model": Failure, "description": "The body is empty or malformed"},
    401: {"model": Failure, "description": "The token is missing or wrong"},
    413: {"model": Failure, "description": "Too many bytes, pixels or images"},
    415: {"model": Failure, "description": "The content type is none of these"},
    422: {"model": Failure, "description": "No image, an unreadable image or a wrong option"},
}
_BINARY = {"type": "string", "format": "binary"}
_BASE64 = {"type": "string", "contentEncoding": "base64"}
PREDICT_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {"type": "object", "properties": {"file": {"type": "array", "items": _BINARY}}},
        },
        "image/*": {"schema": _BINARY},
        "application/octet-stream": {"schema": _BINARY},
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {"image": _BASE64, "images": {"type": "array", "items": _BASE64}},
            },
        },
    },
}


def create_app(
    predictor: ImageModel,
    token: str | None = None,
    allowed_hosts: Sequence[str] = LOOPBACK_HOSTS,
    limits: Limits | None = None,
) -> FastAPI:
    """Build the application around a loaded model; `allowed_hosts` are the names it may be called by."""
    limits = limits or Limits()
    classifier = Classifier(predictor, limits)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        classifier.close()

    app = FastAPI(
        title=f"Sightline: {predictor.info.name}",
        version=predictor.info.version,
        description="Classifies images. Nothing leaves this computer.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    install_handlers(app)
    _add_predict(app, classifier, limits)
    _add_facts(app, predictor, limits)
    _add_docs(app, can_try=token is None)
    app.add_middleware(Guard, token=token, allowed_hosts=allowed_hosts, limits=limits)
    return app


def _add_predict(app: FastAPI, classifier: Classifier, limits: Limits) -> None:
    @app.post(
        "/predict",
        response_model=OneReply | BatchReply,
        response_model_exclude_unset=True,
        responses=FAILURES,
        openapi_extra={"requestBody": PREDICT_BODY},
        summary="Classify one image or several",
    )
    async def predict(
        request: Request,
        top_k: Annotated[int | None, Query(ge=1, description="Only the best labels; all if left out")] = None,
    ) -> dict[str, Any]:
        """One image is answered by `predictions`, several by `results` in the order they were sent."""
        body = await request.body()
        start = time.perf_counter()
        content_type = request.headers.get("content-type", "")
        images = await classifier.in_pool(lambda: images_of(body, content_type, limits))
        if images.batch:
            answers = await classifier.classify_all(images.encoded, top_k)
            reply: dict[str, Any] = {"results": [_entry(answer) for answer in answers]}
        else:
            reply = await classifier.classify(images.encoded[0], top_k)
        spent = round((time.perf_counter() - start) * 1000, 2)
        return {**reply, "model": classifier.model.info.name, "time_ms": spent}


def _entry(answer: Classified | RequestError) -> dict[str, Any]:
    return {"problem": answer.message} if isinstance(answer, RequestError) else answer


def _add_facts(app: FastAPI, predictor: ImageModel, limits: Limits) -> None:
    info = predictor.info

    @app.get("/health", summary="Whether the server answers; needs no token")
    async def health() -> Health:
        return Health(status="ok")

    @app.get("/info", summary="What the model is", responses={401: FAILURES[401]})
    async def about() -> Info:
        return Info.model_validate(
            {
                "model": info.name,
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


def _add_docs(app: FastAPI, can_try: bool) -> None:
    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        page = docs_page(app.openapi(), str(request.base_url).rstrip("/"), can_try)
        return HTMLResponse(page, headers={"content-security-policy": content_policy()})
