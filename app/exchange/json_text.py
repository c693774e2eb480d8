"""Read other programs' JSON."""

import json
from pathlib import Path
from typing import Any

from app.errors import InputError
from app.exchange.preview import read_text


def read_json_text(path: Path) -> Any:
    """Read a JSON file; raises InputError where it is damaged."""
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"“{path.name}” is not valid JSON.", "Export it again.", str(error)) from error


def as_labels(value: Any) -> tuple[str, ...] | None:
    """Return the labels in a JSON value: a text, a number or a list of them; None where there is none."""
    if value is None:
        return None
    if isinstance(value, list):
        return tuple(label for one in value for label in as_labels(one) or ())
    if isinstance(value, dict):
        return as_labels(value.get("choices"))
    return (str(value),) if str(value).strip() else ()
