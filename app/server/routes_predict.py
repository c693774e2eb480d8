"""The server's own form of prediction: POST /predict."""

import base64
import time
from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError

from app.evaluation.rule import ACCEPTED
from app.server.classify import Answer, Wish
from app.server.context import Context
from app.server.models import Served
from app.server.problems import FAILURES, RequestError
from app.server.replies import BatchReply, OneReply

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
                "properties": {
                    "image": _BASE64,
                    "images": {"type": "array", "items": _BASE64},
                    "url": {"type": "string", "format": "uri"},
                },
            },
        },
    },
}


class Options(BaseModel):
    """What may stand behind the address of a request."""

    top_k: int | None = Field(None, ge=1, le=1_000_000, description="Only the best labels; all if left out")
    threshold: float | None = Field(
        None, ge=0, le=1, description="Confidence from which an answer is accepted; the model's own if left out"
    )
    features: bool = Field(False, description="Also the network's features, for searching and comparing")
    heatmap: bool = Field(False, description="Also the image under a map of what speaks for its best label, as PNG")


def options_of(request: Request) -> Options:
    """Read the options of a request; raises RequestValidationError. FastAPI's own search for them takes far longer."""
    try:
        return Options.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error


def _described() -> list[dict[str, Any]]:
    """Return the options as an OpenAPI document shows them."""
    schemas = Options.model_json_schema()["properties"]
    return [{"name": name, "in": "query", "required": False, "schema": schema} for name, schema in schemas.items()]


def predict_routes(context: Context) -> APIRouter:
    """Return the route of predictions."""
    router = APIRouter()

    @router.post(
        "/predict",
        response_model=None,
        responses={200: {"model": OneReply | BatchReply, "description": "The answer"}, **FAILURES},
        openapi_extra={"parameters": _described(), "requestBody": PREDICT_BODY},
        summary="Classify one image or several",
        operation_id="predict",
    )
    async def predict(request: Request) -> JSONResponse:
        """One image is answered by `predictions`, several by `results` in the order they were sent."""
        options = options_of(request)
        served = context.models.current()
        images = await context.images(request)
        start = time.perf_counter()
        wish = Wish(options.features, options.heatmap)

        def entry(answer: Answer | RequestError) -> dict[str, Any]:
            if isinstance(answer, RequestError):
                return {"problem": answer.message}
            return _entry(answer, options, served)

        if images.batch:
            answers = await context.classifier.answers(served, images.encoded, wish)
            reply: dict[str, Any] = {"results": [entry(answer) for answer in answers]}
        else:
            reply = entry(await context.classifier.answer(served, images.encoded[0], wish))
        spent = round((time.perf_counter() - start) * 1000, 2)
        return JSONResponse({**reply, "model": served.model.info.name, "time_ms": spent})

    return router


def _entry(answer: Answer, options: Options, served: Served) -> dict[str, Any]:
    verdict = served.verdict(answer.said, options.threshold)
    entry: dict[str, Any] = {
        "predictions": answer.ranked(options.top_k),
        "accepted": verdict == ACCEPTED,
        "verdict": verdict,
        "novelty": answer.said.novelty,
    }
    if answer.said.features is not None:
        entry["features"] = answer.said.features.tolist()
    if answer.heat is not None:
        entry["heatmap"] = base64.b64encode(answer.heat).decode()
    return entry
