"""Rows of token ids of different lengths, made into batches with little padding.

B = rows of a batch, T = tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor


def batches_by_length(lengths: Sequence[int], most_tokens: int) -> Iterator[list[int]]:
    """Numbers of rows of similar length, longest first, so that little is padded.

    A batch holds at most so many tokens, padding included; a longer row is a batch of its own.
    """
    batch: list[int] = []
    for at in sorted(range(len(lengths)), key=lambda at: -lengths[at]):
        if batch and (len(batch) + 1) * lengths[batch[0]] > most_tokens:
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch


def padded_batches(
    rows: Sequence[Sequence[int]], pad: int, most_tokens: int
) -> Iterator[tuple[list[int], Tensor, Tensor | None]]:
    """For each of `batches_by_length`: the numbers of its rows, and what `padded` makes of them."""
    for chosen in batches_by_length([len(row) for row in rows], most_tokens):
        yield (chosen, *padded([rows[at] for at in chosen], pad))


def padded(rows: Sequence[Sequence[int]], pad: int) -> tuple[Tensor, Tensor | None]:
    """Ids (B, T), and where padding is (B, T): None where there is none."""
    width = max(len(row) for row in rows)
    ids = torch.tensor([[*row, *[pad] * (width - len(row))] for row in rows])
    lengths = torch.tensor([len(row) for row in rows])
    padding = torch.arange(width) >= lengths[:, None]
    return ids, padding if bool(padding.any()) else None
