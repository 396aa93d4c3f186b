"""The process that makes maps for `projection_process`: reads requests, answers until told to stop.

    python -m bert_core.analysis.projection_worker      started by Projector, not by hand

On standard input come pickled requests from the process that started this one: "warm", or the
arguments of `project`. On standard output go pickled replies (kind, content). When the input ends,
because that process closed it or is gone, this one ends at once, whatever it was doing.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, BinaryIO

from bert_core.analysis.projection import project
from bert_core.analysis.projection_layouts import warm_umap

WARM, PROGRESS, PART, DONE, FAILED = "warm", "progress", "part", "done", "failed"

Send = Callable[[str, Any], None]


def main() -> None:
    """Answer requests until the input ends."""
    send = _sender()
    requests: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, requests), daemon=True).start()
    while True:
        _answer(requests.get(), send)


def _sender() -> Send:
    """Sends replies on what was standard output; what libraries print goes to standard error."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    lock = threading.Lock()  # UMAP's progress bar may speak from a thread of its own

    def send(kind: str, content: Any) -> None:
        with lock:
            pickle.dump((kind, content), replies, pickle.HIGHEST_PROTOCOL)
            replies.flush()

    return send


def _read(stream: BinaryIO, requests: SimpleQueue[Any]) -> None:
    """Queue requests as they come; end the process when no more can come."""
    try:
        while True:
            requests.put(pickle.load(stream))
    finally:
        os._exit(0)


def _answer(request: Any, send: Send) -> None:
    try:
        if request == WARM:
            warm_umap()
            send(DONE, None)
        else:
            vectors, settings, layers = request
            done = project(
                vectors, settings, layers,
                on_progress=lambda *report: send(PROGRESS, report),
                on_part=lambda part: send(PART, part),
            )  # fmt: skip
            send(DONE, done)
    except Exception as error:  # whatever it is, the one who asked is told
        send(FAILED, (isinstance(error, ValueError), str(error) or type(error).__name__))


if __name__ == "__main__":
    main()
