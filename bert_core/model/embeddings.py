"""What goes into the first layer: token + position + segment, normalised.

B = batch, T = tokens, H = hidden size.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bert_core.config import BertConfig


class BertEmbeddings(nn.Module):
    """Sum of three learned embeddings, layer-normalised (Devlin et al. 2018, figure 2).

    They are zero until a checkpoint or `initialise` fills them.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.token = _zeros(config.vocab_size, config.hidden_size)
        self.position = _zeros(config.max_position_embeddings, config.hidden_size)
        self.segment = _zeros(config.type_vocab_size, config.hidden_size)
        self.norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(
        self, ids: Tensor, segment_ids: Tensor, positions: Tensor | None = None
    ) -> Tensor:
        """Vectors (B, T, H) for ids (B, T), segment_ids (B, T) and positions (B, T), all integers.

        Positions count from 0 when left out.
        """
        if positions is None:
            positions = torch.arange(ids.shape[1], device=ids.device)  # (T,)
        total = self.token(ids) + self.segment(segment_ids) + self.position(positions)  # (B, T, H)
        normalised: Tensor = self.dropout(self.norm(total))
        return normalised


def _zeros(rows: int, width: int) -> nn.Embedding:
    """Random numbers would be drawn for nothing, and for the meta device that takes seconds."""
    return nn.Embedding(rows, width, _weight=torch.zeros(rows, width))
