"""Python's search for garbage, which stops every thread: 0.2 s with the rows of a hundred thousand images."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collection_paused(keep: bool = False) -> Iterator[None]:
    """Make many objects without a search after every few; with `keep`, later searches leave them out too.

    For plain rows and lists, which refer to nothing that refers back: they are freed when the last name drops them.
    """
    gc.disable()
    try:
        yield
    finally:
        if keep:
            gc.freeze()
        gc.enable()
