"""Rows of mixed length into batches with little padding.

B = lines of a batch, T = tokens, R = rows in it: one a line, or several where they are packed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from bert_core.data.masking import BoolArray, IntArray
from bert_core.data.sentence_pairs import Row

WINDOW = 16_384
"""Rows that are made before the first batch of them is: many batches, also of a GPU's size, so that
few are of mixed length."""

_Lines = tuple[int, list[list[Row]]]
"""The length of the lines of a batch, and the rows that stand in each."""


@dataclass(frozen=True)
class RowBatch:
    """Rows of similar length padded to the longest, or rows packed into lines of one length."""

    ids: IntArray
    """(B, T)"""
    segment_ids: IntArray
    """(B, T)"""
    padding: BoolArray
    """(B, T), True at padding."""
    next_labels: IntArray
    """(R,): NO_LABEL, IS_NEXT or IS_RANDOM."""
    rows: IntArray | None = None
    """(B, T), where a line holds several: the number of the row in its line that a token is of;
    padding counts with the last. None where every line is one row."""

    @property
    def tokens(self) -> int:
        """Tokens that are not padding."""
        return int((~self.padding).sum())


def batch_rows(
    rows: Iterable[Row],
    tokens: int,
    pad_id: int,
    rng: np.random.Generator | None = None,
    window: int = WINDOW,
) -> Iterator[RowBatch]:
    """Batches of at most `tokens` tokens, padding included.

    Rows are sorted by length within windows of `window` rows; with `rng` the batches of a window
    come in a random order.

    Raises:
        ValueError: when a single row is longer than a batch may be.
    """
    return _in_windows(rows, pad_id, rng, window, lambda chunk: _by_length(chunk, tokens))


def packed_rows(
    rows: Iterable[Row],
    tokens: int,
    pad_id: int,
    rng: np.random.Generator | None = None,
    window: int = WINDOW,
) -> Iterator[RowBatch]:
    """Batches of at most `tokens` tokens, padding included, that all have one shape.

    Within windows of `window` rows, lines are as long as the longest; shorter rows share one. The
    last batch of a window has fewer lines. Memory of one step then fits the next, too. With `rng`
    the batches of a window come in a random order.

    Raises:
        ValueError: when a single row is longer than a batch may be.
    """
    return _in_windows(rows, pad_id, rng, window, lambda chunk: _packed(chunk, tokens))


def _in_windows(
    rows: Iterable[Row],
    pad_id: int,
    rng: np.random.Generator | None,
    window: int,
    cut: Callable[[list[Row]], Iterator[_Lines]],
) -> Iterator[RowBatch]:
    """What `cut` makes of each window, padded, in a random order where there is an `rng`."""
    stream = iter(rows)
    while chunk := list(islice(stream, window)):
        batches = list(cut(chunk))
        if rng is not None:
            rng.shuffle(batches)
        for width, lines in batches:
            yield _pad(lines, width, pad_id)


def _packed(rows: list[Row], tokens: int) -> Iterator[_Lines]:
    width = max(len(row.ids) for row in rows)
    _check(width, tokens)
    lines, count = _lines(rows), tokens // width
    for at in range(0, len(lines), count):
        yield width, lines[at : at + count]


def _lines(rows: list[Row]) -> list[list[Row]]:
    """Rows that stand in a line together, those of one row first.

    Each row, from the longest on, goes where the least room is left that it fits into.
    """
    ordered = sorted(rows, key=lambda row: -len(row.ids))
    lines, width = list[list[Row]](), len(ordered[0].ids)
    with_room: list[list[list[Row]]] = [[] for _ in range(width + 1)]  # by what is left
    for row in ordered:
        size = len(row.ids)
        room = next((room for room in range(size, width) if with_room[room]), width)
        if room < width:
            line = with_room[room].pop()
            line.append(row)
        else:
            lines.append(line := [row])
        with_room[room - size].append(line)
    return sorted(lines, key=lambda line: len(line) > 1)


def _check(length: int, tokens: int) -> None:
    if length > tokens:
        raise ValueError(f"a row of {length} tokens is longer than a batch of {tokens}")


def _by_length(rows: list[Row], tokens: int) -> Iterator[_Lines]:
    batch: list[list[Row]] = []
    width = 0
    for row in sorted(rows, key=lambda row: -len(row.ids)):
        _check(len(row.ids), tokens)
        if batch and width * (len(batch) + 1) > tokens:
            yield width, batch
            batch = []
        width = width if batch else len(row.ids)
        batch.append([row])
    yield width, batch


def _pad(lines: list[list[Row]], width: int, pad_id: int) -> RowBatch:
    ids = np.full((len(lines), width), pad_id, dtype=np.int64)
    segments, rows = np.zeros_like(ids), np.zeros_like(ids)
    padding = np.ones(ids.shape, dtype=bool)
    for at, line in enumerate(lines):
        begin = 0
        for number, row in enumerate(line):
            end = begin + len(row.ids)
            ids[at, begin:end], segments[at, begin:end] = row.ids, row.segment_ids
            rows[at, begin:], padding[at, begin:end] = number, False
            begin = end
    labels = np.array([row.next_label for line in lines for row in line])
    return RowBatch(ids, segments, padding, labels, rows if rows.any() else None)
