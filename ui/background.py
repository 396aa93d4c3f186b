"""What takes long is worked out in the background: looked at again, shared, and stopped at will."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, wait
from typing import Any, Generic, TypeVar

import streamlit as st

from bert_core.cancel import Cancelled
from ui import models

Answer = TypeVar("Answer")

SOON = 1.0
"""Seconds that an answer is waited for without showing that something is being done."""
MOST_KEPT = 32
"""Answers that are kept."""


class Work(Generic[Answer]):
    """A question to the model in use whose last argument says whether it is still wanted."""

    def __init__(self, question: Callable[..., Answer], *arguments: Any) -> None:
        self._stop = threading.Event()
        self._began = time.monotonic()
        self.future: Future[Answer] = models.submit(question, *arguments, self._stop.is_set)

    @property
    def seconds(self) -> float:
        """Since it was asked for."""
        return time.monotonic() - self._began

    def stop(self) -> None:
        """It is not wanted any more."""
        self._stop.set()


def answer(
    key: Hashable, question: Callable[..., Answer], *arguments: Any
) -> Answer | Work[Answer]:
    """The answer of `question(model in use, *arguments, cancelled)`, or what is at it.

    Nobody waits for it here: a press is answered only when the run before it has ended.

    Args:
        key: the same for the same answer.
        question: what is asked.
        arguments: of the question.

    Raises:
        Exception: whatever `question` raises.
    """
    known = _known()
    if key in known:
        return known[key]  # type: ignore[no-any-return]
    with _LOCK:
        running = _running()
        begun = key not in running
        if begun:
            running[key] = Work(question, *arguments)
        work = running[key]
    if begun:
        wait([work.future], SOON)
    if not work.future.done():
        return work
    running.pop(key, None)
    try:
        known[key] = work.future.result()
    except Cancelled:  # by somebody else
        return answer(key, question, *arguments)
    while len(known) > MOST_KEPT:
        known.pop(next(iter(known)))
    return known[key]  # type: ignore[no-any-return]


def stop(key: Hashable) -> None:
    """Stop what is at this answer."""
    if work := _running().pop(key, None):
        work.stop()


_LOCK = threading.Lock()


@st.cache_resource(show_spinner=False)
def _known() -> dict[Hashable, Any]:
    return {}


@st.cache_resource(show_spinner=False)
def _running() -> dict[Hashable, Work[Any]]:
    return {}
