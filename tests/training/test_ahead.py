"""Batches made by other processes are the same ones, in the same order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from bert_core.training.ahead import in_order
from bert_core.training.engine import Engine
from tests.training.test_loop import same, toy_arguments, trained

ROOT = Path(__file__).resolve().parents[2]


def drawn(number: int) -> Iterator[tuple[int, float, int]]:
    """A pass of other length and content each time; the last item says who made it."""
    chance = np.random.default_rng(number)
    for _ in range(3 + number % 4):
        yield number, chance.random(), os.getpid()


def test_what_others_make_comes_in_order() -> None:
    with closing(in_order(drawn, 0)) as here, closing(in_order(drawn, 3)) as there:
        expected, found = list(islice(here, 60)), list(islice(there, 60))
    assert [item[:2] for item in found] == [item[:2] for item in expected]
    assert {item[2] for item in expected} == {os.getpid()}
    makers = {item[2] for item in found}
    assert len(makers) == 3 and os.getpid() not in makers
    for maker in makers:
        with pytest.raises(ProcessLookupError):
            os.kill(maker, 0)


def test_a_maker_that_fails_is_no_end_of_the_text(capfd: pytest.CaptureFixture[str]) -> None:
    def failing(number: int) -> Iterator[int]:
        yield number
        if number == 2:
            raise ValueError("no more text")

    with closing(in_order(failing, 2)) as numbers:
        with pytest.raises(RuntimeError, match="its error is above"):
            list(islice(numbers, 10))
    assert "no more text" in capfd.readouterr().err


def test_makers_go_when_their_parent_is_killed() -> None:
    program = (
        "import os, time\nfrom bert_core.training.ahead import in_order\n"
        "def make(number):\n    while True:\n        yield os.getpid(), bytes(10**5)\n"
        "batches = in_order(make, 1)\nprint(next(batches)[0], flush=True)\ntime.sleep(100)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    maker = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    waited = time.monotonic() + 20
    while running(maker):
        assert time.monotonic() < waited, "the maker runs on"
        time.sleep(0.05)


def running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_training_with_makers_ends_in_the_same_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = toy_arguments(tokens=1_500)
    expected, _ = trained(arguments)
    monkeypatch.setattr(Engine, "makers", 2)
    found, lines = trained(arguments)
    assert len(lines) > 3 and same(found, expected)


def test_only_another_device_has_makers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 16)
    assert Engine().makers == 0
    assert Engine(torch.device("cuda")).makers == 8
