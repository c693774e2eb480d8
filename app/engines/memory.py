"""How much memory this process has."""

import ctypes
import gc
import sys
from pathlib import Path

import torch

MEGABYTE = 1e6
STATM = Path("/proc/self/statm")


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


def resident_mb() -> float:
    """Return the megabytes of memory that this process holds; on macOS the most that it held."""
    if STATM.exists():
        import resource

        return int(STATM.read_text().split()[1]) * resource.getpagesize() / MEGABYTE
    if sys.platform == "win32":
        return _of_windows()
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE  # macOS counts bytes


def _of_windows() -> float:
    """Ask GetProcessMemoryInfo, whose PROCESS_MEMORY_COUNTERS has the working set in its fourth field."""

    class Counters(ctypes.Structure):
        _fields_ = (
            ("size", ctypes.c_ulong),
            ("faults", ctypes.c_ulong),
            ("peak", ctypes.c_size_t),
            ("working_set", ctypes.c_size_t),
            ("others", ctypes.c_size_t * 6),
        )

    counters = Counters(size=ctypes.sizeof(Counters))
    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    kernel.K32GetProcessMemoryInfo.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong)
    kernel.K32GetProcessMemoryInfo(kernel.GetCurrentProcess(), ctypes.byref(counters), counters.size)
    return counters.working_set / MEGABYTE
