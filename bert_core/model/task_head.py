"""A feed-forward head that puts a text into one of several classes, and a BERT that carries one.

On [CLS] it is what Devlin et al. 2018 (section 4) fine-tune: the pooler and a linear layer, the
same numbers as `transformers`' BertForSequenceClassification.

B = batch, T = tokens, H = hidden size, C = classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from bert_core.config import BertConfig
from bert_core.model.bert import Bert
from bert_core.model.padding import padded_batches
from bert_core.outputs.arrays import FloatArray

Pooling = Literal["cls", "mean"]
POOLINGS: tuple[Pooling, ...] = ("cls", "mean")
"""The vector at [CLS], or the mean of all tokens' vectors."""


class TaskHead(nn.Module):
    """Pooling, a layer with tanh, dropout, and a score for each class."""

    def __init__(self, hidden: int, classes: int, pooling: Pooling, dropout: float = 0.1) -> None:
        super().__init__()
        self.pooling = pooling
        self.dense = nn.Linear(hidden, hidden)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(hidden, classes)

    def forward(self, last: Tensor, padding: Tensor | None = None) -> Tensor:
        """Logits (B, C) from the last layer's vectors (B, T, H).

        `padding` (B, T) is True where there is no token; it counts for the mean alone.
        """
        return self.from_pooled(pool(last, padding, self.pooling))

    def from_pooled(self, vectors: Tensor) -> Tensor:
        """Logits (B, C) from one vector for each text (B, H)."""
        logits: Tensor = self.classifier(self.dropout(torch.tanh(self.dense(vectors))))
        return logits


def pool(last: Tensor, padding: Tensor | None, pooling: Pooling) -> Tensor:
    """One vector (B, H) for each text, from (B, T, H)."""
    if pooling == "cls":
        return last[:, 0]
    if padding is None:
        return last.mean(dim=1)
    kept = (~padding).to(last.dtype)[:, :, None]  # (B, T, 1)
    return (last * kept).sum(dim=1) / kept.sum(dim=1)


class TaskBert(Bert):
    """An encoder with one task head, and no other."""

    def __init__(self, config: BertConfig, classes: int, pooling: Pooling) -> None:
        super().__init__(config, heads=())
        self.task = TaskHead(config.hidden_size, classes, pooling, config.hidden_dropout_prob)

    def classify(self, ids: Tensor, padding: Tensor | None = None) -> Tensor:
        """Logits (B, C) for token ids (B, T); `padding` (B, T) is True where there is none."""
        logits: Tensor = self.task(self(ids, None, padding).last, padding)
        return logits


def class_logits(
    model: TaskBert,
    rows: Sequence[Sequence[int]],
    pad: int,
    before_batch: Callable[[], None] = lambda: None,
    most_tokens: int = 4_096,
) -> FloatArray:
    """Logits (N, C) in float32 of many texts, given as token ids.

    Args:
        model: the encoder with its head.
        rows: ids of each text.
        pad: the id of [PAD].
        before_batch: called before every batch; what it raises ends the work.
        most_tokens: in a batch, padding included.
    """
    found = np.zeros((len(rows), model.task.classifier.out_features), dtype=np.float32)
    for chosen, ids, padding in padded_batches(rows, pad, most_tokens):
        before_batch()
        gaps = None if padding is None else padding.to(model.device)
        with torch.inference_mode():
            logits = model.classify(ids.to(model.device), gaps)
        found[chosen] = logits.float().cpu().numpy()
    return found
