"""Which sense of a dictionary an occurrence is nearest to, by the vectors of the senses' glosses.

A sense gets a vector of the same kind as an occurrence: that of the word itself, where the
dictionary uses it. The word stands before its definition, as in "the bank: sloping land", and in
those of the sense's example sentences that have it; the mean of these is the sense's vector at one
layer. Gloss vectors for senses without labelled text: Loureiro and Jorge 2019, "Language modelling
makes sense".

With the bundled checkpoint at its last layer the nearest of WordNet's senses is right for 78% of
304 occurrences in assets/sentences (13 words; 63% at layer 4), by `python -m
benchmarks.definitions`. Always taking WordNet's first sense gets 37%, a sense at random 20%. So an
answer is a hint, not a fact.

N = occurrences, S = senses, H = hidden size.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bert_core.analysis.unit import unit
from bert_core.analysis.vectors import Target, embed, is_cut
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import Contexts, FloatArray, SenseMatch, WordSense
from bert_core.words.uses import sense_uses


def match_senses(
    checkpoint: Checkpoint, contexts: Contexts, senses: Sequence[WordSense], layer: int
) -> tuple[SenseMatch, ...]:
    """How near each occurrence is to each sense.

    Args:
        checkpoint: the model that the vectors of `contexts` are from.
        contexts: the occurrences.
        senses: the word's senses in the dictionary.
        layer: where to compare, 0 being the embeddings; the last layers tell senses best.

    Returns:
        One match for each occurrence, with the cosine to every sense; none without senses. Cosines
        of one layer are comparable with each other, not with those of another layer.

    Raises:
        ValueError: for a layer the model does not have.
    """
    if not senses:
        return ()
    vectors = sense_vectors(checkpoint, contexts.word, senses, layer)  # (S, H)
    scores = unit(contexts.vectors[:, layer]) @ unit(vectors).T  # (N, S)
    return tuple(
        SenseMatch(number, tuple(row.tolist()), int(row.argmax()))
        for number, row in enumerate(scores)
    )


def sense_vectors(
    checkpoint: Checkpoint, word: str, senses: Sequence[WordSense], layer: int
) -> FloatArray:
    """The vector of every sense (S, H): the word's mean over its gloss and its examples.

    Raises:
        ValueError: for a layer the model does not have.
    """
    uses = [_targets(checkpoint, word, sense) for sense in senses]
    vectors = embed(checkpoint, [target for targets in uses for target in targets], layer)
    ends = np.cumsum([len(targets) for targets in uses])[:-1]
    return np.stack([part.mean(axis=0) for part in np.split(vectors, ends)])


def _targets(checkpoint: Checkpoint, word: str, sense: WordSense) -> list[Target]:
    """The word where the dictionary uses it in this sense, its headword and what is read whole."""
    headword, *examples = (Target(use.text, use.start, use.end) for use in sense_uses(word, sense))
    return [headword, *(one for one in examples if not is_cut(checkpoint, one))]
