"""Rows for training on both objectives: sentence A, sentence B, and whether B follows A.

As published (Devlin et al. 2018, section 3.1): A is a run of sentences of a document; B is, half
the time, what follows it and otherwise a run from another document.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

NO_LABEL, IS_NEXT, IS_RANDOM = -100, 0, 1
"""Labels of the next-sentence head; rows of a single sentence have none."""


@dataclass(frozen=True)
class TokenisedDocument:
    """A document as ids, without special tokens."""

    source: str
    sentences: Sequence[tuple[int, ...]]
    paired: bool = True
    """False where sentences that stand together do not follow from each other."""


@dataclass(frozen=True)
class Row:
    """One training input: [CLS] A [SEP], or [CLS] A [SEP] B [SEP]."""

    ids: tuple[int, ...]
    segment_ids: tuple[int, ...]
    next_label: int


@dataclass(frozen=True)
class RowMaker:
    """Cuts documents into rows."""

    cls_id: int
    sep_id: int
    length: int = 128
    """Most tokens in a row, special tokens included."""
    short: float = 0.2
    """Share of the rows made of few sentences, like those people type."""
    single: float = 0.25
    """Share of the rows without B."""
    same_source: float = 0.5
    """Share of the random Bs taken from the same source, where style gives nothing away."""

    def rows(
        self, documents: Sequence[TokenisedDocument], rng: np.random.Generator
    ) -> Iterator[Row]:
        """All documents once, in a random order, as rows."""
        chooser = _OtherDocuments(documents)
        for at in rng.permutation(len(documents)).tolist():
            yield from self._cut(documents, at, chooser, rng)

    def _cut(
        self,
        documents: Sequence[TokenisedDocument],
        at: int,
        chooser: _OtherDocuments,
        rng: np.random.Generator,
    ) -> Iterator[Row]:
        sentences, start = documents[at].sentences, 0
        while start < len(sentences):
            paired = documents[at].paired and rng.random() >= self.single
            room = self.length - (3 if paired else 2)
            if rng.random() < self.short:
                shortest = min(16, room)
                room = int(rng.integers(shortest, max(shortest + 1, room // 2)))
            chunk = _take(sentences, start, room, at_least=2 if paired else 1)
            start += len(chunk)
            if not paired or len(chunk) == 1:  # nothing is left that could follow
                yield self.row(_join(chunk)[:room], (), NO_LABEL)
                continue
            follows, cut = bool(rng.random() < 0.5), int(rng.integers(1, len(chunk)))
            first = _join(chunk[:cut])
            if follows:
                yield self.row(*_trim(first, _join(chunk[cut:]), room), IS_NEXT)
                continue
            start -= len(chunk) - cut  # what B did not use is read again
            other = chooser.pick(at, rng.random() < self.same_source, rng)
            if other is None:
                yield self.row(first[:room], (), NO_LABEL)
                continue
            begin = int(rng.integers(len(other)))
            second = _join(_take(other, begin, max(8, room - len(first))))
            yield self.row(*_trim(first, second, room), IS_RANDOM)

    def row(self, first: tuple[int, ...], second: tuple[int, ...], label: int) -> Row:
        """The ids of A, and of B unless it is empty, with their special tokens."""
        ids = (self.cls_id, *first, self.sep_id)
        segments = (0,) * len(ids)
        if second:
            ids += (*second, self.sep_id)
            segments += (1,) * (len(second) + 1)
        return Row(ids, segments, label)


class _OtherDocuments:
    """Draws a document other than a given one, from anywhere or from the same source."""

    def __init__(self, documents: Sequence[TokenisedDocument]) -> None:
        self.documents = documents
        self.anywhere = [i for i, one in enumerate(documents) if one.paired and one.sentences]
        self.by_source: dict[str, list[int]] = {}
        for i in self.anywhere:
            self.by_source.setdefault(documents[i].source, []).append(i)

    def pick(
        self, at: int, same_source: bool, rng: np.random.Generator
    ) -> Sequence[tuple[int, ...]] | None:
        pool = self.by_source[self.documents[at].source] if same_source else self.anywhere
        pool = pool if len(pool) > 1 else self.anywhere
        if len(pool) < 2:
            return None
        other = at
        while other == at:
            other = pool[int(rng.integers(len(pool)))]
        return self.documents[other].sentences


def _take(
    sentences: Sequence[tuple[int, ...]], start: int, room: int, at_least: int = 1
) -> list[tuple[int, ...]]:
    """Sentences from `start` until they fill `room` tokens; the last may overhang."""
    taken: list[tuple[int, ...]] = []
    size = 0
    for sentence in sentences[start:]:
        taken.append(sentence)
        size += len(sentence)
        if size >= room and len(taken) >= at_least:
            break
    return taken


def _join(sentences: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(token for sentence in sentences for token in sentence)


def _trim(
    first: tuple[int, ...], second: tuple[int, ...], room: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Both, shortened at the ends that are away from the seam until they fit.

    A keeps its end and B its beginning, so that B really follows A where it is said to.
    """
    keep_second = min(len(second), max(room // 2, room - len(first)))
    keep_first = min(len(first), room - keep_second)
    return first[len(first) - keep_first :], second[:keep_second]
