"""The two objectives BERT is trained on at once, on one batch.

B = batch, T = tokens, V = vocabulary size, N = places to answer for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from bert_core.data.batching import RowBatch
from bert_core.data.masking import mask_batch
from bert_core.data.sentence_pairs import NO_LABEL
from bert_core.model.bert import Bert
from bert_core.tokenizer import Tokenizer


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
    """(B,)"""


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
    device: torch.device,
) -> MaskedTensors:
    """The batch with new masks; special tokens and padding are never chosen."""
    candidates = ~np.isin(batch.ids, list(tokenizer.special_ids))
    masked = mask_batch(
        batch.ids, candidates, tokenizer.mask_id, tokenizer.vocab_size, rng, rate
    )
    places = np.flatnonzero(masked.chosen)
    return MaskedTensors(
        ids=torch.from_numpy(masked.ids).to(device),
        segment_ids=torch.from_numpy(batch.segment_ids).to(device),
        padding=torch.from_numpy(batch.padding).to(device) if batch.padding.any() else None,
        places=torch.from_numpy(places).to(device),
        targets=torch.from_numpy(batch.ids.ravel()[places]).to(device),
        next_labels=torch.from_numpy(batch.next_labels).to(device),
    )


def pretraining_losses(model: Bert, batch: MaskedTensors) -> Losses:
    """Masked-word loss over the chosen places and next-sentence loss over the pairs.

    The vocabulary-wide head runs at the chosen places alone. A batch without pairs has an NSP
    loss of zero.
    """
    assert model.mlm is not None and model.nsp is not None
    output = model(batch.ids, batch.segment_ids, batch.padding)
    answers = model.mlm(output.last.flatten(0, 1)[batch.places])  # (N, V)
    mlm = F.cross_entropy(answers.float(), batch.targets)
    logits = model.nsp(output.pooled).float()  # (B, 2)
    pairs = (batch.next_labels != NO_LABEL).sum().clamp(min=1)
    nsp = F.cross_entropy(logits, batch.next_labels, ignore_index=NO_LABEL, reduction="sum")
    return Losses(mlm, nsp / pairs)
