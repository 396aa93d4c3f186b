"""The second half of building: finished shards -> one SQLite file, FAISS files for every layer."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from bert_core.index import files, vectors
from bert_core.index.job import Job, Workers
from bert_core.index.manifest import Finished, Manifest, write_finished
from bert_core.index.metadata import Counts, write_database
from bert_core.index.shards import read_vectors
from bert_core.outputs import FloatArray, IndexInfo


def finish(job: Job, workers: Workers, say: Callable[[str], None]) -> Finished:
    """Write FAISS and SQLite files of finished shards, and the note that all is there.

    What is there already is not made again.

    Raises:
        ValueError: when a shard is broken.
    """
    folder, manifest = job.folder, job.manifest
    say("writing words and sentences")
    counts = write_database(folder / files.DATABASE, folder, len(manifest.shards))
    kind = vectors.kind_of(counts.words, manifest.exact_rows)
    say(f"indexing {counts.words:,} vectors for each layer ({kind})")
    for layer in manifest.layers:
        _train(job, kind, layer)
    parts = [(layer, number) for layer in manifest.layers for number in range(job.parts)]
    paths = [files.part_file(folder, layer, number) for layer, number in parts]
    missing = [at for at, path in enumerate(paths) if not path.is_file()]
    make = partial(_make_part, folder, len(manifest.shards), manifest.parts_of, parts)
    for _ in workers.run(make, missing):
        pass
    names = [files.DATABASE, *(path.name for path in paths)]
    sizes = {name: (folder / name).stat().st_size for name in names}
    info = _info(manifest, counts, kind)
    finished = Finished(info, sizes, job.parts, counts.left_out)
    write_finished(folder, finished)
    remove_shards(folder, workers)
    return finished


def remove_shards(folder: Path, workers: Workers) -> None:
    """Remove what a finished index no longer needs, unless it is to be kept."""
    if not workers.keep_shards:
        shutil.rmtree(folder / "shards", ignore_errors=True)


def _info(manifest: Manifest, counts: Counts, kind: str) -> IndexInfo:
    return IndexInfo(
        corpus=manifest.corpus,
        model=manifest.model,
        fingerprint=manifest.fingerprint,
        layers=manifest.layers,
        tokens=counts.words,
        sentences=counts.sentences,
        documents=counts.documents,
        kind=kind,
        parts_of_speech=manifest.tagger is not None,
    )


def _train(job: Job, kind: str, layer: int) -> None:
    """Write the layer's index without vectors, unless it is there."""
    path = files.trained_file(job.folder, layer)
    if not path.is_file():
        sample = np.concatenate(list(_sample(job, vectors.sample_size(kind), layer)))
        vectors.train(kind, job.manifest.width, sample, path)


def _sample(job: Job, size: int, layer: int) -> Iterator[FloatArray]:
    """About `size` vectors, drawn from every shard alike."""
    rng = np.random.default_rng(vectors.SEED)
    yield np.empty((0, job.manifest.width), dtype=np.float32)
    shards = len(job.manifest.shards)
    for number in range(shards if size else 0):
        held = read_vectors(job.folder, number, layer)
        share = min(len(held), -(-size // shards))
        yield held[np.sort(rng.choice(len(held), share, replace=False))].astype(np.float32)


def _make_part(
    folder: Path, shards: int, part_shards: int, parts: list[tuple[int, int]], at: int
) -> int:
    """Write the FAISS part that is number `at` in the list of (layer, part), from its shards."""
    layer, number = parts[at]
    own = range(number * part_shards, min((number + 1) * part_shards, shards))
    arrays = (read_vectors(folder, shard, layer) for shard in own)
    vectors.fill(files.trained_file(folder, layer), arrays, files.part_file(folder, layer, number))
    return at
