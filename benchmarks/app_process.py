"""The app in a process of its own, watched from outside: when it is up, and its memory."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 180.0


@dataclass(frozen=True)
class RunningApp:
    """A server: its address, its process id, and when it was started (time.perf_counter)."""

    url: str
    pid: int
    started: float

    def megabytes(self) -> float:
        """Resident memory of the server, in MB (10^6 bytes)."""
        command = ["ps", "-o", "rss=", "-p", str(self.pid)]
        kibibytes = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return int(kibibytes) * 1024 / 1e6


@contextmanager
def running_app(
    module: Sequence[str] = ("streamlit", "run", "app.py"), **environment: str
) -> Iterator[RunningApp]:
    """Run `python -m MODULE ...` with a port; end it on leaving.

    Raises:
        RuntimeError: when it ends, or does not answer in three minutes, with what it wrote.
    """
    port = _free_port()
    command = [sys.executable, "-m", *module, "--server.port", str(port)]
    names = ("STREAMLIT_", "BERT_EXPLORER_MODEL")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(names)}
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryFile() as log:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**inherited, "HOME": home, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        app = RunningApp(f"http://127.0.0.1:{port}", process.pid, started)
        try:
            if not _is_healthy(app, process):
                log.seek(0)
                wrote = log.read().decode("utf-8", "replace")
                raise RuntimeError(f"the app did not start:\n{wrote}")
            yield app
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _is_healthy(app: RunningApp, process: subprocess.Popen[bytes]) -> bool:
    """Wait for the server to answer; False when it ends or stays silent."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while process.poll() is None and time.perf_counter() - app.started < PATIENCE_S:
        try:
            with direct.open(f"{app.url}/_stcore/health", timeout=5):
                return True
        except OSError:
            time.sleep(0.02)
    return False
