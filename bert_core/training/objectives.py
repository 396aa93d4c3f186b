"""The two objectives BERT is trained on at once, on one batch.

B = lines of a batch, T = tokens, R = rows in it (one a line, or several where they are packed),
V = vocabulary size, N = places to answer for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bert_core.data.batching import RowBatch
from bert_core.data.masking import BoolArray, IntArray, mask_batch
from bert_core.data.sentence_pairs import NO_LABEL
from bert_core.model.bert import Bert
from bert_core.tokenizer import Tokenizer
from bert_core.training.word_loss import summed_cross_entropy

EVEN, AS_WIDE = 32, 4
"""What the number of places of a batch, and of a line, is rounded up to: a product of odd sums
takes longer, and for each number there would be a kernel of its own, which stays in memory."""


@dataclass(frozen=True)
class MaskedRows:
    """A batch of rows, masked, as arrays; the shapes are those of MaskedTensors."""

    ids: IntArray
    segment_ids: IntArray
    padding: BoolArray | None
    places: IntArray
    targets: IntArray
    next_labels: IntArray
    tokens: int
    """Tokens that are not padding."""
    rows: IntArray | None = None

    def to(self, device: torch.device) -> MaskedTensors:
        """The same on a device."""
        there = partial(_on_device, device=device)
        return MaskedTensors(
            there(self.ids),
            there(self.segment_ids),
            None if self.padding is None else there(self.padding),
            there(self.places),
            there(self.targets),
            there(self.next_labels),
            None if self.rows is None else there(self.rows),
        )


def _on_device(array: npt.NDArray[Any], device: torch.device) -> Tensor:
    tensor = torch.from_numpy(array)
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


@dataclass(frozen=True)
class MaskedTensors:
    """A batch of rows, masked, as tensors."""

    ids: Tensor
    """(B, T)"""
    segment_ids: Tensor
    """(B, T)"""
    padding: Tensor | None
    """(B, T); None when no row is padded."""
    places: Tensor
    """(N,): places to answer for, counted through the flattened batch."""
    targets: Tensor
    """(N,): the ids that stood there."""
    next_labels: Tensor
    """(R,)"""
    rows: Tensor | None = None
    """(B, T): which row of its line each token is of; None where every line is one row."""

    @property
    def starts(self) -> Tensor:
        """(R,): where the rows begin, counted through the flattened batch."""
        begins = torch.zeros_like(self.ids, dtype=torch.bool)
        begins[:, 0] = True
        if self.rows is not None:
            begins[:, 1:] = self.rows[:, 1:] != self.rows[:, :-1]
        return begins.flatten().nonzero()[:, 0]

    @property
    def counts(self) -> tuple[int, int]:
        """Places to answer for, and pairs with a label."""
        return len(self.places), int((self.next_labels != NO_LABEL).sum())

    def part(self, rank: int, processes: int) -> MaskedTensors:
        """The lines of one process: every `processes`-th from `rank` on.

        A process without one gets a row that asks for nothing, so that it takes the step too.
        """
        if processes == 1:
            return self
        lines, length = self.ids.shape
        asked = rank < lines
        own = torch.arange(rank if asked else 0, lines if asked else 1, processes)
        own = own.to(self.ids.device)
        line = self.places // length
        mine = (line % processes == rank) & asked
        labels = self.next_labels[torch.isin(self.starts // length, own)]
        return MaskedTensors(
            self.ids[own],
            self.segment_ids[own],
            None if self.padding is None else self.padding[own],
            line[mine] // processes * length + self.places[mine] % length,
            self.targets[mine],
            labels if asked else torch.full_like(labels, NO_LABEL),
            None if self.rows is None else self.rows[own],
        )


@dataclass(frozen=True)
class Losses:
    """Mean losses of one batch, in nats."""

    mlm: Tensor
    nsp: Tensor

    @property
    def total(self) -> Tensor:
        """Their sum, as published."""
        return self.mlm + self.nsp


def mask_rows(
    batch: RowBatch,
    tokenizer: Tokenizer,
    rng: np.random.Generator,
    rate: float,
    masking: str = "tokens",
) -> MaskedRows:
    """The batch with new masks; special tokens and padding are never chosen.

    Args:
        batch: rows as they are.
        tokenizer: which tokens are special, and which go on with a word.
        rng: the source of chance.
        rate: share of tokens to choose.
        masking: one of MASKINGS.
    """
    candidates = ~np.isin(batch.ids, list(tokenizer.special_ids))
    masked = mask_batch(
        batch.ids, candidates, tokenizer.mask_id, tokenizer.vocab_size, rng, rate,
        None if masking == "tokens" else word_numbers(batch.ids, tokenizer),
        spans=masking == "spans",
    )  # fmt: skip
    places = np.flatnonzero(masked.chosen)
    return MaskedRows(
        ids=masked.ids,
        segment_ids=batch.segment_ids,
        padding=batch.padding if batch.padding.any() else None,
        places=places,
        targets=batch.ids.ravel()[places],
        next_labels=batch.next_labels,
        tokens=batch.tokens,
        rows=batch.rows,
    )


def word_numbers(ids: IntArray, tokenizer: Tokenizer) -> IntArray:
    """(B, T): the number of the word each token belongs to; a piece that begins with ## goes on."""
    numbers: IntArray = np.cumsum(~_goes_on(tokenizer)[ids], axis=1)
    return numbers


