"""Answers about pairs of sentences. N = sentences, W = words."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np

from bert_core.outputs.arrays import FloatArray
from bert_core.outputs.text import Encoding


@dataclass(frozen=True)
class NextSentence:
    """Does B follow A? The next-sentence head's answer."""

    encoding: Encoding
    logits: tuple[float, float]
    """(B follows, B is random), as in the published head."""
    is_next_probability: float

    @property
    def log_odds(self) -> float:
        """The first logit less the second, in nats: 0 at 50%, and not squeezed near 100%."""
        return self.logits[0] - self.logits[1]


@dataclass(frozen=True)
class PairChanges:
    """A pair, and what the head says when what goes in is changed."""

    given: NextSentence
    swapped: NextSentence
    """B first, A second."""
    zeroed_logits: tuple[float, float]
    """With every segment id 0, as if all were sentence A: what a call without segment ids does."""

    @property
    def zeroed_probability(self) -> float:
        """That B follows A, with every segment id 0."""
        return sigmoid(self.zeroed_logits[0] - self.zeroed_logits[1])


@dataclass(frozen=True)
class HeldOutSentence:
    """A sentence that no model of this project was trained on."""

    document: str
    """The id of its document, 'source/name'."""
    sentence: str


@dataclass(frozen=True)
class AgainstRandom:
    """The given B among sentences that stand nowhere near A."""

    given: NextSentence
    sentences: tuple[HeldOutSentence, ...]
    logits: FloatArray
    """(N, 2): (follows, random) with each sentence as B."""

    def __post_init__(self) -> None:
        assert self.logits.shape == (len(self.sentences), 2), self.logits.shape

    @property
    def log_odds(self) -> FloatArray:
        """(N,): the first logit less the second, in nats."""
        found: FloatArray = self.logits[:, 0] - self.logits[:, 1]
        return found

    @property
    def probability(self) -> FloatArray:
        """(N,): that each sentence follows A."""
        found: FloatArray = np.array([sigmoid(float(one)) for one in self.log_odds], np.float32)
        return found

    @property
    def below(self) -> int:
        """How many of the sentences fit A less than the given B does."""
        return int((self.log_odds < np.float32(self.given.log_odds)).sum())

    @property
    def percentile(self) -> float:
        """Of the given B, 0 to 100; sentences that score the same count half."""
        same = int((self.log_odds == np.float32(self.given.log_odds)).sum())
        return 100 * (self.below + same / 2) / len(self.sentences)


@dataclass(frozen=True)
class PairWord:
    """A word of a pair, and the head's answer without it."""

    segment: int
    """0 in A, 1 in B."""
    word: str
    """As it was typed."""
    positions: tuple[int, ...]
    """Its tokens in the pair."""
    logits: tuple[float, float]
    """(follows, random), with the word taken out."""

    @property
    def is_next_probability(self) -> float:
        """That B follows A, with the word taken out."""
        return sigmoid(self.logits[0] - self.logits[1])


@dataclass(frozen=True)
class PairWords:
    """Which words carry the answer: each taken out in turn."""

    given: NextSentence
    words: tuple[PairWord, ...]
    """In order; not those that are alone in their sentence."""

    @property
    def carried(self) -> FloatArray:
        """(W,): log-odds with the word less those without it; above 0 it speaks for B."""
        given = self.given.log_odds
        lost = [given - (word.logits[0] - word.logits[1]) for word in self.words]
        return np.array(lost, dtype=np.float32)


@dataclass(frozen=True)
class GamePair:
    """A pair to be guessed."""

    first: str
    second: str
    follows: bool
    """Whether B stands right after A."""
    first_document: str
    second_document: str


def sigmoid(log_odds: float) -> float:
    """The probability at these log-odds, in nats."""
    return 1 / (1 + exp(-log_odds)) if log_odds >= 0 else 1 - 1 / (1 + exp(log_odds))
