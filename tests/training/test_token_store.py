"""A corpus tokenised once: the same rows as from memory, found again, rebuilt when damaged."""

import multiprocessing
import os
import resource
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bert_core.data.documents import Document
from bert_core.data.sentence_pairs import RowMaker
from bert_core.training import token_store
from bert_core.training.text import tokenise
from bert_core.training.token_store import StoredDocuments, stored_tokens
from tests.model.tiny import tiny_tokenizer
from tests.training.toy import SENTENCES


def documents(number: int = 9) -> list[Document]:
    return [
        Document(f"s/{at}", ("toy", "wordnet", "news")[at % 3],
                 tuple(SENTENCES[(at + i) % 4] for i in range(1 + at % 5)) + ("",))
        for at in range(number)
    ]  # fmt: skip


def test_what_is_stored_is_what_was_tokenised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_store, "AT_ONCE", 2)
    plain = tokenise(documents(), tiny_tokenizer())
    stored = stored_tokens(documents(), tiny_tokenizer(), tmp_path)
    assert len(stored) == len(plain)
    for one, other in zip(stored, plain, strict=True):
        assert tuple(one.sentences) == other.sentences
        assert (one.source, one.paired) == (other.source, other.paired)
        assert tuple(one.sentences[1:3]) == other.sentences[1:3]
        assert one.sentences[-1] == other.sentences[-1]
        with pytest.raises(IndexError):
            one.sentences[len(other.sentences)]
    maker = RowMaker(2, 3, 32)
    rows = [list(maker.rows(text, np.random.default_rng(4))) for text in (plain, stored)]
    assert rows[0] == rows[1] and rows[0]
    assert stored[1:3][0].source == plain[1].source


def test_it_is_tokenised_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored_tokens(documents(), tiny_tokenizer(), tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(token_store, "tokenise", lambda *_: 1 / 0)
        assert len(stored_tokens(documents(), tiny_tokenizer(), tmp_path)) == 9
        with pytest.raises(ZeroDivisionError):  # another text is another store
            stored_tokens(documents(8), tiny_tokenizer(), tmp_path)
    assert len(list((tmp_path / "tokens").iterdir())) == 1, "no half-written store is left"


def test_a_damaged_store_is_made_again(tmp_path: Path) -> None:
    stored_tokens(documents(), tiny_tokenizer(), tmp_path)
    (folder,) = (tmp_path / "tokens").iterdir()
    np.save(folder / "paired.npy", np.ones(3, dtype=bool))
    with pytest.raises(ValueError, match="is damaged; delete the folder"):
        StoredDocuments(folder)
    assert len(stored_tokens(documents(), tiny_tokenizer(), tmp_path)) == 9
    (folder / "ids.npy").unlink()
    assert len(stored_tokens(documents(), tiny_tokenizer(), tmp_path)) == 9


def test_ids_beyond_two_bytes_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = tiny_tokenizer()
    monkeypatch.setattr(type(tokenizer), "vocab_size", property(lambda _: 100_000))
    stored = stored_tokens(documents(), tokenizer, tmp_path)
    assert stored._ids.dtype == np.uint32
    assert tuple(stored[4].sentences) == tokenise(documents(), tokenizer)[4].sentences


def test_no_text_is_no_documents(tmp_path: Path) -> None:
    assert len(stored_tokens([Document("a", "toy", ("",))], tiny_tokenizer(), tmp_path)) == 0


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    """Not the end of the process by a signal, as of one that writes to a mapped file."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, limits[1]))  # as if there were no more room
    try:
        with pytest.raises(OSError, match="tokenised text could not be written to .*BERT_EXPLORER"):
            stored_tokens(documents(200), tiny_tokenizer(), tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list((tmp_path / "tokens").iterdir()) == []
    assert len(stored_tokens(documents(200), tiny_tokenizer(), tmp_path)) > 0


def test_what_a_killed_process_left_is_cleared(tmp_path: Path) -> None:
    left = tmp_path / "tokens" / "abc.123.part"
    left.mkdir(parents=True)
    (left / "ids.npy").write_bytes(b"half")
    stored_tokens(documents(), tiny_tokenizer(), tmp_path)
    assert [path.suffix for path in (tmp_path / "tokens").iterdir()] == [""]


def test_of_those_who_ask_at_once_one_tokenises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []
    write = token_store._write

    def slow(folder: Path, *given: Any) -> None:
        written.append(folder)
        time.sleep(0.2)
        write(folder, *given)

    monkeypatch.setattr(token_store, "_write", slow)
    with ThreadPoolExecutor(4) as threads:
        asked = [
            threads.submit(stored_tokens, documents(), tiny_tokenizer(), tmp_path) for _ in range(4)
        ]
        assert {len(one.result()) for one in asked} == {len(asked[0].result())}
    assert len(written) == 1


def test_nothing_is_written_to_a_mapped_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There a full disk would end the process by a signal."""

    class Read(np.memmap):  # type: ignore[type-arg]
        def __new__(cls, *more: Any, mode: str, **named: Any) -> Any:
            assert mode == "r"
            return super().__new__(cls, *more, mode=mode, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(np, "memmap", Read)
    stored = stored_tokens(documents(), tiny_tokenizer(), tmp_path)
    assert isinstance(stored._ids, Read) and len(stored) == 9


@pytest.mark.parametrize("damaged", [False, True])
def test_two_processes_make_the_store_that_one_makes(
    damaged: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, together, calls = tmp_path / "alone", tmp_path / "together", tmp_path / "calls"
    stored_tokens(documents(), tiny_tokenizer(), alone)
    if damaged:
        stored_tokens(documents(), tiny_tokenizer(), together)
        next((together / "tokens").glob("*/paired.npy")).unlink()

    def slow(*given: Any) -> Any:
        with calls.open("a") as file:
            file.write(f"{os.getpid()}\n")
        time.sleep(0.3)
        return tokenise(*given)

    monkeypatch.setattr(token_store, "tokenise", slow)
    context = multiprocessing.get_context("fork")
    processes = [
        context.Process(target=stored_tokens, args=(documents(), tiny_tokenizer(), together))
        for _ in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert len(calls.read_text().splitlines()) == 1
    stores = [
        {str(path.relative_to(cache)): path.read_bytes() for path in cache.rglob("*.*")}
        for cache in (alone, together)
    ]
    assert stores[0] == stores[1] and len(stores[0]) == 5
