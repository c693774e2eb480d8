"""The images in the body of a request: a form, the bare image, or JSON with base64."""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import FormParser, parse_options_header

from app.server.limits import Limits
from app.server.problems import RequestError

FORM, JSON, OCTETS = "multipart/form-data", "application/json", "application/octet-stream"
FORMS_HINT = (
    "Send the image itself with the content type image/jpeg or the like, a form (multipart/form-data) "
    'or JSON: {"image": "…base64…"}.'
)


@dataclass(frozen=True)
class Images:
    """Encoded images in the order they were sent; an image that is no valid base64 is None.

    With `url` there is no image yet: it is at that address.
    """

    encoded: tuple[bytes | None, ...]
    batch: bool
    url: str = ""


def images_of(body: bytes, content_type: str, limits: Limits) -> Images:
    """Take the images out of a request's body; raises RequestError. May take long: call it in a thread."""
    kind, options = parse_options_header(content_type)
    media = kind.decode("latin-1").lower()
    if not body:
        raise RequestError(400, "The request has no body.", FORMS_HINT)
    if media == FORM:
        images = _from_form(body, options.get(b"boundary"), limits)
    elif media == JSON or media.endswith("+json"):
        images = _from_json(body)
    elif not media or media == OCTETS or media.startswith("image/"):
        images = Images((body,), batch=False)
    else:
        raise RequestError(415, f"The server takes no body of the type “{media}”.", FORMS_HINT)
    return _checked(images, limits)


def _checked(images: Images, limits: Limits) -> Images:
    if not images.encoded and not images.url:
        raise RequestError(422, "The request holds no image.", FORMS_HINT)
    if len(images.encoded) > limits.images:
        raise too_many(limits)
    return images


def no_base64() -> RequestError:
    """Return the answer to a text that is no base64."""
    return RequestError(422, "The image is not valid base64.", "Encode the bytes of the image file in base64.")


def too_many(limits: Limits) -> RequestError:
    """Return the answer to a batch that is too large."""
    return RequestError(413, f"One request may hold {limits.images} images.", "Send them in several requests.")


def _from_form(body: bytes, boundary: bytes | None, limits: Limits) -> Images:
    if not boundary:
        raise RequestError(400, "The form has no boundary.", "Let the HTTP library set the content type itself.")
    files: list[bytes] = []
    ended: list[bool] = []
    parser = FormParser(
        FORM,
        on_field=None,
        on_file=_collector(files, limits),
        on_end=lambda: ended.append(True),
        boundary=boundary,
        config={"MAX_MEMORY_FILE_SIZE": len(body) + 1},  # the body is in memory already, never on disk
    )
    try:
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise RequestError(400, "The form is malformed.", "Let the HTTP library build it.") from error
    if not ended:
        raise RequestError(400, "The form ends too early.", "Let the HTTP library build it.")
    return Images(tuple(files), batch=len(files) > 1)


def _collector(files: list[bytes], limits: Limits) -> Callable[[Any], None]:
    def collect(file: Any) -> None:
        if len(files) >= limits.images:
            raise too_many(limits)
        # In memory, and the parser's own: it is not closed here, since some versions still flush it.
        file.file_object.seek(0)
        files.append(file.file_object.read())

    return collect


def json_of(body: bytes) -> Any:
    """Parse a body of JSON; raises RequestError 400."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestError(400, "The body is not valid JSON.", FORMS_HINT) from error


def _from_json(body: bytes) -> Images:
    value = json_of(body)
    if isinstance(value, dict) and isinstance(value.get("image"), str):
        image = from_base64(value["image"])
        if image is None:
            raise no_base64()
        return Images((image,), batch=False)
    if isinstance(value, dict) and isinstance(value.get("images"), list):
        return Images(tuple(from_base64(item) for item in value["images"]), batch=True)
    if isinstance(value, dict) and value.get("url") and isinstance(value["url"], str):
        return Images((), batch=False, url=value["url"])
    raise RequestError(422, "The JSON has neither “image” (a text) nor “images” (a list).", FORMS_HINT)


def from_base64(text: Any) -> bytes | None:
    """Decode base64, with or without line breaks, padding or a data-URL prefix; None where it is none."""
    if not isinstance(text, str):
        return None
    if text[:5].lower() == "data:":
        text = text.partition(",")[2]
    packed = "".join(text.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
