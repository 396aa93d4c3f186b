"""Whether two uses of a word are in one sense, told by the likeness of its vectors alone.

As in WiC (Pilehvar and Camacho-Collados 2019), a likeness above a threshold says "one sense". The
threshold for the words of one half is chosen on those of the other, and the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bert_core.analysis.vectors import Target, embed
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import FloatArray, WordInContextScores
from bert_core.words.uses import UsePair

BoolArray = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


def word_in_context(checkpoint: Checkpoint, pairs: Sequence[UsePair]) -> WordInContextScores:
    """The accuracy of every layer, from the input embeddings on.

    Args:
        checkpoint: whose vectors are compared, by cosine.
        pairs: uses of words that no training has contrasted.

    Raises:
        ValueError: when there are fewer than two words, or a use has no token.
    """
    words = sorted({pair.word for pair in pairs})
    if len(words) < 2:
        raise ValueError("words in context need pairs of at least two words")
    half = np.array([words.index(pair.word) % 2 == 0 for pair in pairs])
    same = np.array([pair.same for pair in pairs])
    uses = [use for pair in pairs for use in (pair.first, pair.second)]
    vectors = embed(checkpoint, [Target(use.text, use.start, use.end) for use in uses])
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    alike = np.einsum("plh,plh->pl", vectors[0::2], vectors[1::2])  # (pairs, layers + 1)
    accuracies = tuple(_accuracy(column, same, half) for column in alike.T)
    return WordInContextScores(accuracies, len(pairs), len(words))


def _accuracy(alike: FloatArray, same: BoolArray, half: BoolArray) -> float:
    right = 0
    for own in (half, ~half):
        threshold = best_threshold(alike[~own], same[~own])
        right += int(((alike[own] > threshold) == same[own]).sum())
    return right / len(alike)


def best_threshold(alike: FloatArray, same: BoolArray) -> float:
    """The threshold that tells most pairs right: halfway between two values, the lowest of ties."""
    order = np.argsort(alike)
    values, truth = alike[order], same[order]
    # With the first k called different: those of them that are, and the others that are the same
    right = np.concatenate([[0], np.cumsum(~truth)]) + truth.sum() - np.concatenate(
        [[0], np.cumsum(truth)]
    )
    edges = np.concatenate([[-np.inf], (values[1:] + values[:-1]) / 2, [np.inf]])
    return float(edges[int(np.argmax(right))])
