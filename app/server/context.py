"""What the routes share: the model, the pool, the limits, and what the server was told to allow."""

from dataclasses import dataclass

from starlette.requests import Request

from app.server.bodies import Images, images_of
from app.server.classify import Answer, Classifier
from app.server.fetch import SWITCHED_OFF, fetch
from app.server.limits import MEBIBYTE, Limits
from app.server.models import ModelHolder, Served
from app.server.problems import RequestError

SMALL_BODY = MEBIBYTE  # taken apart at once; a larger one in the pool, so that others do not wait for it


@dataclass(frozen=True)
class Context:
    """Handed to every group of routes; `allow_url` is "public", "any" or ""."""

    models: ModelHolder
    classifier: Classifier
    limits: Limits
    allow_url: str = ""

    async def images(self, request: Request) -> Images:
        """Return the images of a request, fetched if it names an address; raises RequestError."""
        body = await request.body()
        content_type = request.headers.get("content-type", "")
        if len(body) <= SMALL_BODY:
            images = images_of(body, content_type, self.limits)
        else:
            images = await self.classifier.in_pool(lambda: images_of(body, content_type, self.limits))
        return Images((await self.fetched(images.url),), batch=False) if images.url else images

    async def fetched(self, url: str) -> bytes:
        """Return what is at an address; raises RequestError."""
        if not self.allow_url:
            raise SWITCHED_OFF
        return await self.classifier.in_pool(lambda: fetch(url, self.limits.body_bytes, self.allow_url))

    async def one_answer(self, served: Served, request: Request) -> Answer:
        """Answer the only image of a request; raises RequestError."""
        images = await self.images(request)
        if len(images.encoded) > 1:
            raise RequestError(422, "This address takes one image at a time.", "Send several to /predict.")
        return await self.classifier.answer(served, images.encoded[0])
