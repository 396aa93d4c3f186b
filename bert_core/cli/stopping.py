"""Ctrl-C, or a polite end of the process, that waits until the work at hand is done."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_between_steps() -> Iterator[Callable[[], bool]]:
    """Yields whether somebody asked to stop. The second time they ask, it does not wait."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # the only one to get signals
        yield asked.is_set
        return

    def ask(number: int, frame: object) -> None:
        asked.set()
        print("stopping after this step; Ctrl-C again stops at once", file=sys.stderr, flush=True)
        restore()

    before = {number: signal.signal(number, ask) for number in SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    try:
        yield asked.is_set
    finally:
        restore()
