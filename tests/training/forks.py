"""Commands in processes of their own, without the seconds that each would spend on imports.

A process that has imported what they need waits for orders, and forks itself for each. The fork
runs a module as `python -m` does, with an environment, an output and an exit status of its own,
and it can be killed like any process. `python -m tests.training.forks` is the one that waits.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch.distributed import TCPStore

ROOT = Path(__file__).resolve().parents[2]
IMPORTED = (
    "bert_core.cli.parser", "bert_core.training.recipe", "tests.training.test_sense_contrast",
    "accelerate", "torch._dynamo", "torch.distributed.fsdp", "torch.distributed.tensor",
)  # fmt: skip
"""What a training imports in its course."""


def one_thread() -> dict[str, str]:
    """The environment of this moment; the number of threads, which changes rounding, is one."""
    return {**os.environ, "OMP_NUM_THREADS": "1"}


class Fork:
    """A process that was begun: as much of `subprocess.Popen` as is needed.

    Args:
        arguments: a Python, "-m", a module, and what the module is given.
        environment: what it is told besides that of this moment with one thread.
    """

    def __init__(self, arguments: list[str], environment: dict[str, str] | None = None) -> None:
        assert arguments[1] == "-m"
        self._output = [tempfile.NamedTemporaryFile() for _ in range(2)]
        self.returncode: int | None = None
        self._pid: int = _ask(
            module=arguments[2], arguments=arguments[3:],
            environment={**one_thread(), **(environment or {})},
            output=[file.name for file in self._output],
        )  # fmt: skip

    def poll(self) -> int | None:
        """The exit status; None before the end."""
        if self.returncode is None:
            self.returncode = _ask(pid=self._pid)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self._pid, number)

    def communicate(self, timeout: float = 60) -> tuple[str, str]:
        """Wait for the end, and give what was said."""
        end = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > end:
                self.send_signal(signal.SIGKILL)
                raise TimeoutError(f"no end after {timeout} s; it said {self.said()}")
            time.sleep(0.01)
        return self.said()

    def said(self) -> tuple[str, str]:
        """What was printed so far to standard output and standard error."""
        output, errors = (Path(file.name).read_text("utf-8") for file in self._output)
        return output, errors


def run_together(
    arguments: list[str],
    processes: int,
    environment: dict[str, str] | None = None,
    timeout: float = 200,
    kill_when: Callable[[], bool] = lambda: False,
) -> str:
    """What so many processes print that know of each other what torchrun tells them.

    As under torchrun, the store where they meet is kept here, and all end when one has failed.
    With `kill_when`, all are killed then.
    """
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    told = {
        "WORLD_SIZE": str(processes), "LOCAL_WORLD_SIZE": str(processes),
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(store.port),
        "TORCHELASTIC_USE_AGENT_STORE": "True", "TORCHELASTIC_RESTART_COUNT": "0",
    }  # fmt: skip
    ranks = [
        Fork(arguments, {**(environment or {}), **told, "RANK": str(rank), "LOCAL_RANK": str(rank)})
        for rank in range(processes)
    ]
    end, killed = time.monotonic() + timeout, False
    while None in (codes := [process.poll() for process in ranks]):
        killed = killed or kill_when()
        if killed or any(codes) or time.monotonic() > end:
            for process in ranks:
                process.send_signal(signal.SIGKILL)
        time.sleep(0.01)
    said = [process.communicate() for process in ranks]
    assert killed or codes == [0] * processes, f"exit statuses {codes}: {said}"
    return "".join(output for output, _ in said)


@cache
def _waiting() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.training.forks"], cwd=ROOT, env=one_thread(), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    atexit.register(process.communicate)  # without orders it ends
    return process


def _ask(**order: Any) -> Any:
    process = _waiting()
    assert process.stdin is not None and process.stdout is not None
    print(json.dumps(order), file=process.stdin, flush=True)
    return json.loads(process.stdout.readline())


def _wait_for_orders() -> None:
    for name in IMPORTED:
        importlib.import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        if "pid" in order:
            ended, status = os.waitpid(order["pid"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if ended else None
        else:
            answer = os.fork()
            if answer == 0:
                return _become(**order)
        print(json.dumps(answer), flush=True)


def _become(
    module: str, arguments: list[str], environment: dict[str, str], output: list[str]
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for number, path in enumerate((os.devnull, *output)):
        opened = os.open(path, os.O_RDWR)
        os.dup2(opened, number)
        os.close(opened)
    torch.set_num_threads(int(environment["OMP_NUM_THREADS"]))  # which was read long ago
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _wait_for_orders()
