"""The shapes of the answers, as the OpenAPI document shows them."""

from pydantic import BaseModel, Field


class RankedLabel(BaseModel):
    """A label and how sure the model is of it."""

    label: str
    confidence: float = Field(description="Calibrated probability, 0 to 1")


class OneReply(BaseModel):
    """The answer to one image."""

    predictions: list[RankedLabel] = Field(description="Best first")
    accepted: bool = Field(description="Whether the rule of the model, or the threshold, accepts the best label")
    verdict: str = Field(description="accepted, unsure (too improbable) or unknown (unlike every class)")
    novelty: float | None = Field(description="0 (like a class) to 1 (like none); null for a model without")
    features: list[float] | None = Field(default=None, description="If asked for")
    heatmap: str | None = Field(default=None, description="A PNG in base64, if asked for")
    model: str
    time_ms: float = Field(description="From the last byte of the request to the answer, in milliseconds")


class BatchEntry(BaseModel):
    """One image of several: predictions, or the problem why there are none."""

    predictions: list[RankedLabel] | None = None
    accepted: bool | None = None
    verdict: str | None = None
    novelty: float | None = None
    features: list[float] | None = None
    heatmap: str | None = None
    problem: str | None = None


class BatchReply(BaseModel):
    """The answer to several images, in the order they were sent."""

    results: list[BatchEntry]
    model: str
    time_ms: float


class Health(BaseModel):
    """Whether the server answers, or has its model loaded."""

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
    name: str = Field(description="The model's name as it stands in addresses")
    model_version: int = Field(description="Counts the models this server has loaded, from 1")
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
