"""Memory that is used over and over, kept by the process between uses.

A training step frees and takes the same hundreds of megabytes again. By default the C library
returns every large block to the system and gets it anew, page by page and zeroed: on two cores
about half of the time of a step.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX, _ARENA_MAX = -1, -2, -4, -8
"""Names of the options in glibc's malloc.h."""
_KEPT, _STEP = 2**31 - 1, 2**28
_kept = False


def keep_freed_memory() -> bool:
    """Have the C library keep what is freed, and ask for large pages; False where it cannot.

    Call it before the first tensor is made. The memory grows with the variety of the batches:
    `return_freed_memory` from time to time keeps it in bounds.
    """
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # read by PyTorch's allocator
    library = _glibc()
    # One arena for all threads: those that others get give back what is freed.
    options = ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, _KEPT), (_TOP_PAD, _STEP), (_ARENA_MAX, 1))
    global _kept
    _kept = library is not None and all(library.mallopt(*option) == 1 for option in options)
    return _kept


def return_kept_memory() -> bool:
    """`return_freed_memory`, where the process was told to keep it; elsewhere there is little."""
    return _kept and return_freed_memory()


def return_freed_memory() -> bool:
    """Return to the system all memory that is free now; False where it cannot be asked for."""
    library = _glibc()
    return library is not None and library.malloc_trim(0) == 1


def _glibc() -> Any:
    """The C library, if it is the one that knows these calls."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
