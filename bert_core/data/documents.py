"""A document, and the split of documents into training and held-out text."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LONG_SENTENCE_WORDS = 8
"""Sentences of at least so many words count as copied when they are found verbatim elsewhere."""


@dataclass(frozen=True)
class Document:
    """One text, whole and in order, as sentences. `id` is unique: ``source/name``."""

    id: str
    source: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class CorpusSplit:
    """Training and held-out documents, and how many documents were taken out of them."""

    train: list[Document]
    heldout: list[Document]
    duplicates_removed: int
    near_duplicates_removed: int


def split_documents(
    documents: Iterable[Document],
    heldout_fraction: float = 0.02,
    salt: str = "bert-explorer",
) -> CorpusSplit:
    """Split documents by a hash of their id, after exact duplicates are taken out.

    A training document of whose sentences of 8 or more words at least half stand verbatim in one
    held-out document is taken out too. The same ids and `salt` always give the same split.
    Raises `ValueError` when `heldout_fraction` is not in [0, 1).
    """
    if not 0 <= heldout_fraction < 1:
        raise ValueError(f"heldout_fraction is {heldout_fraction}; it must be in [0, 1)")
    given = list(documents)
    unique = _without_duplicates(given)
    heldout = [item for item in unique if hash_fraction(item.id, salt) < heldout_fraction]
    rest = [item for item in unique if hash_fraction(item.id, salt) >= heldout_fraction]
    homes = _sentence_homes(heldout)
    train = [item for item in rest if not _is_near_duplicate(item, homes)]
    return CorpusSplit(train, heldout, len(given) - len(unique), len(rest) - len(train))


def hash_fraction(name: str, salt: str) -> float:
    """A number from 0 up to 1 that follows from the name and the salt alone."""
    digest = hashlib.sha256(f"{salt}\n{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _normal(sentence: str) -> str:
    return " ".join(sentence.lower().split())


def _without_duplicates(documents: Sequence[Document]) -> list[Document]:
    first: dict[str, Document] = {}
    for document in documents:
        first.setdefault(_normal(" ".join(document.sentences)), document)
    return list(first.values())


def _long_sentences(document: Document) -> set[str]:
    normal = {_normal(sentence) for sentence in document.sentences}
    return {text for text in normal if text.count(" ") + 1 >= LONG_SENTENCE_WORDS}


def _sentence_homes(documents: Sequence[Document]) -> dict[str, set[str]]:
    homes: dict[str, set[str]] = {}
    for document in documents:
        for sentence in _long_sentences(document):
            homes.setdefault(sentence, set()).add(document.id)
    return homes


def _is_near_duplicate(document: Document, homes: dict[str, set[str]]) -> bool:
    sentences = _long_sentences(document)
    shared: dict[str, int] = {}
    for sentence in sentences:
        for home in homes.get(sentence, ()):
            shared[home] = shared.get(home, 0) + 1
    return bool(shared) and 2 * max(shared.values()) >= len(sentences)
