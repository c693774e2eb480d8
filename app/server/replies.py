"""The shapes of the answers, as the OpenAPI document shows them."""

from pydantic import BaseModel, Field


class RankedLabel(BaseModel):
    """A label and how sure the model is of it."""

    label: str
    confidence: float = Field(description="Calibrated probability, 0 to 1")


VERDICT = Field(description="accepted, unsure (too improbable) or unknown (unlike every class)")
NOVELTY = Field(description="0 (like a class) to 1 (like none); null in a model without")


class OneReply(BaseModel):
    """The answer to one image."""

    predictions: list[RankedLabel] = Field(description="Best first")
    accepted: bool = Field(description="Whether the model's rule accepts the best label")
    verdict: str = VERDICT
    novelty: float | None = NOVELTY
    model: str
    time_ms: float = Field(description="From the last byte of the request to the answer, in milliseconds")


class BatchEntry(BaseModel):
    """One image of several: predictions, or the problem why there are none."""

    predictions: list[RankedLabel] | None = None
    accepted: bool | None = None
    verdict: str | None = None
    novelty: float | None = None
    problem: str | None = None


class BatchReply(BaseModel):
    """The answer to several images, in the order they were sent."""

    results: list[BatchEntry]
    model: str
    time_ms: float


class Health(BaseModel):
    """The server answers and its model is loaded."""

    status: str


class Input(BaseModel):
    """What the model takes."""

    dtype: str
    layout: str
    colour: str
    size: str
    formats: list[str]
    most_images: int
    most_pixels: int
    most_bytes: int


class Info(BaseModel):
    """What the model is and how good it was measured to be."""

    model: str
    labels: list[str]
    engine: str
    created: str
    accuracy: float | None = Field(description="On test photos the training never saw")
    interval: list[float] | None = Field(description="95% interval of the accuracy")
    input: Input
    version: str = Field(description="Version of the program that made the model")


class Failure(BaseModel):
    """Why there is no answer, and what to do about it."""

    error: str
    hint: str
