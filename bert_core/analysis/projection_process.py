"""Maps made in a process of their own, one after the other, so that nobody waits for a compiler.

UMAP takes seconds to import and to compile, hundreds of megabytes, and must not be entered from two
threads at once. So one child process holds it: `Projector.warm` prepares it in the background, and
the threads of many visitors hand their jobs to it.

    submit -> queue -> a thread that owns the process -> projection_worker -> Job

The child is started by its own command, not by `multiprocessing`, which would run the main program
of the app again. It ends with this process, also when that is killed: its input ends then.
"""

from __future__ import annotations

import atexit
import pickle
import threading
from collections import deque
from pathlib import Path
from typing import Any, Literal

import numpy as np

from bert_core.analysis.projection import ProjectionCancelled
from bert_core.analysis.projection_child import Child
from bert_core.analysis.projection_worker import FAILED, PART, PROGRESS, WARM
from bert_core.outputs import FloatArray, Projection, ProjectionSettings

State = Literal["cold", "warming", "ready", "busy"]


class Job:
    """A map that was asked for."""

    def __init__(self, projector: Projector, request: Any) -> None:
        self.request = request
        self._projector = projector
        self._over = threading.Event()
        self._progress: tuple[str, float] | None = None
        self._part: Projection | None = None
        self._result: Projection | None = None
        self._error: Exception | None = None

    @property
    def needs_umap(self) -> bool:
        """Whether UMAP must be compiled for it."""
        settings: ProjectionSettings = self.request[1]
        return settings.method == "umap"

    def done(self) -> bool:
        """Whether there is a result, or an error."""
        return self._over.is_set()

    @property
    def progress(self) -> tuple[str, float]:
        """What is being done for it, in words, and which share of it is done."""
        return self._progress or (self._projector.waits_for(self), 0.0)

    @property
    def part(self) -> Projection | None:
        """The map of the layers that are done so far, from the last one down."""
        return self._part

    def result(self, timeout: float | None = None) -> Projection:
        """The map, as soon as it is there.

        Raises:
            ValueError: for what cannot be mapped.
            RuntimeError: when it went wrong.
            ProjectionCancelled: when it was cancelled.
            TimeoutError: when it is not there after `timeout` seconds.
        """
        if not self._over.wait(timeout):
            raise TimeoutError(f"the map is not ready after {timeout} s")
        if self._error is not None:
            raise self._error
        assert self._result is not None
        return self._result

    def cancel(self) -> None:
        """Stop it, if it is not done; other jobs are not touched."""
        self._projector.cancel(self)

    def finish(self, outcome: Projection | Exception) -> None:
        """Set what came of it; the first outcome stays. For the projector, which holds its lock."""
        if self.done():
            return
        if isinstance(outcome, Projection):
            self._result, self._progress = outcome, ("done", 1.0)
        else:
            self._error = outcome
        self.request = (None, self.request[1], self.request[2])  # the vectors are not needed again
        self._over.set()

    def tell(self, progress: tuple[str, float] | Projection) -> None:
        """Set how far it is, or what is done so far."""
        if isinstance(progress, Projection):
            self._part = progress
        else:
            self._progress = progress


