"""A corpus as ids on the disk, tokenised once, and read from there without filling the memory.

One folder for each text and tokenizer, named by a digest of both: ids.npy (all ids in a row),
sentences.npy and documents.npy (where each ends), paired.npy, and sources.json.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from bert_core.checkpoint.whole_folder import one_at_a_time
from bert_core.data.documents import Document
from bert_core.data.packages import default_cache
from bert_core.data.sentence_pairs import TokenisedDocument
from bert_core.tokenizer import Tokenizer
from bert_core.training.text import tokenise

VERSION = "1"
"""Raise it when `tokenise` or the files change: stores of another version are not read."""
AT_ONCE = 500
"""Documents tokenised together, which bounds the memory."""

Ends = npt.NDArray[np.int64]


class Sentences(Sequence[tuple[int, ...]]):
    """Sentences of a stored corpus, each read when it is asked for."""

    def __init__(self, ids: npt.NDArray[Any], ends: Ends, first: int, last: int) -> None:
        self._ids, self._ends, self._first, self._last = ids, ends, first, last

    def __len__(self) -> int:
        return self._last - self._first

    @overload
    def __getitem__(self, at: int) -> tuple[int, ...]: ...
    @overload
    def __getitem__(self, at: slice) -> Sentences: ...
    def __getitem__(self, at: int | slice) -> tuple[int, ...] | Sentences:
        if isinstance(at, slice):
            start, stop, step = at.indices(len(self))
            assert step == 1, "sentences are read in order"
            first = self._first + start
            return Sentences(self._ids, self._ends, first, max(first, self._first + stop))
        number = range(self._first, self._last)[at]
        begin = int(self._ends[number - 1]) if number else 0
        return tuple(self._ids[begin : int(self._ends[number])].tolist())

    def __iter__(self) -> Iterator[tuple[int, ...]]:
        return (self[at] for at in range(len(self)))


class StoredDocuments(Sequence[TokenisedDocument]):
    """The documents of one folder.

    Raises:
        ValueError: when its files do not belong together.
        OSError: when one is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._ids = np.load(folder / "ids.npy", mmap_mode="r")
        self._sentences: Ends = np.load(folder / "sentences.npy", mmap_mode="r")
        self._documents: Ends = np.load(folder / "documents.npy")
        self._paired = np.load(folder / "paired.npy")
        self._sources: list[str] = json.loads((folder / "sources.json").read_text("utf-8"))
        if not self._whole():
            raise ValueError(f"the stored corpus in '{folder}' is damaged; delete the folder")

    def _whole(self) -> bool:
        documents, sentences = len(self._documents), len(self._sentences)
        return (
            len(self._sources) == len(self._paired) == documents
            and (not documents or int(self._documents[-1]) == sentences)
            and (not sentences or int(self._sentences[-1]) == len(self._ids))
        )

    def __len__(self) -> int:
        return len(self._documents)

    @overload
    def __getitem__(self, at: int) -> TokenisedDocument: ...
    @overload
    def __getitem__(self, at: slice) -> list[TokenisedDocument]: ...
    def __getitem__(self, at: int | slice) -> TokenisedDocument | list[TokenisedDocument]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        number = range(len(self))[at]
        first = int(self._documents[number - 1]) if number else 0
        last = int(self._documents[number])
        sentences = Sentences(self._ids, self._sentences, first, last)
        return TokenisedDocument(self._sources[number], sentences, bool(self._paired[number]))


def stored_tokens(
    documents: Sequence[Document], tokenizer: Tokenizer, cache: Path | None = None
) -> StoredDocuments:
    """`tokenise`, kept: the same text and tokenizer are read from the disk the next time.

    Of several processes that ask at once one tokenises, and the others wait.

    Args:
        documents: the text.
        tokenizer: which splits it.
        cache: folder of all stores; `packages.default_cache` when left out.

    Raises:
        OSError: when it cannot be written, naming the folder.
    """
    folder = (cache or default_cache()) / "tokens" / _key(documents, tokenizer)
    if (found := _found(folder)) is not None:
        return found
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with one_at_a_time(folder.parent) as alone:
            if alone:
                for left in folder.parent.glob("*.part"):  # by processes that were killed
                    shutil.rmtree(left, ignore_errors=True)
            if _found(folder) is None:
                _make(folder, documents, tokenizer)
            return StoredDocuments(folder)
    except OSError as error:
        raise OSError(
            f"the tokenised text could not be written to '{folder}' ({error}); make room there, or "
            "set BERT_EXPLORER_CACHE to another folder"
        ) from error


def _found(folder: Path) -> StoredDocuments | None:
    """The store; None where there is none, or it is damaged."""
    try:
        return StoredDocuments(folder)
    except (OSError, ValueError):
        return None


def _make(folder: Path, documents: Sequence[Document], tokenizer: Tokenizer) -> None:
    """Write the store, in the place of a damaged one."""
    shutil.rmtree(folder, ignore_errors=True)
    partial = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    partial.mkdir(exist_ok=True)
    try:
        _write(partial, documents, tokenizer)
        partial.rename(folder)
    except OSError:
        if _found(folder) is None:  # no other process was faster
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _key(documents: Sequence[Document], tokenizer: Tokenizer) -> str:
    digest = hashlib.sha256(f"{VERSION} {tokenizer.digest}".encode())
    for document in documents:
        whole = "\n".join((document.source, *document.sentences, ""))
        digest.update(whole.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]


def _write(folder: Path, documents: Sequence[Document], tokenizer: Tokenizer) -> None:
    kind = np.uint16 if tokenizer.vocab_size <= 2**16 else np.uint32
    sources: list[str] = []
    paired: list[bool] = []
    sentence_sizes: list[int] = []
    document_sizes: list[int] = []
    with (folder / "ids.npy").open("wb") as file:
        file.write(_header(kind, 0))
        for start in range(0, len(documents), AT_ONCE):
            for document in tokenise(documents[start : start + AT_ONCE], tokenizer):
                sources.append(document.source)
                paired.append(document.paired)
                document_sizes.append(len(document.sentences))
                sentence_sizes += map(len, document.sentences)
                ids = [id for sentence in document.sentences for id in sentence]
                file.write(np.array(ids, dtype=kind).tobytes())
        file.seek(0)
        file.write(_header(kind, sum(sentence_sizes)))
    for name, array in (
        ("sentences", np.cumsum(sentence_sizes, dtype=np.int64)),
        ("documents", np.cumsum(document_sizes, dtype=np.int64)),
        ("paired", np.array(paired, dtype=bool)),
    ):
        whole = _header(array.dtype, len(array)) + array.tobytes()
        (folder / f"{name}.npy").write_bytes(whole)
    (folder / "sources.json").write_text(json.dumps(sources), encoding="utf-8")


def _header(kind: npt.DTypeLike, length: int) -> bytes:
    """The beginning of a .npy file of that many numbers, as long for any number of them.

    The numbers are then written as any file is: a full disk is an error there, while a file that
    is mapped to the memory ends the process.
    """
    file = io.BytesIO()
    described = {"descr": np.dtype(kind).str, "fortran_order": False, "shape": (length,)}
    np.lib.format.write_array_header_1_0(file, described)
    return file.getvalue()
