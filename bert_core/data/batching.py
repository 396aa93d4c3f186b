"""Rows of mixed length into batches with little padding.

B = batch, T = tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from bert_core.data.masking import BoolArray, IntArray
from bert_core.data.sentence_pairs import Row

WINDOW = 16_384
"""Rows that are made before the first batch of them is: many batches, also of a GPU's size, so that
few are of mixed length."""


@dataclass(frozen=True)
class RowBatch:
    """Rows of similar length, padded to the longest."""

    ids: IntArray
    """(B, T)"""
    segment_ids: IntArray
    """(B, T)"""
    padding: BoolArray
    """(B, T), True at padding."""
    next_labels: IntArray
    """(B,): NO_LABEL, IS_NEXT or IS_RANDOM."""

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
    stream = iter(rows)
    while chunk := list(islice(stream, window)):
        batches = list(_by_length(chunk, tokens))
        if rng is not None:
            rng.shuffle(batches)
        for batch in batches:
            yield _pad(batch, pad_id)


def _by_length(rows: list[Row], tokens: int) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in sorted(rows, key=lambda row: -len(row.ids)):
        if len(row.ids) > tokens:
            raise ValueError(f"a row of {len(row.ids)} tokens is longer than a batch of {tokens}")
        if batch and len(batch[0].ids) * (len(batch) + 1) > tokens:
            yield batch
            batch = []
        batch.append(row)
    yield batch


def _pad(rows: list[Row], pad_id: int) -> RowBatch:
    width = max(len(row.ids) for row in rows)
    ids = np.full((len(rows), width), pad_id, dtype=np.int64)
    segments = np.zeros_like(ids)
    padding = np.ones(ids.shape, dtype=bool)
    for at, row in enumerate(rows):
        size = len(row.ids)
        ids[at, :size], segments[at, :size], padding[at, :size] = row.ids, row.segment_ids, False
    return RowBatch(ids, segments, padding, np.array([row.next_label for row in rows]))
