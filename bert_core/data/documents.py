"""A document, and the split of documents into training and held-out text."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Shingle = tuple[str, ...]
"""Words that follow each other in a document."""

SHINGLE_WORDS = 5
FEWEST_SHARED = 4
"""Shingles: those of 8 words in a row. Documents that share less are no near-duplicates."""
MOST_HOMES = 100
"""Held-out documents that are looked at for one shingle: set phrases stand in any number."""
WORD = re.compile(r"\w+")


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
    """Taken out of the training text."""
    heldout_removed: int = 0
    """Near-duplicates taken out of the held-out text."""

    def counts(self) -> dict[str, int]:
        """How many documents there are on either side, and how many were taken out."""
        return {
            "train": len(self.train),
            "heldout": len(self.heldout),
            "duplicates_removed": self.duplicates_removed,
            "near_duplicates_removed": self.near_duplicates_removed,
            "heldout_removed": self.heldout_removed,
        }

    def line(self) -> str:
        """The counts in words."""
        near = self.near_duplicates_removed + self.heldout_removed
        return (
            f"{len(self.train):,} documents to learn from, {len(self.heldout):,} held out; removed "
            f"before: {self.duplicates_removed:,} exact duplicates, {near:,} near-duplicates "
            f"({self.heldout_removed:,} of them held out)"
        )


def split_documents(
    documents: Iterable[Document],
    heldout_fraction: float = 0.02,
    salt: str = "bert-explorer",
) -> CorpusSplit:
    """Split documents by a hash of their id, after exact duplicates are taken out.

    A training and a held-out document are near-duplicates when they share at least half of the
    shingles of either, and at least 4; a shingle is 5 words that follow each other, without case
    and punctuation. The one that is mostly copied goes: the training document if that holds for
    both, the held-out one if it stands in a longer training document. Where most of the training
    text would go, since it says the same over and over, what is held out of it goes instead. The
    same documents and `salt` always give the same split. Time and memory grow in proportion to the
    text.

    Raises `ValueError` when `heldout_fraction` is not in [0, 1).
    """
    if not 0 <= heldout_fraction < 1:
        raise ValueError(f"heldout_fraction is {heldout_fraction}; it must be in [0, 1)")
    given = list(documents)
    unique = _without_duplicates(given)
    heldout = [item for item in unique if hash_fraction(item.id, salt) < heldout_fraction]
    rest = [item for item in unique if hash_fraction(item.id, salt) >= heldout_fraction]
    copies, parts, originals = _near_duplicates(rest, heldout)
    if 2 * len(copies) > len(rest):
        copies, parts = set(), parts | originals
    train = [item for number, item in enumerate(rest) if number not in copies]
    kept = [item for number, item in enumerate(heldout) if number not in parts]
    return CorpusSplit(train, kept, len(given) - len(unique), len(copies), len(parts))


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


def _near_duplicates(
    train: Sequence[Document], heldout: Sequence[Document]
) -> tuple[set[int], set[int], set[int]]:
    """Numbers of training documents that are copies, of held-out ones that stand in others, and of
    held-out ones that have copies."""
    homes: dict[Shingle, list[int]] = {}
    sizes = []
    for number, document in enumerate(heldout):
        shingles = _shingles(document)
        sizes.append(len(shingles))
        for shingle in shingles:
            known = homes.setdefault(shingle, [])
            if len(known) < MOST_HOMES:
                known.append(number)
    copies: set[int] = set()
    parts: set[int] = set()
    originals: set[int] = set()
    for number, document in enumerate(train):
        shingles = _shingles(document)
        found = Counter(home for shingle in shingles for home in homes.get(shingle, ()))
        shared = {home: count for home, count in found.items() if count >= FEWEST_SHARED}
        if shared and 2 * max(shared.values()) >= len(shingles):
            copies.add(number)
            originals.update(home for home, count in shared.items() if 2 * count >= len(shingles))
        else:
            parts.update(home for home, count in shared.items() if 2 * count >= sizes[home])
    return copies, parts, originals


def _shingles(document: Document) -> set[Shingle]:
    words = WORD.findall(" ".join(document.sentences).lower())
    return set(zip(*(words[at:] for at in range(SHINGLE_WORDS)), strict=False))
