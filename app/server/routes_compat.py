"""Addresses and forms of other programs, so that what calls those can call this server unchanged."""

import json
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from app.server.bodies import from_base64, json_of, no_base64
from app.server.classify import Answer
from app.server.context import Context
from app.server.models import Served
from app.server.problems import FAILURES, RequestError
from app.server.routes_predict import PREDICT_BODY

VERDICT_HEADER = "X-Verdict"
BEST = 5  # labels that TorchServe's image classifier gives
SCORE_COLUMN = "image base64 string"
BODY = {"requestBody": PREDICT_BODY}
CUSTOM_VISION = "/customvision/{api}/Prediction/{project}/classify/iterations/{iteration}"
NAMES = uuid.UUID("5c2f3a52-6b1d-4a0e-9a53-0d5e8f1c7a10")  # of this program, for numbers that stay the same
JSON_BODY: dict[str, Any] = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}


def compat_routes(context: Context) -> APIRouter:
    """Return the routes of Lobe, TorchServe, Custom Vision and Microsoft's tutorial."""
    router = APIRouter(responses=FAILURES)
    _lobe(router, context)
    _torchserve(router, context)
    _custom_vision(router, context)
    _tutorial(router, context)
    return router


def _lobe(router: APIRouter, context: Context) -> None:
    @router.post(
        "/v1/predict/{model_id}",
        response_model=None,
        openapi_extra={"requestBody": JSON_BODY},
        summary="As Lobe's local server does",
        operation_id="lobe",
        tags=["Lobe"],
    )
    async def lobe(request: Request, model_id: str) -> dict[str, Any]:
        """The body is `{"image": base64}`, or `{"inputs": {"Image": base64}}` as in Lobe's first versions."""
        served = context.models.current()
        body = await request.body()
        value = json_of(body)
        if isinstance(value, dict) and isinstance(value.get("inputs"), dict):
            answer = await context.classifier.answer(served, _base64(value["inputs"].get("Image")))
            ranked = answer.ranked()
            pairs = [[each["label"], each["confidence"]] for each in ranked]
            return {"outputs": {"Labels": pairs, "Prediction": [ranked[0]["label"]]}, **answer.rule}
        answer = await context.one_answer(served, request)
        return {"predictions": answer.ranked(), **answer.rule}


def _torchserve(router: APIRouter, context: Context) -> None:
    @router.get("/ping", summary="TorchServe's health; needs no token", operation_id="ping", tags=["TorchServe"])
    async def ping() -> dict[str, str]:
        context.models.current()
        return {"status": "Healthy"}

    @router.post(
        "/predictions/{model_name}",
        response_model=None,
        openapi_extra=BODY,
        summary="As TorchServe's image classifier does",
        operation_id="torchserve",
        tags=["TorchServe"],
    )
    @router.put("/predictions/{model_name}", include_in_schema=False, response_model=None)
    @router.post("/predictions/{model_name}/{model_version}", include_in_schema=False, response_model=None)
    @router.put("/predictions/{model_name}/{model_version}", include_in_schema=False, response_model=None)
    async def torchserve(
        request: Request, response: Response, model_name: str, model_version: str | None = None
    ) -> dict[str, float]:
        """The image is the body, or the field `data` of a form; the answer has the five best labels.

        The header `X-Verdict` tells whether the model's rule accepts it: accepted, unsure or unknown.
        """
        served = context.models.named(model_name, model_version)
        answer = await context.one_answer(served, request)
        response.headers[VERDICT_HEADER] = answer.said.verdict
        return {each["label"]: each["confidence"] for each in answer.ranked(BEST)}