class Projector:
    """The process that makes maps, and the queue before it. Every method may be called from any
    thread, and none but `Job.result` waits for a map.

    Args:
        cache: folder for compiled code, so that the next start is quicker; None leaves the choice
            to numba: beside umap's own files, or in the home folder.
    """

    def __init__(self, cache: Path | None = None) -> None:
        self._cache = cache
        self._changed = threading.Condition()
        self._queue: deque[Job] = deque()
        self._current: Job | None = None
        self._child: Child | None = None
        self._wants_warm = self._is_warm = self._is_warming = self._closed = False
        self._thread: threading.Thread | None = None

    def warm(self) -> None:
        """Start the process, and import and compile UMAP in it, in the background."""
        with self._changed:
            self._wants_warm = True
            self._wake()

    @property
    def state(self) -> State:
        """'busy' with a map, 'warming' UMAP, 'ready' for UMAP, or 'cold': UMAP is not loaded."""
        with self._changed:
            if self._current is not None:
                return "busy"
            if self._is_warm and self._child is not None and self._child.alive:
                return "ready"
            coming = self._wants_warm and not self._is_warm and not self._closed
            return "warming" if coming else "cold"

    def submit(
        self, vectors: FloatArray, settings: ProjectionSettings, layers: tuple[int, ...]
    ) -> Job:
        """Ask for a map: `project` with these arguments. `vectors` must not change meanwhile."""
        job = Job(self, (np.asarray(vectors, dtype=np.float32), settings, tuple(layers)))
        with self._changed:
            self._queue.append(job)
            self._wants_warm |= job.needs_umap
            self._wake()
        return job

    def cancel(self, job: Job) -> None:
        """Stop a job: out of the queue, or by ending the process, for which a new one starts."""
        with self._changed:
            job.finish(ProjectionCancelled("the map was cancelled"))
            if job in self._queue:
                self._queue.remove(job)
            elif job is self._current and self._child is not None:
                self._child.kill()

    def waits_for(self, job: Job) -> str:
        """What a job that has not begun waits for."""
        with self._changed:
            if self._is_warming:
                return "UMAP is being loaded, once"
            waits = self._current is not None and self._current is not job
            return "waiting for another map" if waits else "starting"

    def close(self) -> None:
        """End the process; jobs that are not done are cancelled, and no more are taken."""
        with self._changed:
            self._closed = True
            for job in [*self._queue, *([self._current] if self._current else [])]:
                job.finish(ProjectionCancelled("the maps were closed"))
            self._queue.clear()
            if self._child is not None:
                self._child.kill()
            self._changed.notify_all()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=10)
        atexit.unregister(self.close)

    def _wake(self) -> None:
        if self._closed:
            raise RuntimeError("the projector is closed")
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="projector", daemon=True)
            self._thread.start()
            atexit.register(self.close)
        self._changed.notify_all()

    def _run(self) -> None:
        """Do what is asked, one after the other, until closed."""
        while self._take_next():
            with self._changed:
                child, job = self._child, self._current
            assert child is not None
            outcome = self._ask(child, WARM if job is None else job.request, job)
            with self._changed:
                self._note(job, outcome)
                self._current, self._is_warming = None, False
        with self._changed:
            self._drop_child()

    def _take_next(self) -> bool:
        """Wait for something to do and make it the current task; False when closed.

        What does not need UMAP goes before warming, so that it does not wait for a compiler.
        """
        with self._changed:
            while not self._closed:
                if self._child is not None and not self._child.alive:
                    self._drop_child()
                needs_warm = self._wants_warm and not self._is_warm
                if needs_warm and not (self._queue and not self._queue[0].needs_umap):
                    self._is_warming = True
                elif self._queue:
                    self._current = self._queue.popleft()
                else:
                    self._changed.wait()
                    continue
                if self._started():
                    return True
            return False

    def _started(self) -> bool:
        """Whether there is a child for the current task; without one it fails."""
        try:
            self._child = self._child or Child(self._cache)
        except OSError as error:
            self._note(self._current, RuntimeError(f"no process could be started: {error}"))
            self._current, self._is_warming = None, False
        return self._child is not None

    def _ask(self, child: Child, request: Any, job: Job | None) -> Any:
        """The answer to one request, or the exception that came of it."""
        try:
            child.send(request)
            while True:
                kind, content = child.receive()
                if kind == FAILED:
                    is_value, text = content
                    return ValueError(text) if is_value else RuntimeError(text)
                if kind not in (PROGRESS, PART):
                    return content
                if job is not None:
                    job.tell(content)
        except (EOFError, OSError, pickle.UnpicklingError):
            return RuntimeError(
                "the process that makes the maps ended unexpectedly "
                f"({child.end()}); if memory ran out, fewer points may fit"
            )

    def _note(self, job: Job | None, outcome: Any) -> None:
        """Keep what came of a job, or of warming (None)."""
        if job is not None:
            job.finish(outcome)
        elif isinstance(outcome, Exception):
            self._wants_warm = False
            for waiting in [job for job in self._queue if job.needs_umap]:
                self._queue.remove(waiting)
                waiting.finish(RuntimeError(f"UMAP could not be loaded: {outcome}"))
        else:
            self._is_warm = True

    def _drop_child(self) -> None:
        if self._child is not None:
            self._child.end()
        self._child, self._is_warm = None, False
