"""The same index whether it was made in one go or in pieces."""

import multiprocessing
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from bert_core.checkpoint.load import Checkpoint
from bert_core.index import build, finish, shards
from bert_core.index.build import build_index
from bert_core.index.corpus import Corpus, open_corpus
from bert_core.index.job import Progress
from tests.index.conftest import SMALL, Built, contents, make_corpus


def stop_at(calls: int, function: Callable[..., object]) -> Callable[..., object]:
    """The function, which is interrupted at its call of this number."""
    count = 0

    def counted(*arguments: object, **named: object) -> object:
        nonlocal count
        count += 1
        if count == calls:
            raise KeyboardInterrupt
        return function(*arguments, **named)

    return counted


@pytest.mark.parametrize(
    ("module", "name", "call"),
    [
        (shards, "_write", 1),
        (shards, "_write", 3),
        (finish, "write_database", 1),
        (finish.vectors, "train", 2),
        (finish.vectors, "fill", 1),
        (finish.vectors, "fill", 3),
        (finish, "write_finished", 1),
        (finish, "remove_shards", 1),
        (build, "write_manifest", 1),
    ],
)
def test_an_index_goes_on_where_it_stopped(
    bert: Checkpoint, corpus: Corpus, built: Built, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, module: object, name: str, call: int,
) -> None:  # fmt: skip
    folder = tmp_path / "index"
    with monkeypatch.context() as patched:
        patched.setattr(module, name, stop_at(call, getattr(module, name)))
        with pytest.raises(KeyboardInterrupt):
            build_index(bert, corpus, folder, SMALL)
    there = set((folder / "shards").glob("[0-9]*"))
    made = []
    patched_make = shards.make_shard
    monkeypatch.setattr(
        "bert_core.index.job.make_shard", lambda *a: (made.append(a[1]), patched_make(*a))[1]
    )
    assert build_index(bert, corpus, folder, SMALL) == built.finished
    assert contents(folder) == contents(built.folder)
    assert not there & {folder / "shards" / f"{number:05}" for number in made}


def _killed(bert: Checkpoint, corpus: Corpus, folder: Path) -> None:
    def kill(progress: Progress) -> None:
        if progress.shard == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    build_index(bert, corpus, folder, SMALL, on_progress=kill)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_an_index_goes_on_after_its_process_was_killed(
    bert: Checkpoint, corpus: Corpus, built: Built, tmp_path: Path
) -> None:
    process = multiprocessing.get_context("spawn").Process(
        target=_killed, args=(bert, corpus, tmp_path)
    )
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    assert len(list((tmp_path / "shards").iterdir())) == 2
    (tmp_path / "shards" / "00002.1.part").mkdir()
    reports: list[Progress] = []
    build_index(bert, corpus, tmp_path, SMALL, on_progress=reports.append)
    assert contents(tmp_path) == contents(built.folder)
    assert reports[0].shard == 3 and reports[-1].shard == reports[-1].shards


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        RuntimeError("write error in x.faiss: 0 != 24 (No space left on device)"),
        sqlite3.OperationalError("database or disk is full"),
    ],
)
def test_a_full_disk_is_named_and_the_work_goes_on(
    bert: Checkpoint, corpus: Corpus, built: Built, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, error: Exception,
) -> None:  # fmt: skip
    def full(*arguments: object) -> None:
        raise error

    places = {
        OSError: (shards, "_write"),
        RuntimeError: (finish.vectors, "fill"),
        sqlite3.OperationalError: ("bert_core.index.metadata._Writer.finish", full),
    }
    with monkeypatch.context() as patched:
        place = places[type(error)]
        patched.setattr(*(place if callable(place[1]) else (*place, full)))
        with pytest.raises(ValueError, match="the disk of .* is full; free some space and"):
            build_index(bert, corpus, tmp_path, SMALL)
    build_index(bert, corpus, tmp_path, SMALL)
    assert contents(tmp_path) == contents(built.folder)


def test_a_text_that_vanishes_is_named_and_the_work_goes_on(
    bert: Checkpoint, built: Built, tmp_path: Path
) -> None:
    folder = make_corpus(tmp_path / "corpus")
    corpus, last = open_corpus(str(folder)), folder / "06.txt"
    text = last.read_text(encoding="utf-8")

    def vanish(progress: Progress) -> None:
        last.unlink(missing_ok=True)

    with pytest.raises(ValueError, match=r"folder/06\.txt of .* cannot be read any more"):
        build_index(bert, corpus, tmp_path / "index", SMALL, on_progress=vanish)
    last.write_text(text, encoding="utf-8")
    build_index(bert, open_corpus(str(folder)), tmp_path / "index", SMALL)
    expected = contents(built.folder)
    found = contents(tmp_path / "index")
    for name in ("manifest.json", "index.json"):  # which name the folder of the corpus
        assert found.pop(name) and expected.pop(name)
    assert found == expected


def test_a_broken_shard_is_named_and_can_be_made_again(
    bert: Checkpoint, corpus: Corpus, built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(finish, "write_database", stop_at(1, finish.write_database))
        with pytest.raises(KeyboardInterrupt):
            build_index(bert, corpus, tmp_path, SMALL)
    shard = tmp_path / "shards" / "00001"
    words = shard / "words.parquet"
    words.write_bytes(words.read_bytes()[:500])
    with pytest.raises(ValueError, match="00001 cannot be read .*delete that folder"):
        build_index(bert, corpus, tmp_path, SMALL)
    shutil.rmtree(shard)
    build_index(bert, corpus, tmp_path, SMALL)
    assert contents(tmp_path) == contents(built.folder)