@lru_cache(maxsize=1)
def _goes_on(tokenizer: Tokenizer) -> BoolArray:
    """(V,)"""
    return np.array(
        [tokenizer.id_to_token(id).startswith("##") for id in range(tokenizer.vocab_size)]
    )


class Pretraining(nn.Module):
    """The model with its losses as one module, which is what several processes share."""

    def __init__(self, model: Bert) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: MaskedTensors, counts: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """`pretraining_losses`, as a tuple."""
        losses = pretraining_losses(self.model, batch, counts)
        return losses.mlm, losses.nsp


def pretraining_losses(
    model: Bert, batch: MaskedTensors, counts: tuple[int, int] | None = None
) -> Losses:
    """Masked-word loss over the chosen places and next-sentence loss over the pairs.

    The vocabulary-wide head runs at the chosen places alone, and the last layer at these and [CLS]:
    nothing reads it elsewhere. A batch without pairs has an NSP loss of zero, one without a place
    to answer for a masked-word loss of zero.

    Args:
        model: with both heads.
        batch: one, or a part of one.
        counts: what the sums are divided by: the counts of the whole batch, of which this may be a
            part; its own when left out.
    """
    assert model.mlm is not None and model.nsp is not None and model.pooler is not None
    starts = batch.starts
    wanted, order = torch.cat([starts, batch.places]).sort(stable=True)
    read, found = places_to_read(wanted, *batch.ids.shape)
    at = torch.empty_like(found).scatter_(0, order, found)
    output = model(batch.ids, batch.segment_ids, batch.padding, read=read, rows=batch.rows)
    states = output.last.flatten(0, 1)
    head = model.mlm
    asked = head.vectors(states.index_select(0, _even(at[len(starts) :])))  # (N or more, H)
    mlm = summed_cross_entropy(asked, head.decoder, head.bias, batch.targets)
    places, pairs = batch.counts if counts is None else counts
    pooled = model.pooler(states.index_select(0, _even(at[: len(starts)]))[:, None])
    logits = model.nsp(pooled)[: len(starts)].float()  # (R, 2)
    nsp = F.cross_entropy(logits, batch.next_labels, ignore_index=NO_LABEL, reduction="sum")
    return Losses(mlm / max(1, places), nsp / max(1, pairs))


def _even(places: Tensor) -> Tensor:
    """The places, and 0 up to a multiple of `EVEN`."""
    return F.pad(places, (0, -len(places) % EVEN))


def places_to_read(wanted: Tensor, lines: int, length: int) -> tuple[Tensor, Tensor]:
    """In which places of each line the last layer is read.

    Args:
        wanted: (N,), rising, counted through the flattened batch.
        lines: B.
        length: T.

    Returns:
        (B, Q) places in the line, 0 where a line has fewer than another; and (N,), where the wanted
        ones are among them, counted through the flattened (B, Q).
    """
    line, count = wanted // length, wanted.new_zeros(lines)
    count.scatter_add_(0, line, torch.ones_like(line))
    before = (count.cumsum(0) - count)[line]  # (N,): places in earlier lines
    width = -(-int(count.max()) // AS_WIDE) * AS_WIDE
    found = line * width + torch.arange(len(wanted), device=wanted.device) - before
    read = wanted.new_zeros(lines * width)
    read[found] = wanted % length
    return read.view(lines, width), found
