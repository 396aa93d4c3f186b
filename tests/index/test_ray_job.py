"""Ray workers make the same index, also when one of them is killed."""

import os
import signal
import sys
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from bert_core.checkpoint.load import Checkpoint
from bert_core.index import job
from bert_core.index.build import build_index
from bert_core.index.corpus import Corpus
from bert_core.index.ray_job import ray_map, ray_workers
from bert_core.index.search import open_index
from bert_core.index.shards import ShardReport, read_vectors
from tests.index.conftest import LAYERS, SMALL, Brute, Built

needs_ray = pytest.mark.skipif(
    find_spec("ray") is None, reason="Ray is an optional requirement and not installed"
)


def test_without_ray_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ray", "ray.data"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ValueError, match="Ray is not installed; pip install -r requirements-opt"):
        ray_workers(2)
    with pytest.raises(ValueError, match="0 workers; there must be at least 1"):
        ray_workers(0)


def make_or_die(make: partial[ShardReport], flag: Path, number: int) -> ShardReport:
    """Makes a shard; the first worker that is given shard 2 is killed."""
    if number == 2 and not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return make(number)


@pytest.fixture
def ray_ends() -> Iterator[None]:
    """Ends the Ray that the test started."""
    yield
    import ray

    ray.shutdown()


@needs_ray
@pytest.mark.usefixtures("ray_ends")
def test_workers_make_the_same_rows_though_one_is_killed(
    bert: Checkpoint, corpus: Corpus, built: Built, brute: Brute, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    flag, folder = tmp_path / "killed", tmp_path / "index"
    whole = job.Job.make_shard

    class Deadly(job.Job):
        def make_shard(self, number: int) -> ShardReport:
            return make_or_die(partial(whole, self), flag, number)

    monkeypatch.setattr("bert_core.index.build.Job", Deadly)
    finished = build_index(bert, corpus, folder, SMALL, workers=ray_workers(2))
    assert flag.exists(), "no worker was killed"
    assert finished.info == built.finished.info and finished.parts > 3
    opened = open_index(folder)
    every = range(len(brute.rows))
    assert opened._metadata.places(every) == built.opened._metadata.places(every)
    for layer in LAYERS:
        held = [read_vectors(folder, shard, layer) for shard in range(finished.parts)]
        np.testing.assert_allclose(np.concatenate(held), brute.vectors[layer], atol=1e-3)
        vector = brute.vectors[layer][5]
        found, alone = (each.nearest(vector, layer, 10) for each in (opened, built.opened))
        assert {c.sentence for c in found.contexts} == {c.sentence for c in alone.contexts}
        cosines = [[context.cosine for context in each.contexts] for each in (found, alone)]
        assert cosines[0] == pytest.approx(cosines[1], abs=1e-3)
    assert list(ray_map(abs, [], 2)) == []
