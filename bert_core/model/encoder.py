"""The stack of encoder layers, with layer normalisation after each sum, as published.

B = batch, T = tokens, Q = tokens that are read, H = hidden size, I = intermediate size.
"""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from bert_core.config import BertConfig
from bert_core.model.attention import AttentionRecord, SelfAttention, at_places
from bert_core.model.fused import gelu, normalised_sum
from bert_core.model.linear import Linear

ACTIVATION_FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": gelu,
    "gelu_new": lambda x: F.gelu(x, approximate="tanh"),
    "relu": F.relu,
}


class FeedForward(nn.Module):
    """Two linear layers with an activation between: (.., H) -> (.., I) -> (.., H)."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.up = Linear(config.hidden_size, config.intermediate_size)
        self.down = Linear(config.intermediate_size, config.hidden_size)
        self.activation = ACTIVATION_FUNCTIONS[config.hidden_act]

    def forward(self, hidden: Tensor) -> Tensor:
        """Vectors (B, T, H), each computed from its own place alone."""
        out: Tensor = self.down(self.activation(self.up(hidden)))
        return out


class EncoderLayer(nn.Module):
    """Attention, then feed-forward, each added to its input and normalised."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.attention = SelfAttention(config)
        self.attention_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.feed_forward = FeedForward(config)
        self.feed_forward_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(
        self,
        hidden: Tensor,
        keep: Tensor | None,
        record: bool,
        head_mask: Tensor | None = None,
        read: Tensor | None = None,
    ) -> tuple[Tensor, AttentionRecord | None]:
        """Vectors (B, T, H) after this layer, and its attention when `record` is set.

        `head_mask` (B, heads) and `read` (B, Q) are as in `SelfAttention`; with `read`, the vectors
        are those of these places alone: (B, Q, H).
        """
        mixed, seen = self.attention(hidden, keep, record, head_mask, read)
        own = hidden if read is None else at_places(hidden, read)
        hidden, factor = normalised_sum(own, self.dropout(mixed), self.attention_norm)
        update = self.dropout(self.feed_forward(factor))
        return normalised_sum(hidden, update, self.feed_forward_norm)[0], seen


class Encoder(nn.Module):
    """All layers, one after the other."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.num_hidden_layers))

    def forward(
        self,
        hidden: Tensor,
        keep: Tensor | None,
        record: bool,
        head_mask: Tensor | None = None,
        read: Tensor | None = None,
    ) -> tuple[list[Tensor], list[AttentionRecord]]:
        """Hidden states [(B, T, H)] of layers 0 (the input) to L, and the layers' attention.

        With `read` (B, Q), the last state alone, of these places: (B, Q, H). The second list is
        empty unless `record` is set. `head_mask` is (B, layers, heads).
        """
        states, records = [hidden], []
        for at, layer in enumerate(self.layers):
            own = None if head_mask is None else head_mask[:, at]
            last = at + 1 == len(self.layers)
            hidden, seen = layer(hidden, keep, record, own, read if last else None)
            states = [*states, hidden] if read is None else [hidden]
            if seen is not None:
                records.append(seen)
        return states, records
