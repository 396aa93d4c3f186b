"""Carrying a static vector into the model's space, so that both can stand on one map.

Word2Vec has other dimensions than the model, so its vector of a word cannot be drawn beside the
model's. A linear map from the one space to the other, fitted on the words that both know, says
where the model would have to put the word if Word2Vec were right (Mikolov, Le and Sutskever 2013,
"Exploiting similarities among languages for machine translation"). How far that can be trusted is
measured on words the map was not fitted on.

V = words both know, D = dimensions of the static vectors, H = hidden size of the model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bert_core.analysis.static_vectors import StaticVectors, vocabulary_words
from bert_core.analysis.unit import unit
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import FloatArray, IntArray

FEWEST_WORDS = 1_000
"""Words both must know; with fewer there is no map worth drawing."""
HELD_OUT = 10
"""Every so many-th word is kept out of the fit ..."""
MOST_HELD_OUT = 500
"""... or fewer, about so many: more would only take longer."""
NEAR = 10
"""A held-out word counts as hit when no more than so many words are as near to its place."""


@dataclass(frozen=True)
class CarryOver:
    """A linear map from static vectors to the model's input embeddings."""

    matrix: FloatArray
    """(D, H)"""
    static_mean: FloatArray
    """(D,)"""
    model_mean: FloatArray
    """(H,)"""
    words: int
    """Words it was fitted on."""
    held_out: int
    """Words it was measured on."""
    fit: float
    """Median cosine of a carried held-out word and the model's own vector, both from the mean."""
    hits: float
    """Share of held-out words that are among the 10 of the model's words nearest to their place."""
    chance: float
    """What `hits` is for a word at random."""

    def place(self, vectors: FloatArray) -> FloatArray:
        """Static vectors (..., D) in the model's space (..., H).

        A place lies nearer to the mean of all words than the model's own vector does: what the
        static vector does not tell is left at the mean.
        """
        placed = (vectors - self.static_mean) @ self.matrix + self.model_mean
        return placed.astype(np.float32)


def carry_over(static: StaticVectors, checkpoint: Checkpoint) -> CarryOver | None:
    """The map from static vectors to the model's input embeddings, by least squares.

    Fitted on the words that are both in `static` and whole entries of the model's vocabulary, but
    for one of ten (of many words: some 500), on which it is measured.

    Returns:
        The map, or None when fewer than 1,000 words are in both.
    """
    words, embeddings = vocabulary_words(checkpoint)
    pairs = [(static.rows[word], i) for i, word in enumerate(words) if word in static.rows]
    if len(pairs) < FEWEST_WORDS:
        return None
    rows, entries = (list(side) for side in zip(*pairs, strict=True))
    known, wanted = static.matrix[rows], embeddings[entries]  # (V, D), (V, H)
    held = np.arange(len(rows)) % max(HELD_OUT, len(rows) // MOST_HELD_OUT) == 0
    static_mean, model_mean = known[~held].mean(axis=0), wanted[~held].mean(axis=0)
    matrix = _least_squares(known[~held] - static_mean, wanted[~held] - model_mean)
    carried = (known[held] - static_mean) @ matrix  # (held out, H)
    fit, hits = _measure(carried, wanted - model_mean, np.flatnonzero(held))
    counts = (int((~held).sum()), int(held.sum()))
    return CarryOver(matrix, static_mean, model_mean, *counts, fit, hits, NEAR / len(rows))


def _measure(carried: FloatArray, wanted: FloatArray, own: IntArray) -> tuple[float, float]:
    """Median cosine to its own vector, and how often that is among the nearest.

    `carried` is (held out, H), `wanted` (V, H), both from the mean; `own` are rows of `wanted`.
    """
    cosines = unit(carried) @ unit(wanted).T  # (held out, V)
    to_own = cosines[np.arange(len(own)), own]
    nearer = (cosines > to_own[:, None]).sum(axis=1)
    return float(np.median(to_own)), float((nearer < NEAR).mean())


def _least_squares(known: FloatArray, wanted: FloatArray) -> FloatArray:
    """The matrix (D, H) that takes `known` (V, D) nearest to `wanted` (V, H).

    By the normal equations, (D, D), so that nothing as large as the words is decomposed.
    """
    exact = known.astype(np.float64)
    solution = np.linalg.lstsq(exact.T @ exact, exact.T @ wanted)[0]
    return solution.astype(np.float32)
