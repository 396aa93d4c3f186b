"""Batches made ahead by other processes, for a device that reads faster than one can make them.

A batch takes a processor about as long as it takes a GPU to learn from it, so several passes over
the text are made at once, each in a process of its own, and handed out in order: what is read is
the same, whoever made it.
"""

from __future__ import annotations

import multiprocessing
import queue
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from itertools import count
from multiprocessing.connection import Connection
from typing import Any, TypeVar

Made = TypeVar("Made")

AHEAD = 256
"""Most batches that wait for their turn, for each process."""


def in_order(
    make: Callable[[int], Iterator[Made]], workers: int, first: int = 0
) -> Generator[Made, None, None]:
    """What `make` gives for `first`, then for the next number, and so on without an end.

    Args:
        make: makes one pass; called in other processes, which begin as copies of this one.
        workers: how many processes; with 0 all is made here, when it is asked for.
        first: number of the first pass.

    Raises:
        RuntimeError: when a process ended before its time; what it raised, it has printed.
    """
    if not workers:
        for number in count(first):
            yield from make(number)
    passes = [_Worker(make, first + at, workers) for at in range(workers)]
    try:
        for number in count():
            yield from passes[number % workers].one_pass()
    finally:
        for one in passes:
            one.end()


class _Worker:
    """A process that makes every `step`-th pass from `first` on, and what it has sent so far."""

    def __init__(self, make: Callable[[int], Iterator[Any]], first: int, step: int) -> None:
        context = multiprocessing.get_context("fork")
        here, there = context.Pipe(duplex=False)
        self._sent: queue.Queue[Any] = queue.Queue(AHEAD)
        self._ended = threading.Event()
        self._process = context.Process(
            target=_make_passes, args=(make, first, step, here, there), daemon=True
        )
        self._process.start()
        there.close()
        threading.Thread(target=self._receive, args=(here,), daemon=True).start()

    def _receive(self, pipe: Connection) -> None:
        with closing(pipe):
            while not self._ended.is_set():
                try:
                    self._put(pipe.recv())
                except (EOFError, OSError):
                    self._put((None, True))
                    return

    def _put(self, item: Any) -> None:
        while not self._ended.is_set():
            try:
                return self._sent.put(item, timeout=0.2)
            except queue.Full:
                continue

    def one_pass(self) -> Iterator[Any]:
        """What is left of the pass that is being made."""
        while True:
            made, broken = self._sent.get()
            if broken:
                raise RuntimeError("a process that makes batches has ended; its error is above")
            if made is None:
                return
            yield made

    def end(self) -> None:
        """Stop the process."""
        self._ended.set()
        self._process.kill()
        self._process.join()


def _make_passes(
    make: Callable[[int], Iterator[Any]], first: int, step: int, here: Connection, there: Connection
) -> None:
    """Runs in the other process: (a thing made, False) for each, (None, False) after a pass."""
    for asked in (signal.SIGINT, signal.SIGTERM):  # the parent answers, and ends this one
        signal.signal(asked, signal.SIG_IGN)
    here.close()  # the parent's end is then the only one: writing fails once the parent is gone
    for number in count(first, step):
        try:
            for made in make(number):
                there.send((made, False))
            there.send((None, False))
        except (BrokenPipeError, KeyboardInterrupt):
            return