def _custom_vision(router: APIRouter, context: Context) -> None:
    options: dict[str, Any] = {"response_model": None, "tags": ["Custom Vision"]}

    @router.post(
        CUSTOM_VISION + "/image",
        openapi_extra=BODY,
        summary="As Custom Vision's prediction does",
        operation_id="custom_vision_image",
        **options,
    )
    @router.post(CUSTOM_VISION + "/image/nostore", include_in_schema=False, **options)
    async def image(request: Request, api: str, project: str, iteration: str) -> dict[str, Any]:
        """The token may stand in the header `Prediction-Key`; any project and iteration mean this model."""
        served = context.models.current()
        return _custom_vision_reply(served, await context.one_answer(served, request), project)

    @router.post(
        CUSTOM_VISION + "/url",
        openapi_extra={"requestBody": JSON_BODY},
        summary="The same for an address",
        operation_id="custom_vision_url",
        **options,
    )
    @router.post(CUSTOM_VISION + "/url/nostore", include_in_schema=False, **options)
    async def url(request: Request, api: str, project: str, iteration: str) -> dict[str, Any]:
        """The body is `{"Url": address}`; only if the server was told to fetch addresses."""
        served = context.models.current()
        value = json_of(await request.body())
        address = value.get("Url", value.get("url")) if isinstance(value, dict) else None
        if not isinstance(address, str):
            raise RequestError(422, "The JSON has no “Url” (a text).", "Send the image itself to …/image.")
        answer = await context.classifier.answer(served, await context.fetched(address))
        return _custom_vision_reply(served, answer, project)


def _custom_vision_reply(served: Served, answer: Answer, project: str) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "project": project,
        "iteration": str(uuid.uuid5(NAMES, served.model.info.model_sha256)),
        "created": served.model.info.created,
        "predictions": [
            {
                "probability": each["confidence"],
                "tagId": str(uuid.uuid5(NAMES, each["label"])),
                "tagName": each["label"],
                "tagType": "Regular",
            }
            for each in answer.ranked()
        ],
        **answer.rule,
    }


def _tutorial(router: APIRouter, context: Context) -> None:
    @router.post(
        "/score",
        response_model=None,
        openapi_extra={"requestBody": JSON_BODY},
        summary="As Microsoft's tutorial for CNTK does",
        operation_id="score",
        tags=["Microsoft's tutorial"],
    )
    @router.post("/api/v1/service/{service}/score", include_in_schema=False, response_model=None)
    async def score(
        request: Request,
        legacy: Annotated[bool, Query(description="The answer as the tutorial gave it: JSON within a text")] = False,
    ) -> Any:
        """The body is `{"input_df": [{"image base64 string": base64}]}`."""
        served = context.models.current()
        value = json_of(await request.body())
        rows = value.get("input_df") if isinstance(value, dict) else None
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            raise RequestError(
                422,
                "The JSON has no “input_df” with rows.",
                f'Send {{"input_df": [{{"{SCORE_COLUMN}": "…base64…"}}]}}.',
            )
        # The tutorial looks at the first row alone.
        answer = await context.classifier.answer(served, _base64(rows[0].get(SCORE_COLUMN)))
        if legacy:
            return JSONResponse(_legacy_score(answer), headers={VERDICT_HEADER: answer.said.verdict})
        return _clean_score(answer)


def _clean_score(answer: Answer) -> dict[str, Any]:
    best = answer.ranked(1)[0]
    return {
        "label": best["label"],
        "score": best["confidence"],
        "allScores": [float(each) for each in answer.probabilities],
        "Id2Labels": {str(at): label for at, label in enumerate(answer.labels)},
        "executionTimeMs": round(answer.milliseconds, 3),
        **answer.rule,
    }


def _legacy_score(answer: Answer) -> str:
    """Return what the tutorial returned: a JSON text in which every value is a text as Python prints it."""
    clean = _clean_score(answer)
    words = {
        "label": clean["label"],
        "score": str(clean["score"]),
        "allScores": "[" + " ".join(f"{each:.8g}" for each in clean["allScores"]) + "]",
        "Id2Labels": str(dict(enumerate(answer.labels))),
        "executionTimeMs": str(clean["executionTimeMs"]),
    }
    return json.dumps(words)


def _base64(text: Any) -> bytes:
    data = from_base64(text)
    if data is None:
        raise no_base64()
    return data
