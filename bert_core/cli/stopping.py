"""Ctrl-C, a closed terminal or a polite end of the process: waits until a step is done."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_between_steps() -> Iterator[Callable[[], bool]]:
    """Yields whether somebody asked to stop, for the work to call between its steps.

    Before the first call there is nothing to lose: who asks then stops the preparations at once,
    as does who asks a second time. A process that is to outlive its terminal (nohup) still does.

    Raises:
        KeyboardInterrupt: where somebody asked before the first call.
    """
    asked, begun = threading.Event(), threading.Event()

    def whether() -> bool:
        begun.set()
        return asked.is_set()

    if threading.current_thread() is not threading.main_thread():  # the only one to get signals
        yield whether
        return

    def ask(number: int, frame: object) -> None:
        if not begun.is_set():
            raise KeyboardInterrupt("stopped before the first step; nothing was to be saved")
        asked.set()
        print("stopping after this step; Ctrl-C again stops at once", file=sys.stderr, flush=True)
        restore()

    heard = list(SIGNALS)
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        heard.append(signal.SIGHUP)
    before = {number: signal.signal(number, ask) for number in heard}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    try:
        yield whether
    finally:
        restore()
