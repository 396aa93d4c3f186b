"""Answers about pairs of sentences."""

from __future__ import annotations

from dataclasses import dataclass

from bert_core.outputs.text import Encoding


@dataclass(frozen=True)
class NextSentence:
    """Does B follow A? The next-sentence head's answer."""

    encoding: Encoding
    logits: tuple[float, float]
    """(B follows, B is random), as in the published head."""
    is_next_probability: float
