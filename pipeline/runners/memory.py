"""Memory that a process has once had it keeps for its next batch.

A batch is some tens of megabytes in a few large arrays, and the next one needs as many. By default the C library gives
each back to the system at once, and Arrow's own allocator does so a second later: every page is then asked for and
zeroed again, a twentieth of the CPU of a job.
"""

import ctypes

import pyarrow as pa

__all__ = ["keep_memory"]

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Of `mallopt` (malloc.h of the GNU C library)."""
_MOST_MAPPED = 32 << 20
"""Arrays of up to 32 MiB come from the heap and not from the system: the most that the C library takes for it."""
_KEPT_BYTES = 256 << 20
"""Free memory at the heap's end that is not given back."""


def keep_memory() -> None:
    """Have the C library keep what is freed, and Arrow take its memory from there; nothing where there is no such way.

    To be called by a process that is a job's alone, before it reads.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    mallopt(_M_MMAP_THRESHOLD, _MOST_MAPPED)
    mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
    pa.set_memory_pool(pa.system_memory_pool())
