"""BERT: embeddings, encoder and the heads a checkpoint brings.

B = batch, T = tokens, Q = tokens that are read, H = hidden size, V = vocabulary size, L = layers.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from bert_core.config import BertConfig
from bert_core.model.attention import AttentionRecord
from bert_core.model.embeddings import BertEmbeddings
from bert_core.model.encoder import Encoder
from bert_core.model.heads import MaskedWordHead, NextSentenceHead, Pooler

HEADS = ("pooler", "mlm", "nsp")


@dataclass(frozen=True)
class BertOutput:
    """Tensors of one forward pass."""

    hidden_states: list[Tensor]
    """L + 1 tensors (B, T, H): the embeddings, then every layer's output. Where `read` was given,
    one (B, Q, H): the last layer's output at these places."""
    pooled: Tensor | None
    """(B, H); None when the model has no pooler."""
    attention: list[AttentionRecord]
    """One record a layer when asked for, else empty."""

    @property
    def last(self) -> Tensor:
        """(B, T, H), or (B, Q, H): the last layer's output."""
        return self.hidden_states[-1]


class Bert(nn.Module):
    """A BERT with any of its heads: 'pooler', 'mlm' (masked words), 'nsp' (next sentence).

    A head that is missing is None, so that callers can say so instead of guessing.

    Raises:
        ValueError: for an unknown head, or 'nsp' without the 'pooler' it reads.
    """

    def __init__(self, config: BertConfig, heads: tuple[str, ...] = HEADS) -> None:
        super().__init__()
        if unknown := set(heads) - set(HEADS):
            raise ValueError(f"unknown heads {sorted(unknown)}; choose from {', '.join(HEADS)}")
        if "nsp" in heads and "pooler" not in heads:
            raise ValueError("the next-sentence head reads the pooler: ask for 'pooler' too")
        self.config = config
        self.embeddings = BertEmbeddings(config)
        self.encoder = Encoder(config)
        self.pooler = Pooler(config) if "pooler" in heads else None
        self.mlm = MaskedWordHead(config, self.embeddings.token) if "mlm" in heads else None
        self.nsp = NextSentenceHead(config) if "nsp" in heads else None

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads this model has, in the order of `HEADS`."""
        return tuple(name for name in HEADS if getattr(self, name) is not None)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.embeddings.token.weight.device

    def forward(
        self,
        ids: Tensor,
        segment_ids: Tensor | None = None,
        padding: Tensor | None = None,
        record_attention: bool = False,
        head_mask: Tensor | None = None,
        read: Tensor | None = None,
        rows: Tensor | None = None,
    ) -> BertOutput:
        """One pass over a batch.

        Args:
            ids: (B, T) token ids.
            segment_ids: (B, T), 0 for sentence A and 1 for B; all A when left out.
            padding: (B, T) booleans, True at padding, which nothing then looks at.
            record_attention: keep probabilities, scores, queries, keys and values of every layer.
            head_mask: (B, layers, heads), what each head's mixture is multiplied with: 0 switches
                a head off. Everything is on when left out.
            read: (B, Q), the places whose last state is wanted; where `pooled` is, too, the first
                in each row is 0, [CLS]. The last layer then works for them alone, in less time, and
                the states of the layers before are not kept.
            rows: (B, T), of several texts that stand in a line, which each token is of, by number.
                A token looks at its own text alone, and positions count from where that begins. One
                text a line when left out. `pooled` is that of the first.

        Raises:
            ValueError: when the input has no token or more than the model has positions.
        """
        limit = self.config.max_position_embeddings
        if not 1 <= ids.shape[1] <= limit:
            raise ValueError(f"{ids.shape[1]} tokens; this model takes 1 to {limit}")
        segments = torch.zeros_like(ids) if segment_ids is None else segment_ids
        keep = None if padding is None else ~padding[:, None, None, :]  # (B, 1, 1, T)
        positions = None
        if rows is not None:
            own = rows[:, None, :, None] == rows[:, None, None, :]  # (B, 1, T, T)
            positions = own[:, 0].tril().sum(-1) - 1  # (B, T)
            keep = own if keep is None else own & keep
        embedded = self.embeddings(ids, segments, positions)
        states, records = self.encoder(embedded, keep, record_attention, head_mask, read)
        pooled = self.pooler(states[-1]) if self.pooler is not None else None
        return BertOutput(states, pooled, records)


def initialise(model: Bert, seed: int) -> None:
    """Draw fresh weights in place: normal(0, initializer_range), zero biases, unit norms."""
    generator = torch.Generator().manual_seed(seed)
    deviation = model.config.initializer_range
    for module in model.modules():
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, 0.0, deviation, generator=generator)
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)
        if isinstance(module, nn.LayerNorm):
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
    with torch.no_grad():
        model.embeddings.token.weight[model.config.pad_token_id].zero_()
