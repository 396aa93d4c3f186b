"""Results of a forward pass that never was: attention written by hand, or drawn at random."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bert_core.outputs import EncoderResult, Encoding
from tests.model.tiny import tiny_tokenizer


def made(attention: npt.ArrayLike, text: str, pair: str | None = None) -> EncoderResult:
    """A result on this text with this attention (L, A, T, T), whatever the scores."""
    given = np.array(attention, np.float32)
    states = np.zeros((len(given) + 1, given.shape[-1], 4), np.float32)
    return EncoderResult(tiny_tokenizer().encode(text, pair), states, attention=given)


def drawn(text: str, pair: str | None, layers: int, heads: int, seed: int) -> EncoderResult:
    """A result on this text with attention from a softmax of normal scores."""
    tokens = len(encoded(text, pair))
    random = np.random.default_rng(seed)
    powers = np.exp(2 * random.normal(size=(layers, heads, tokens, tokens)))
    return made(powers / powers.sum(-1, keepdims=True), text, pair)


def encoded(text: str, pair: str | None = None) -> Encoding:
    """The text with the tiny tokenizer."""
    return tiny_tokenizer().encode(text, pair)
