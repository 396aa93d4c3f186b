"""Answers of task heads: which class a text belongs to, why, and how often that is right.

C = classes, N = texts, S = numbers of examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bert_core.outputs.arrays import FloatArray, IntArray
from bert_core.outputs.text import Encoding

MOST_MISTAKES = 20
"""Mistakes that are kept, the surest first."""


@dataclass(frozen=True)
class HeadAnswer:
    """One text, and how likely each class is."""

    encoding: Encoding
    labels: tuple[str, ...]
    logits: tuple[float, ...]
    """(C,)"""
    probabilities: tuple[float, ...]
    """(C,): their softmax."""

    @property
    def best(self) -> int:
        """Index of the likeliest class."""
        return int(np.argmax(self.logits))


@dataclass(frozen=True)
class HeadWord:
    """A word of the text, and what it does for one class."""

    word: str
    """As it was typed."""
    positions: tuple[int, ...]
    """Its tokens."""
    probability: float
    """Of the class, with the word taken out."""
    lost: float
    """Log-odds of the class with the word less those without it, in nats: above 0 the word speaks
    for the class."""
    gradient: float
    """Gradient of the log-odds times what goes into the first layer, summed over its
    tokens: what a straight line would make of taking it out."""


@dataclass(frozen=True)
class HeadWords:
    """Which words carry the answer: each taken out in turn."""

    answer: HeadAnswer
    label: int
    """The class that is watched."""
    words: tuple[HeadWord, ...]
    """In order; none when the text has one word, since without it there is no text."""
    rank_correlation: float | None
    """Spearman's, of the absolute values of `lost` and `gradient`; None below three words."""


@dataclass(frozen=True)
class Mistake:
    """A text that was given a wrong class."""

    text: str
    label: str
    """The right one."""
    answer: str
    probability: float
    """Of the wrong answer."""


@dataclass(frozen=True)
class HeadScores:
    """How right a head is on texts whose labels are known."""

    labels: tuple[str, ...]
    confusion: IntArray
    """(C, C): texts of the class in the row that were given the class in the column."""
    loss: float
    """Mean cross-entropy, in nats."""
    mistakes: tuple[Mistake, ...]
    """The surest first, at most 20."""
    baselines: dict[str, float] = field(default_factory=dict)
    """What else was asked about the same texts -> its accuracy."""

    @property
    def texts(self) -> int:
        """How many were scored."""
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float:
        """Share that was given the right class."""
        return float(np.trace(self.confusion) / max(1, self.texts))

    @property
    def recall(self) -> list[float]:
        """(C,): of the texts of a class, the share that was found."""
        totals = self.confusion.sum(axis=1)
        return [float(one) for one in np.diag(self.confusion) / np.maximum(1, totals)]

    @property
    def precision(self) -> list[float]:
        """(C,): of the texts that were given a class, the share that is of it."""
        totals = self.confusion.sum(axis=0)
        return [float(one) for one in np.diag(self.confusion) / np.maximum(1, totals)]

    @classmethod
    def from_logits(
        cls,
        labels: tuple[str, ...],
        texts: Sequence[str],
        truths: Sequence[int],
        logits: FloatArray,
        baselines: dict[str, float] | None = None,
    ) -> HeadScores:
        """The scores of logits (N, C) for texts whose classes are `truths`."""
        assert logits.shape == (len(texts), len(labels)), logits.shape
        shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        answers = logits.argmax(axis=1)
        confusion = np.zeros((len(labels), len(labels)), dtype=np.int64)
        np.add.at(confusion, (np.asarray(truths, dtype=np.int64), answers), 1)
        wrong = [at for at, truth in enumerate(truths) if answers[at] != truth]
        wrong.sort(key=lambda at: -logs[at, answers[at]])
        mistakes = tuple(
            Mistake(
                texts[at], labels[truths[at]], labels[answers[at]],
                float(np.exp(logs[at, answers[at]])),
            )
            for at in wrong[:MOST_MISTAKES]
        )  # fmt: skip
        loss = -float(np.mean([logs[at, truth] for at, truth in enumerate(truths)]))
        return cls(labels, confusion, loss, mistakes, baselines or {})


@dataclass(frozen=True)
class HeadEpoch:
    """One pass over the examples in training."""

    epoch: int
    loss: float
    """Mean cross-entropy over the pass, in nats."""
    heldout_loss: float
    heldout_accuracy: float
    """On examples that were kept out of training."""


@dataclass(frozen=True)
class SizeCurve:
    """How right a head is by the number of examples it learned from, beside a bag of words."""

    sizes: tuple[int, ...]
    """(S,)"""
    head: tuple[float, ...]
    """(S,): accuracy on held-out examples of a head on frozen vectors."""
    baseline: tuple[float, ...]
    """(S,): of TF-IDF with logistic regression, from the same examples."""
