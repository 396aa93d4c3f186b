"""The child process of `projection_process`, as an object: start, send, receive, end."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "bert_core.analysis.projection_worker")


class Child:
    """A running `projection_worker`.

    Args:
        cache: folder for compiled code; None leaves the choice to numba.

    Raises:
        OSError: when no process can be started.
    """

    def __init__(self, cache: Path | None = None) -> None:
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._process = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self._environment(cache),
            start_new_session=True,  # an interrupt at the terminal is not for the child
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._requests, self._replies = self._process.stdin, self._process.stdout

    def _environment(self, cache: Path | None) -> dict[str, str]:
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        if cache is not None and "NUMBA_CACHE_DIR" not in os.environ:
            environment["NUMBA_CACHE_DIR"] = str(self._writable(cache))
        return environment

    def _writable(self, cache: Path) -> Path:
        """`cache`, or a folder for this process alone where it cannot be written to."""
        with contextlib.suppress(OSError):
            cache.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=cache).close()
            return cache
        self._temporary = tempfile.TemporaryDirectory(prefix="numba-", ignore_cleanup_errors=True)
        return Path(self._temporary.name)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def send(self, request: Any) -> None:
        """Hand over a request.

        Raises:
            OSError: when the process has ended.
        """
        pickle.dump(request, self._requests, pickle.HIGHEST_PROTOCOL)
        self._requests.flush()

    def receive(self) -> tuple[str, Any]:
        """The next reply: its kind and content, as `projection_worker` sends them.

        Raises:
            EOFError, OSError, pickle.UnpicklingError: when the process has ended.
        """
        reply: tuple[str, Any] = pickle.load(self._replies)
        return reply

    def kill(self) -> None:
        """Stop it at once; whoever waits for a reply gets an EOFError."""
        self._process.kill()

    def end(self) -> str:
        """Stop it, clear up after it, and say how it ended."""
        self._process.kill()
        status = self._process.wait()
        for stream in (self._requests, self._replies):
            with contextlib.suppress(OSError):
                stream.close()
        if self._temporary is not None:
            self._temporary.cleanup()
        return f"exit status {status}"
