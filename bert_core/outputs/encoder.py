"""What one forward pass gave."""

from __future__ import annotations

from dataclasses import dataclass

from bert_core.outputs.arrays import FloatArray
from bert_core.outputs.text import Encoding


@dataclass(frozen=True)
class EncoderResult:
    """What one forward pass gave for one input, on request. Arrays are float32."""

    encoding: Encoding
    hidden_states: FloatArray
    """(layers + 1, tokens, hidden): embeddings first, then the output of every layer."""
    pooled: FloatArray | None = None
    """(hidden,): the pooler's vector, from the place of [CLS]."""
    attention: FloatArray | None = None
    """(layers, heads, tokens, tokens): row i says how much token i looks at each token."""
    scores: FloatArray | None = None
    """(layers, heads, tokens, tokens): attention before the softmax, scaled by 1/sqrt(head)."""
    queries: FloatArray | None = None
    """(layers, heads, tokens, head)"""
    keys: FloatArray | None = None
    """(layers, heads, tokens, head)"""

    def __post_init__(self) -> None:
        layers, tokens = self.hidden_states.shape[0] - 1, self.hidden_states.shape[1]
        assert tokens == len(self.encoding), "hidden states and tokens differ in number"
        for array in (self.attention, self.scores):
            assert array is None or (
                array.shape[0] == layers and array.shape[2:] == (tokens, tokens)
            ), "attention does not have the shape (layers, heads, tokens, tokens)"
