"""The text of an index, one document at a time, so that a large corpus need not fit in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bert_core.data.corpora import packaged_documents
from bert_core.data.documents import Document
from bert_core.data.own_text import file_document

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Corpus:
    """Numbered documents that are read when they are wanted."""

    name: str
    """'packaged' or the folder."""
    ids: tuple[str, ...]
    """Id of every document."""
    fingerprint: str
    """SHA-256 of all ids and texts: another text is another corpus."""
    read: Callable[[int], Document]
    """Document of that number; raises OSError or ValueError when it is no longer there."""

    def __len__(self) -> int:
        return len(self.ids)


def open_corpus(source: str) -> Corpus:
    """The corpus called `source`.

    Args:
        source: 'packaged', which is fetched into the cache, or a folder of .txt files (UTF-8),
            of which only one is in memory at a time.

    Raises:
        ValueError: when the folder is missing, cannot be read or holds no text file.
        PackageError: when the packaged text cannot be had.
    """
    return packaged_corpus(packaged_documents()) if source == "packaged" else folder_corpus(source)


def packaged_corpus(documents: list[Document], name: str = "packaged") -> Corpus:
    """The corpus of documents that are in memory already."""
    digest = hashlib.sha256()
    for document in documents:
        for text in (document.id, *document.sentences):
            digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
        digest.update(b"\1")
    ids = tuple(document.id for document in documents)
    return Corpus(name, ids, digest.hexdigest(), documents.__getitem__)


def folder_corpus(source: str) -> Corpus:
    """The corpus of the .txt files directly in a folder, in order of name.

    Raises:
        ValueError: when it is no folder, or holds no .txt file.
    """
    folder = Path(source).expanduser().resolve()
    if not folder.is_dir():
        raise ValueError(f"'{source}' is not a folder; give a folder of .txt files (UTF-8)")
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        raise ValueError(f"'{source}' holds no .txt file; give at least one")
    ids = tuple(f"folder/{path.name}" for path in paths)
    return Corpus(str(folder), ids, _files_fingerprint(paths), _FileReader(tuple(paths)))


class _FileReader:
    """Reads files as documents. The last one is kept: the next shard often begins in it."""

    def __init__(self, paths: tuple[Path, ...]) -> None:
        self.paths = paths

    def __call__(self, number: int) -> Document:
        return _read(self.paths[number])


@lru_cache(maxsize=1)
def _read(path: Path) -> Document:
    return file_document(path)


def _files_fingerprint(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode("utf-8", "surrogateescape") + b"\0")
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        digest.update(b"\1")
    return digest.hexdigest()
