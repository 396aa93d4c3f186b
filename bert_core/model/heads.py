"""The small networks that turn vectors into decisions: pooler, masked words, next sentence.

B = batch, T = tokens, H = hidden size, V = vocabulary size.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bert_core.config import BertConfig
from bert_core.model.encoder import ACTIVATION_FUNCTIONS


class Pooler(nn.Module):
    """The vector at [CLS] through a linear layer and tanh: one vector for the whole input."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(self, hidden: Tensor) -> Tensor:
        """Pooled vectors (B, H) from hidden (B, T, H)."""
        return torch.tanh(self.dense(hidden[:, 0]))


class MaskedWordHead(nn.Module):
    """Feed-forward head over the vocabulary; its decoder is the token embedding itself."""

    def __init__(self, config: BertConfig, token_embedding: nn.Embedding) -> None:
        super().__init__()
        self.transform = nn.Linear(config.hidden_size, config.hidden_size)
        self.norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        self.activation = ACTIVATION_FUNCTIONS[config.hidden_act]
        self._tied = (token_embedding,)  # in a tuple, so that it is not owned twice

    @property
    def decoder(self) -> Tensor:
        """(V, H): the token embedding."""
        return self._tied[0].weight

    def vectors(self, hidden: Tensor) -> Tensor:
        """What is compared with every token's vector: (.., H) from hidden (.., H)."""
        compared: Tensor = self.norm(self.activation(self.transform(hidden)))
        return compared

    def forward(self, hidden: Tensor) -> Tensor:
        """Logits (.., V) from hidden (.., H): call it at the places of interest alone."""
        return F.linear(self.vectors(hidden), self.decoder, self.bias)


class NextSentenceHead(nn.Module):
    """Does B follow A? Two logits from the pooled vector: (follows, random)."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.classifier = nn.Linear(config.hidden_size, 2)

    def forward(self, pooled: Tensor) -> Tensor:
        """Logits (B, 2) from pooled (B, H)."""
        logits: Tensor = self.classifier(pooled)
        return logits
