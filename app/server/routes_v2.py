"""The Open Inference Protocol, version 2 (KServe, Triton): health, metadata and inference."""

from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.server.classify import Answer, Wish
from app.server.context import SMALL_BODY, Context
from app.server.problems import RequestError
from app.server.tensors import (
    BYTES,
    FP32,
    HEADER_LENGTH,
    INPUT,
    UINT8,
    InferenceRequest,
    OutputTensor,
    WantedOutput,
    bad,
    read_request,
    write_reply,
)

PROBABILITIES, FEATURES, NOVELTY, VERDICT = "probabilities", "features", "novelty", "verdict"
EXTENSIONS = ["binary_tensor_data", "classification", "model_configuration"]
PLATFORM = "onnxruntime_onnx"
PROTOCOL_VERSION = "2"
MODEL = "/v2/models/{model_name}"
VERSION = MODEL + "/versions/{model_version}"
TAGS: list[Any] = ["Open Inference Protocol"]
ERROR = {"content": {"application/json": {"schema": {"type": "object", "properties": {"error": {"type": "string"}}}}}}
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"description": words, **ERROR}
    for status, words in (
        (400, "The request breaks the protocol, or an image cannot be read"),
        (401, "The token is missing or wrong"),
        (404, "There is no such model or version"),
        (413, "Too many bytes, pixels or images"),
        (415, "The body is compressed"),
        (503, "The model is being loaded, or too much waits"),
    )
}
TENSOR = {
    "type": "object",
    "required": ["name", "shape", "datatype"],
    "properties": {
        "name": {"type": "string", "enum": [INPUT]},
        "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
        "datatype": {"type": "string", "enum": [UINT8, BYTES]},
        "parameters": {"type": "object"},
        "data": {"type": "array", "items": {}},
    },
}
INFER_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["inputs"],
                "properties": {
                    "id": {"type": "string"},
                    "parameters": {"type": "object"},
                    "inputs": {"type": "array", "items": TENSOR},
                    "outputs": {
                        "type": "array",
                        "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
                    },
                },
            }
        },
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    },
}


def v2_routes(context: Context) -> APIRouter:
    """Return the routes of the protocol."""
    router = APIRouter(tags=TAGS, responses=ERRORS)
    _health(router, context)
    _metadata(router, context)
    _infer(router, context)
    return router


def _health(router: APIRouter, context: Context) -> None:
    @router.get("/v2/health/live", summary="Whether the server answers; needs no token", operation_id="v2_live")
    async def live() -> dict[str, bool]:
        return {"live": True}

    @router.get("/v2/health/ready", summary="Whether a model is loaded; needs no token", operation_id="v2_ready")
    async def ready() -> dict[str, bool]:
        context.models.current()
        return {"ready": True}

    @router.get(MODEL + "/ready", summary="Whether this model is loaded", operation_id="v2_model_ready")
    @router.get(VERSION + "/ready", include_in_schema=False)
    async def model_ready(model_name: str, model_version: str | None = None) -> dict[str, Any]:
        return {"name": context.models.named(model_name, model_version).name, "ready": True}


def _metadata(router: APIRouter, context: Context) -> None:
    @router.get("/v2", summary="What the server is", operation_id="v2_server")
    async def server() -> dict[str, Any]:
        return {"name": "sightline", "version": PROTOCOL_VERSION, "extensions": EXTENSIONS}

    @router.get(MODEL, summary="What the model takes and gives", operation_id="v2_model")
    @router.get(VERSION, include_in_schema=False)
    async def model(model_name: str, model_version: str | None = None) -> dict[str, Any]:
        served = context.models.named(model_name, model_version)
        return {
            "name": served.name,
            "versions": [str(served.version)],
            "platform": PLATFORM,
            "inputs": [{"name": INPUT, "datatype": UINT8, "shape": [-1, -1, -1, 3]}],
            "outputs": [
                {"name": PROBABILITIES, "datatype": FP32, "shape": [-1, len(served.labels)]},
                {"name": FEATURES, "datatype": FP32, "shape": [-1, -1]},
                {"name": NOVELTY, "datatype": FP32, "shape": [-1]},
                {"name": VERDICT, "datatype": BYTES, "shape": [-1]},
            ],
        }

    @router.get(MODEL + "/config", summary="The same in Triton's words", operation_id="v2_config")
    @router.get(VERSION + "/config", include_in_schema=False)
    async def config(model_name: str, model_version: str | None = None) -> dict[str, Any]:
        served = context.models.named(model_name, model_version)
        return {
            "name": served.name,
            "platform": PLATFORM,
            "backend": "onnxruntime",
            "max_batch_size": context.limits.images,
            "input": [{"name": INPUT, "data_type": "TYPE_UINT8", "format": "FORMAT_NHWC", "dims": [-1, -1, 3]}],
            "output": [
                {"name": PROBABILITIES, "data_type": "TYPE_FP32", "dims": [len(served.labels)]},
                {"name": FEATURES, "data_type": "TYPE_FP32", "dims": [-1]},
                {"name": NOVELTY, "data_type": "TYPE_FP32", "dims": [1], "reshape": {"shape": []}},
                {"name": VERDICT, "data_type": "TYPE_STRING", "dims": [1], "reshape": {"shape": []}},
            ],
        }


