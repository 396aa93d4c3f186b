"""One training at a time; others wait for their turn."""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path

from bert_core.training.job import Job

MOST_WAITING = 20
MOST_KEPT = 20
"""Runs that are over and can still be looked at."""


class JobQueue:
    """All runs of this server, and the thread they run in, a daemon: it ends with the server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._waiting: deque[Job] = deque()
        self._thread: threading.Thread | None = None
        self.current: Job | None = None

    def submit(self, job: Job) -> None:
        """Put a run at the end of the queue; also one that was paused.

        Raises:
            ValueError: when too many wait.
        """
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                raise ValueError(
                    f"{MOST_WAITING} trainings wait already; start yours when some are done"
                )
            job.enqueue()
            self._jobs[job.id] = job
            self._waiting.append(job)
            self._forget_old()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="training", daemon=True)
                self._thread.start()

    def find(self, id: str) -> Job | None:
        """The run of that name."""
        return self._jobs.get(id)

    def ahead(self, job: Job) -> int:
        """How many come before it; 0 for the one that runs, or will at once."""
        with self._lock:
            if job not in self._waiting:
                return 0
            return self._waiting.index(job) + (self.current is not None)

    @property
    def jobs(self) -> list[Job]:
        """All runs that can be looked at, the latest first."""
        with self._lock:
            return list(self._jobs.values())[::-1]

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @property
    def busy(self) -> tuple[Path, ...]:
        """The folder of the run that goes on."""
        running = self.current
        return () if running is None else (running.files.folder,)

    def stop(self, job: Job) -> None:
        """End a run, wherever it is; what it has learned is kept."""
        with self._lock:
            if job is self.current:
                job.stop()
                return
            if job in self._waiting:
                self._waiting.remove(job)
        if not job.over:
            job.end()

    def _forget_old(self) -> None:
        ended = [id for id, job in self._jobs.items() if job.over]
        for id in ended[: max(0, len(ended) - MOST_KEPT)]:
            del self._jobs[id]

    def _work(self) -> None:
        while True:
            with self._lock:
                self.current = self._waiting.popleft() if self._waiting else None
                if self.current is None:
                    self._thread = None
                    return
            self.current.run()
