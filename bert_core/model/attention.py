"""Multi-head self-attention (Vaswani et al. 2017, section 3.2) that can show its work.

B = batch, T = tokens, Q = tokens that are read, H = hidden size, A = heads, D = head size,
H = A x D.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bert_core.config import BertConfig
from bert_core.model.linear import Linear, linear
from bert_core.model.mixing import mixed


@dataclass(frozen=True)
class AttentionRecord:
    """What one layer's attention did."""

    probabilities: Tensor
    """(B, A, T, T): row i is a distribution over the tokens that token i looks at."""
    scores: Tensor
    """(B, A, T, T): query . key / sqrt(D), before padding is left out and before the softmax."""
    queries: Tensor
    """(B, A, T, D)"""
    keys: Tensor
    """(B, A, T, D)"""
    values: Tensor
    """(B, A, T, D)"""


class SelfAttention(nn.Module):
    """Every token gathers from every other, once per head."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.heads, self.head_size = config.num_attention_heads, config.head_size
        self.query = nn.Linear(config.hidden_size, config.hidden_size)
        self.key = nn.Linear(config.hidden_size, config.hidden_size)
        self.value = nn.Linear(config.hidden_size, config.hidden_size)
        self.output = Linear(config.hidden_size, config.hidden_size)
        self.dropout = nn.Dropout(config.attention_probs_dropout_prob)

    def forward(
        self,
        hidden: Tensor,
        keep: Tensor | None,
        record: bool,
        head_mask: Tensor | None = None,
        read: Tensor | None = None,
    ) -> tuple[Tensor, AttentionRecord | None]:
        """Mixed vectors (B, T, H), and on request how they were mixed.

        Args:
            hidden: (B, T, H).
            keep: (B, 1, 1, T) booleans, False at padding, or (B, 1, T, T) where not every token
                looks at the same; None where all look at all.
            record: ask for the AttentionRecord. Without it the fused kernel runs, except when
                training on a CPU, where the backward pass of torch's fused kernel is the slower.
            head_mask: (B, A), what each head's mixture is multiplied with: 0 switches a head off.
            read: (B, Q), places that gather; the others are looked at, but look at nothing. The
                result is then (B, Q, H), and the record has Q rows in place of T. All when left
                out.
        """
        slow = self.training and hidden.device.type == "cpu"  # torch's fused kernel is
        if slow and not (record or self.dropout.p) and head_mask is None and read is None:
            layers = (self.query, self.key, self.value)
            joined = self._joined(hidden, layers, 1 / math.sqrt(self.head_size))  # (B, T, 3 H)
            return self.output(mixed(joined, self.heads, keep)), None
        if read is not None and keep is not None and keep.shape[2] > 1:
            keep = at_places(keep[:, 0], read)[:, None]  # (B, 1, Q, T)
        queries, keys, values = map(self._split, self._projected(hidden, read))  # (B, A, T, D) each
        if record or slow:
            gathered, seen = self._explicit(queries, keys, values, keep)
        else:
            dropout = self.dropout.p if self.training else 0.0
            gathered = F.scaled_dot_product_attention(
                queries, keys, values, attn_mask=keep, dropout_p=dropout
            )
            seen = None
        if head_mask is not None:
            gathered = gathered * head_mask[:, :, None, None]
        together = gathered.transpose(1, 2).flatten(2)  # (B, T, H)
        return self.output(together), seen if record else None

    def _projected(self, hidden: Tensor, read: Tensor | None) -> Sequence[Tensor]:
        """Queries, keys and values, (B, T, H) each; in training from one product for all."""
        if read is not None:
            queries = self.query(at_places(hidden, read))  # (B, Q, H)
            return [queries, *self._joined(hidden, (self.key, self.value)).chunk(2, dim=-1)]
        layers = (self.query, self.key, self.value)
        if not self.training:  # for one sentence, joining the weights takes longer than it saves
            return [layer(hidden) for layer in layers]
        return self._joined(hidden, layers).chunk(3, dim=-1)

    def _joined(self, hidden: Tensor, layers: Sequence[nn.Linear], scale: float = 1) -> Tensor:
        """What each layer makes of (B, T, H), side by side, from one product; the first times
        `scale`, which is quicker done to the weights."""
        first, *rest = layers
        weight = torch.cat([first.weight * scale, *(layer.weight for layer in rest)])
        bias = torch.cat([first.bias * scale, *(layer.bias for layer in rest)])
        return linear(hidden, weight, bias)

    def _split(self, projected: Tensor) -> Tensor:
        """(B, T, H) -> (B, A, T, D)."""
        return projected.view(*projected.shape[:-1], self.heads, self.head_size).transpose(1, 2)

    def _explicit(
        self, queries: Tensor, keys: Tensor, values: Tensor, keep: Tensor | None
    ) -> tuple[Tensor, AttentionRecord]:
        scores = (queries / math.sqrt(self.head_size)) @ keys.transpose(-1, -2)  # (B, A, T, T)
        kept = scores if keep is None else scores.masked_fill(~keep, -torch.inf)
        with torch.autocast(kept.device.type, enabled=False):  # the products want its type anyway
            probabilities = kept.softmax(dim=-1)  # (B, A, T, T)
        gathered = self.dropout(probabilities) @ values  # (B, A, T, D)
        return gathered, AttentionRecord(probabilities, scores, queries, keys, values)


def at_places(states: Tensor, places: Tensor) -> Tensor:
    """(B, Q, H): of states (B, T, H), those at places (B, Q)."""
    return states.take_along_dim(places[:, :, None], dim=1)
