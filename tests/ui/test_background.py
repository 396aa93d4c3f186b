"""Work in the background: answered soon, looked at again, shared, stopped, never stuck."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from bert_core.cancel import Cancelled, stop_if
from ui import background
from ui.background import Work


@pytest.fixture(autouse=True)
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One thread that hands each question "model" as the model."""
    with ThreadPoolExecutor(1) as pool:

        def submit(question: Callable[..., Any], *arguments: Any) -> Future[Any]:
            return pool.submit(question, "model", *arguments)

        monkeypatch.setattr(background.models, "submit", submit)
        monkeypatch.setattr(background, "SOON", 0.05)
        background._known.clear()
        background._running.clear()
        yield


def when(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_what_is_quick_is_there_at_once_and_asked_once() -> None:
    asked = []

    def double(model: str, number: int, cancelled: Callable[[], bool]) -> int:
        asked.append(model)
        return 2 * number

    assert background.answer("a", double, 4) == 8
    assert background.answer("a", double, 4) == 8
    assert asked == ["model"]


def test_what_takes_long_is_looked_at_again() -> None:
    go = threading.Event()

    def slow(model: str, cancelled: Callable[[], bool]) -> str:
        go.wait(10)
        return "done"

    work = background.answer("slow", slow)
    assert isinstance(work, Work) and work.seconds >= 0.05
    assert background.answer("slow", slow) is work
    go.set()
    when(work.future.done)
    assert background.answer("slow", slow) == "done"


def waits(model: str, cancelled: Callable[[], bool]) -> None:
    while True:
        stop_if(cancelled, "stopped")
        time.sleep(0.002)


def test_it_is_stopped_at_will_and_begun_again_when_wanted() -> None:
    work = background.answer("long", waits)
    assert isinstance(work, Work)
    background.stop("long")
    background.stop("long")
    when(work.future.done)
    assert isinstance(work.future.exception(), Cancelled)
    again = background.answer("long", waits)
    assert isinstance(again, Work) and again is not work
    again.stop()  # somebody else, who had it from before
    when(again.future.done)
    third = background.answer("long", waits)
    assert isinstance(third, Work) and third is not again
    background.stop("long")


def test_an_error_is_told_and_not_kept() -> None:
    def fails(model: str, cancelled: Callable[[], bool]) -> None:
        raise ValueError("too short")

    for _ in range(2):
        with pytest.raises(ValueError, match="too short"):
            background.answer("bad", fails)
