"""Building an index: documents -> shards of word vectors -> FAISS and SQLite.

Every file appears whole or not at all, and what is there is not made again, so that a run that was
killed goes on with the same command. Memory holds one shard, or one FAISS part, at a time.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bert_core.checkpoint.fingerprint import fingerprint
from bert_core.checkpoint.load import Checkpoint
from bert_core.index import files
from bert_core.index.corpus import Corpus
from bert_core.index.finish import finish, remove_shards
from bert_core.index.job import Job, Progress, Settings, Workers
from bert_core.index.manifest import Finished, Manifest, begin, read_finished, write_manifest
from bert_core.index.plan import plan_shards
from bert_core.index.pos import Tagger
from bert_core.index.shards import shard_rows


def build_index(
    checkpoint: Checkpoint,
    corpus: Corpus,
    folder: Path,
    settings: Settings | None = None,
    tagger: Tagger | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    say: Callable[[str], None] = lambda line: None,
    workers: Workers | None = None,
) -> Finished:
    """Build the index of a corpus, or go on with it, or find it finished.

    Args:
        checkpoint: the model whose vectors are indexed.
        corpus: the text.
        folder: made when it is not there; on storage that all workers share.
        settings: layers, limit, sizes.
        tagger: says parts of speech, if there is one.
        on_progress: called after each shard.
        say: called with a line on what is being done otherwise.
        workers: this process, when left out.

    Raises:
        ValueError: for a layer the model does not have, a corpus without words or no longer
            there, a folder that holds an index of other things, no space left on the disk.
    """
    settings, workers = settings or Settings(), workers or Workers()
    wanted = _wanted(checkpoint, corpus, settings, tagger, workers)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with files.locked(folder):
            kept = begin(folder, wanted)
            if kept is not None and (folder / files.INFO).is_file():
                remove_shards(folder, workers)  # if the last run was killed before it did
                return read_finished(folder)
            files.remove_partial(folder)
            manifest = kept or _plan(checkpoint, corpus, folder, wanted, say)
            job = Job(folder, manifest, checkpoint, corpus, tagger)
            _check_space(job)
            _embed(job, workers, on_progress)
            return finish(job, workers, say)
    except (OSError, RuntimeError) as error:
        if not _is_full(error):
            raise
        raise ValueError(
            f"the disk of {folder} is full; free some space and give the same command again: "
            "it goes on where it stopped"
        ) from error


def _wanted(
    checkpoint: Checkpoint,
    corpus: Corpus,
    settings: Settings,
    tagger: Tagger | None,
    workers: Workers,
) -> Manifest:
    """The manifest as far as it is known without reading the corpus."""
    config = checkpoint.model.config
    last = config.num_hidden_layers
    layers = tuple(sorted(set(settings.layers or (last // 2, last))))
    for layer in layers:
        if not 0 <= layer <= last:
            raise ValueError(f"layer is {layer}; it must be from 0 to {last}")
    return Manifest(
        corpus=corpus.name,
        corpus_fingerprint=corpus.fingerprint,
        model=checkpoint.name,
        fingerprint=fingerprint(checkpoint),
        precision=str(checkpoint.model.embeddings.token.weight.dtype).removeprefix("torch."),
        layers=layers,
        width=config.hidden_size,
        tagger=None if tagger is None else tagger.name,
        limit=settings.limit,
        shard_words=settings.shard_words,
        exact_rows=settings.exact_rows,
        parts_of=workers.part_shards,
    )


def _plan(
    checkpoint: Checkpoint,
    corpus: Corpus,
    folder: Path,
    wanted: Manifest,
    say: Callable[[str], None],
) -> Manifest:
    said = time.monotonic()

    def counted(done: int) -> None:
        nonlocal said
        if time.monotonic() - said > 5:
            said = time.monotonic()
            say(f"counting words: document {done:,} of {len(corpus):,}")

    plan = plan_shards(corpus, checkpoint.tokenizer, wanted.limit, wanted.shard_words, counted)
    manifest = replace(wanted, shards=plan.shards, words=plan.words)
    write_manifest(folder, manifest)
    return manifest


def _embed(job: Job, workers: Workers, on_progress: Callable[[Progress], None]) -> None:
    """Make every shard that is missing."""
    missing, manifest = job.missing_shards(), job.manifest
    total = len(manifest.shards)
    done = sum(
        shard_rows(job.folder, at) for at in sorted(set(range(total)) - set(missing))
    )
    started, tokens, fresh = time.monotonic(), 0, 0
    for at, report in enumerate(workers.run(job.make_shard, missing), 1):
        seconds = max(time.monotonic() - started, 1e-9)
        tokens, fresh = tokens + report.tokens, fresh + report.words
        left = max(0, manifest.words - done - fresh) * seconds / max(fresh, 1)
        on_progress(
            Progress(
                total - len(missing) + at, total, done + fresh, manifest.words,
                tokens / seconds, left,
            )
        )  # fmt: skip


def _check_space(job: Job) -> None:
    """Raises ValueError when the disk is clearly too small for what is left to do."""
    manifest = job.manifest
    share = len(job.missing_shards()) / len(manifest.shards)
    shard_bytes = 2 * manifest.width * len(manifest.layers) * manifest.words * share
    exact = manifest.words <= manifest.exact_rows
    index_bytes = (2 if exact else 1) * manifest.width * len(manifest.layers) * manifest.words
    there = sum(path.stat().st_size for path in job.folder.glob("layer-*.faiss"))
    needed, free = shard_bytes + index_bytes - there, shutil.disk_usage(job.folder).free
    if needed > free:
        raise ValueError(
            f"{job.folder} has {free / 1e9:.1f} GB free, but {needed / 1e9:.1f} GB more are "
            "needed; free some, or take fewer layers or a limit in another folder"
        )


def _is_full(error: Exception) -> bool:
    """Whether a library (the system, Arrow, FAISS, SQLite) says so; each has its own error."""
    said = str(error).lower()
    return any(words in said for words in ("no space left", "disk is full", "quota exceeded"))
