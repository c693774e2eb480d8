"""Memory that torch no longer uses."""

import ctypes
import gc
import sys

import torch


def give_back() -> None:
    """Give memory that is no longer used back to the system, after there was too little of it.

    The C library keeps it, as it is told to (`KEEP_MEMORY`), and oneDNN then finds none for the code that it writes.
    """
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it
        if trim is not None:
            trim(0)
