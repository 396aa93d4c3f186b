"""Memory that is used over and over, kept by the process between uses.

A training step frees and takes the same hundreds of megabytes again. By default the C library
returns every large block to the system and gets it anew, page by page and zeroed: on two cores
about half of the time of a step.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from typing import Any

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX, _ARENA_MAX = -1, -2, -4, -8
"""Names of the options in glibc's malloc.h."""
_NEVER, _STEP, _RESERVED = -1, 2**28, 2**32
_begin: int | None = None
"""Where the memory begins that is kept."""


def keep_freed_memory() -> bool:
    """Have the C library keep what is freed, and ask for large pages; False where it cannot.

    Call it before the first tensor is made. The memory stays as it is while the batches are of one
    shape, and grows with their variety: `return_freed_memory` keeps it in bounds.
    """
    library = _glibc()
    # One arena for all threads: those that others get give back what is freed.
    options = ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, _NEVER), (_TOP_PAD, _STEP), (_ARENA_MAX, 1))
    if library is None or not all(library.mallopt(*option) == 1 for option in options):
        return False
    global _begin
    _begin = library.sbrk(0) if _begin is None else _begin
    _ask_for_large_pages(library, _begin)
    return True


def return_kept_memory() -> bool:
    """`return_freed_memory`, where the process was told to keep it; elsewhere there is little."""
    return _begin is not None and return_freed_memory()


def return_freed_memory() -> bool:
    """Return to the system all memory that is free now; False where it cannot be asked for."""
    library = _glibc()
    done = library is not None and library.malloc_trim(0) == 1
    if done and _begin is not None:
        _ask_for_large_pages(library, _begin)
    return done


def _ask_for_large_pages(library: Any, begin: int) -> None:
    """For memory from there on, also what it will grow by, which is taken and freed untouched.

    PyTorch could ask, block by block (THP_MEM_ALLOC_ENABLE), but then lets each begin at a page of
    its own, and a freed block does not fit the next of its size: memory grows step by step.
    """
    library.free(library.malloc(_RESERVED))
    begin += -begin % mmap.PAGESIZE
    library.madvise(begin, library.sbrk(0) - begin, mmap.MADV_HUGEPAGE)


def _glibc() -> Any:
    """The C library, if it is the one that knows these calls."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    if not (hasattr(library, "mallopt") and hasattr(library, "malloc_trim")):
        return None
    size, place = ctypes.c_size_t, ctypes.c_void_p
    library.malloc.restype, library.malloc.argtypes = place, (size,)
    library.free.argtypes, library.madvise.argtypes = (place,), (place, size, ctypes.c_int)
    library.sbrk.restype, library.sbrk.argtypes = place, (ctypes.c_ssize_t,)
    return library
