"""A thread that trains beside others that answer."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import torch


@contextlib.contextmanager
def in_the_background() -> Iterator[None]:
    """Half of the processor's cores for this thread, so that others have the rest."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    torch.get_num_threads()  # which sets the number for this thread, before the limit
    with threadpool_limits(max(1, (os.cpu_count() or 2) // 2), user_api="openmp"):
        yield
