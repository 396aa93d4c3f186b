"""A training as one watches it: its losses, and what the model says at moments on the way.

N = occurrences of the word on the map, H = hidden size.
"""

from __future__ import annotations

from dataclasses import dataclass

from bert_core.outputs.attention import AttentionMaps
from bert_core.outputs.contexts import Contexts
from bert_core.outputs.masked_words import MaskedWords


@dataclass(frozen=True)
class LossPoint:
    """Means over the steps since the point before."""

    step: int
    tokens: int
    """Read so far, padding not counted."""
    masked_words: float
    """Loss in nats."""
    next_sentence: float
    """Loss in nats; ln 2 is a coin's."""


@dataclass(frozen=True)
class Snapshot:
    """What the model made of one sentence, and of one word's sentences, after some steps."""

    step: int
    tokens: int
    answers: MaskedWords
    attention: AttentionMaps
    word: Contexts
    """Vectors (N, 1, H): of the last layer alone."""

    def __post_init__(self) -> None:
        assert self.word.vectors.shape[1] == 1


@dataclass(frozen=True)
class TrainingText:
    """What is learned from, in numbers."""

    name: str
    documents: int
    tokens: int
    vocabulary: int
    """Entries of the tokenizer."""
    unigram_entropy: float
    """Nats: the loss of who knows how often each token occurs and nothing else."""
