"""The app as a visitor meets it: `streamlit run app.py` in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120.0


@dataclass(frozen=True)
class AppServer:
    """A running app: its address, without a slash at the end, and the file its output goes to."""

    url: str
    log: Path

    def log_tail(self, lines: int = 60) -> str:
        """The last `lines` lines the server wrote."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])


@contextmanager
def serve_app(home: Path, root: Path = ROOT) -> Iterator[AppServer]:
    """Run the app that lies in `root` on a free port, with `home` as HOME; end it on leaving.

    Raises:
        RuntimeError: when the server ends or stays silent before it is healthy, with its log.
    """
    port = _free_port()
    server = AppServer(f"http://127.0.0.1:{port}", home / "streamlit.log")
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    with server.log.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=root,
            env=_environment(home),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_healthy(process, server)
        yield server
    finally:
        _end(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _environment(home: Path) -> dict[str, str]:
    ours = ("STREAMLIT_", "BERT_EXPLORER_MODEL")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return {**kept, "HOME": str(home), "PYTHONUNBUFFERED": "1"}


def _wait_until_healthy(process: subprocess.Popen[bytes], server: AppServer) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the app ended, status {process.returncode}:\n{server.log_tail()}")
        try:
            with direct.open(f"{server.url}/_stcore/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"the app was not healthy in {START_SECONDS:.0f} s:\n{server.log_tail()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, signal_number)
        except ProcessLookupError:
            break
        try:
            process.wait(timeout=10)
            break
        except subprocess.TimeoutExpired:
            continue