def _infer(router: APIRouter, context: Context) -> None:
    @router.post(
        MODEL + "/infer",
        response_model=None,
        openapi_extra={"requestBody": INFER_BODY},
        summary="Classify a batch",
        operation_id="v2_infer",
    )
    @router.post(VERSION + "/infer", include_in_schema=False, response_model=None)
    async def infer(request: Request, model_name: str, model_version: str | None = None) -> Response:
        """The tensor `image` is UINT8 `[N, H, W, 3]`, or BYTES `[N]` with image files (in JSON: as base64)."""
        served = context.models.named(model_name, model_version)
        body, length = await request.body(), request.headers.get(HEADER_LENGTH)
        if len(body) <= SMALL_BODY:
            wanted = read_request(body, length, context.limits)
        else:
            wanted = await context.classifier.in_pool(lambda: read_request(body, length, context.limits))
        outputs = _wanted_outputs(wanted)
        features = any(output.name == FEATURES for output in outputs)
        answers = [_read(each) for each in await context.classifier.answers(served, wanted.images, Wish(features))]
        head: dict[str, Any] = {"model_name": served.name, "model_version": str(served.version)}
        if wanted.id is not None:
            head["id"] = wanted.id
        content, json_length = write_reply(head, [_tensor(output, answers) for output in outputs])
        if json_length is None:
            return Response(content, media_type="application/json")
        return Response(content, headers={HEADER_LENGTH: str(json_length)}, media_type="application/octet-stream")


def _wanted_outputs(wanted: InferenceRequest) -> tuple[WantedOutput, ...]:
    for output in wanted.outputs:
        if output.name not in (PROBABILITIES, FEATURES, NOVELTY, VERDICT):
            raise bad(f"There is no output “{output.name[:80]}”.")
    everything = tuple(WantedOutput(name, wanted.binary) for name in (PROBABILITIES, FEATURES))
    return wanted.outputs or everything


def _read(answer: Answer | RequestError) -> Answer:
    if isinstance(answer, RequestError):
        raise RequestError(413 if answer.status == 413 else 400, answer.message, answer.hint)
    return answer


def _tensor(output: WantedOutput, answers: list[Answer]) -> OutputTensor:
    if output.name == VERDICT:
        return OutputTensor(VERDICT, np.array([answer.said.verdict for answer in answers], dtype=object), output.binary)
    if output.name == NOVELTY:
        novelty = [answer.said.novelty for answer in answers]
        if None in novelty:
            raise bad(f"The model has no output “{NOVELTY}”.")
        return OutputTensor(NOVELTY, np.array(novelty, np.float32), output.binary)
    rows = [answer.probabilities if output.name == PROBABILITIES else answer.said.features for answer in answers]
    values = np.stack([row for row in rows if row is not None])
    if output.classes:
        labels = answers[0].labels if output.name == PROBABILITIES else None
        texts = [_classes(row, labels, min(output.classes, len(row))) for row in values]
        return OutputTensor(output.name, np.array(texts, dtype=object), output.binary)
    return OutputTensor(output.name, values, output.binary)


def _classes(row: Any, labels: tuple[str, ...] | None, count: int) -> list[str]:
    """Write the highest values as “value:index:label”, as Triton does."""
    order = np.argsort(-row, kind="stable")[:count]
    return [f"{row[at]:.6f}:{at}" + (f":{labels[at]}" if labels else "") for at in order]
