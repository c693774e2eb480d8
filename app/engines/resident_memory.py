"""How much memory this process holds. CNTK's Python 3.6 imports this, too: the standard library alone."""

import ctypes
import os
import sys

MEGABYTE = 1e6
STATM = "/proc/self/statm"


def resident_mb() -> float:
    """Return the megabytes of memory that this process holds; on macOS the most that it held."""
    if os.path.exists(STATM):
        import resource

        with open(STATM) as stream:
            return int(stream.read().split()[1]) * resource.getpagesize() / MEGABYTE
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
