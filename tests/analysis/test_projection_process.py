"""The process that makes maps: one after the other, cancelled, crashed, gone with its parent."""

import io
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bert_core.analysis import projection_child
from bert_core.analysis.projection import ProjectionCancelled, project
from bert_core.analysis.projection_child import Child
from bert_core.analysis.projection_process import Job, Projector
from bert_core.outputs import ProjectionSettings

ROOT = Path(__file__).resolve().parents[2]
PCA = ProjectionSettings(method="pca")
PATIENCE = 120
"""Seconds, for a machine that does other things too."""
MANY_LAYERS = 30_000

Array = np.ndarray[Any, Any]


def vectors(layers: int = 2, points: int = 12, seed: int = 0) -> Array:
    random = np.random.default_rng(seed)
    return random.normal(size=(layers, points, 8)).astype(np.float32)


def submit(projector: Projector, seed: int = 0, **settings: Any) -> Job:
    wanted = ProjectionSettings(**{"method": "pca", **settings})
    return projector.submit(vectors(seed=seed), wanted, (0, 6))


def submit_long(projector: Projector) -> Job:
    """A map that takes so long that it does not end by itself while a test looks at it."""
    layers = tuple(range(MANY_LAYERS))
    job = projector.submit(np.tile(vectors(1), (MANY_LAYERS, 1, 1)), PCA, layers)
    wait_until(lambda: job.progress[1] > 0)
    return job


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


def process_id(projector: Projector) -> int:
    assert projector._child is not None
    return projector._child._process.pid


def gone(pid: int) -> bool:
    """Whether a process has ended; one that only waits to be reaped by another has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def projector() -> Iterator[Projector]:
    made = Projector()
    yield made
    made.close()


def test_a_map_is_that_of_project(projector: Projector) -> None:
    assert projector.state == "cold" and projector._child is None, "nothing runs before it must"
    job = submit(projector)
    found = job.result(PATIENCE)
    expected = project(vectors(), PCA, (0, 6))
    np.testing.assert_array_equal(found.points, expected.points)
    assert (found.settings, found.layers, found.notes) == (PCA, (0, 6), expected.notes)
    assert job.done() and job.progress == ("done", 1)
    assert job.part is not None and job.part.layers == (6,)
    np.testing.assert_array_equal(job.part.points, expected.points[1:])
    wait_until(lambda: projector.state == "cold")
    maps = Path(f"/proc/{process_id(projector)}/maps").read_text()
    assert "numpy" in maps and "llvmlite" not in maps, "PCA must not load UMAP"


def test_what_cannot_be_mapped_is_said_and_the_process_goes_on(projector: Projector) -> None:
    with pytest.raises(ValueError, match="neighbours is 1; it must be 2 or more"):
        submit(projector, neighbours=1).result(PATIENCE)
    pid = process_id(projector)
    assert submit(projector).result(PATIENCE).points.any()
    assert process_id(projector) == pid


def test_many_threads_get_their_own_maps(projector: Projector) -> None:
    found: dict[int, Array] = {}

    def visit(seed: int) -> None:
        found[seed] = submit(projector, seed).result(PATIENCE).points

    threads = [threading.Thread(target=visit, args=(seed,)) for seed in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in range(12):
        np.testing.assert_array_equal(found[seed], project(vectors(seed=seed), PCA, (0, 6)).points)


def test_cancelling_what_runs_ends_the_process_and_loses_no_other_job(
    projector: Projector,
) -> None:
    long, second, third = submit_long(projector), submit(projector), submit(projector, 3)
    pid = process_id(projector)
    assert projector.state == "busy" and not second.done()
    assert second.progress == ("waiting for another map", 0)
    text, share = long.progress
    assert text.startswith("PCA, layer ") and 0 < share < 1
    with pytest.raises(TimeoutError):
        long.result(0.01)
    second.cancel()
    long.cancel()
    for job in (long, second):
        assert job.done()
        with pytest.raises(ProjectionCancelled):
            job.result()
    expected = project(vectors(seed=3), PCA, (0, 6)).points
    np.testing.assert_array_equal(third.result(PATIENCE).points, expected)
    assert gone(pid) and process_id(projector) != pid
    third.cancel()
    assert third.result().points is not None, "what is done stays done"


def test_a_crash_is_said_and_the_next_job_gets_a_new_process(projector: Projector) -> None:
    long, waiting = submit_long(projector), submit(projector)
    os.kill(process_id(projector), signal.SIGKILL)
    with pytest.raises(RuntimeError, match=r"ended unexpectedly \(exit status -9\); if memory"):
        long.result(PATIENCE)
    assert waiting.result(PATIENCE).points.any()
    idle = projector._child  # the projector lets go of it as soon as it sees its end
    assert idle is not None
    os.kill(process_id(projector), signal.SIGKILL)
    wait_until(lambda: not idle.alive)
    assert submit(projector).result(PATIENCE).points.any()


def test_closing_ends_everything(projector: Projector) -> None:
    long, waiting = submit_long(projector), submit(projector)
    pid = process_id(projector)
    projector.close()
    for job in (long, waiting):
        with pytest.raises(ProjectionCancelled, match="closed"):
            job.result(0)
    assert not Path(f"/proc/{pid}").exists(), "neither alive nor a zombie"
    assert projector.state == "cold"
    for ask in (projector.warm, lambda: submit(projector)):
        with pytest.raises(RuntimeError, match="the projector is closed"):
            ask()
    projector.close()


def test_where_no_process_can_start_the_job_says_so(
    projector: Projector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projection_child, "COMMAND", ("/no/such/program",))
    with pytest.raises(RuntimeError, match="no process could be started"):
        submit(projector).result(PATIENCE)
    monkeypatch.undo()
    assert submit(projector).result(PATIENCE).points.any()


def test_where_umap_cannot_be_loaded_only_its_jobs_fail(
    projector: Projector, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "umap.py").write_text("raise ImportError('umap is broken')")
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); " \
        "from bert_core.analysis.projection_worker import main; main()"  # fmt: skip
    monkeypatch.setattr(projection_child, "COMMAND", (sys.executable, "-c", program))
    with pytest.raises(RuntimeError, match="UMAP could not be loaded: umap is broken"):
        submit(projector, method="umap").result(PATIENCE)
    assert projector.state == "cold"
    assert submit(projector).result(PATIENCE).points.any()


@pytest.mark.parametrize(("sign", "layers"), [(signal.SIGKILL, 1), (signal.SIGTERM, MANY_LAYERS)])
def test_it_ends_with_its_parent(sign: int, layers: int) -> None:
    """Both while it waits for work and while it does some."""
    program = (
        "import sys, time, numpy as np\n"
        "from bert_core.analysis.projection_process import Projector\n"
        "from bert_core.outputs import ProjectionSettings\n"
        "projector = Projector()\n"
        f"vectors = np.random.default_rng(0).normal(size=(1, 12, 8)).repeat({layers}, 0)\n"
        f"settings, layers = ProjectionSettings(method='pca'), tuple(range({layers}))\n"
        "job = projector.submit(vectors, settings, layers)\n"
        "while not job.progress[1]: time.sleep(0.01)\n"
        "heavy = {'umap', 'numba', 'sklearn', 'torch'} & set(sys.modules)\n"
        "print(projector._child._process.pid, *heavy, flush=True)\n"
        "time.sleep(1000)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    with parent.stdout:
        pid, *heavy = parent.stdout.readline().split()
    assert not heavy, "the app's own process stays small"
    assert not gone(int(pid))
    parent.send_signal(sign)
    parent.wait()
    wait_until(lambda: gone(int(pid)))


def test_what_libraries_print_does_not_disturb_replies() -> None:
    program = (
        "from bert_core.analysis.projection_worker import _sender\n"
        "send = _sender()\n"
        "print('noise', flush=True)\n"
        "import os; os.write(1, b'noise')\n"
        "send('done', 3)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True)
    replies = io.BytesIO(ran.stdout)
    assert pickle.load(replies) == ("done", 3) and not replies.read()
    assert ran.stderr.count(b"noise") == 2


def environment_of(process: int) -> list[bytes]:
    """Return the environment of a process just started: empty while it is laid out."""
    waited = time.monotonic() + 20
    while not (found := Path(f"/proc/{process}/environ").read_bytes()):
        assert time.monotonic() < waited, "the process has no environment"
        time.sleep(0.01)
    return found.split(b"\0")


def test_compiled_code_goes_where_it_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept_in(cache: Path | None) -> str | None:
        child = Child(cache)
        try:
            environment = environment_of(child._process.pid)
        finally:
            child.end()
        found = [one.decode() for one in environment if one.startswith(b"NUMBA_CACHE_DIR=")]
        return found[0].partition("=")[2] if found else None

    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    assert kept_in(None) is None
    assert kept_in(tmp_path / "new" / "cache") == str(tmp_path / "new" / "cache")
    (tmp_path / "file").write_text("")
    instead = kept_in(tmp_path / "file" / "cache")
    assert instead and "numba-" in instead and not Path(instead).exists(), "removed at the end"
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert kept_in(tmp_path / "other") == str(tmp_path)


def test_umap_is_warmed_in_the_background_and_kept_warm(projector: Projector) -> None:
    projector.warm()
    assert projector.state == "warming"
    early = submit(projector, method="umap", neighbours=5)
    wait_until(lambda: early.progress[0] == "UMAP is being loaded, once")
    first = early.result(PATIENCE)
    assert first.settings.method == "umap" and np.isfinite(first.points).all()
    wait_until(lambda: projector.state == "ready")
    pid = process_id(projector)
    again = submit(projector, method="umap", neighbours=5).result(PATIENCE)
    np.testing.assert_array_equal(again.points, first.points)
    assert process_id(projector) == pid
    submit_long(projector).cancel()
    wait_until(lambda: projector.state == "warming")
