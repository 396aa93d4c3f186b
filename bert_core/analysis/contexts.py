"""Every occurrence of a word in sentences, with its vector at every layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from bert_core.analysis.cancel import Cancelled
from bert_core.analysis.encoding import as_array
from bert_core.analysis.occurrences import find_occurrences, not_found_message
from bert_core.analysis.vectors import Target, embed, is_cut, result_shape
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import Contexts, FloatArray, LabelledSentence, Occurrence

MOST_OCCURRENCES = 10_000
CHUNK = 512
"""Occurrences embedded between two reports of progress."""


def contexts(
    checkpoint: Checkpoint,
    sentences: Sequence[LabelledSentence],
    word: str,
    inflected: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Contexts:
    """Every occurrence of a word, with the mean of its pieces' vectors at every layer.

    An occurrence that ends beyond the model's positions is left out and counted.

    Args:
        checkpoint: the model.
        sentences: where to look.
        word: a word, or a phrase of several.
        inflected: count its English inflected forms too.
        on_progress: told how many occurrences are embedded, and of how many.
        cancelled: asked between chunks of 512 occurrences.

    Returns:
        vectors (N, layers + 1, hidden) in the order of the sentences.

    Raises:
        ValueError: when the word is empty or does not occur, when it occurs more often than
            MOST_OCCURRENCES, or when no occurrence lies within the model's positions.
        Cancelled: when `cancelled` said so.
    """
    found = find_occurrences(sentences, word, inflected)
    if not found:
        raise ValueError(not_found_message(word, sentences, inflected))
    _check_number(found, word)
    targets = [Target(sentences[one.sentence].text, one.start, one.end) for one in found]
    fits = [not is_cut(checkpoint, target) for target in targets]
    if not any(fits):
        limit = checkpoint.model.config.max_position_embeddings
        raise ValueError(
            f"{word!r} stands only beyond the {limit} tokens that the model reads; "
            "shorten the text before it"
        )
    used = [target for target, fit in zip(targets, fits, strict=True) if fit]
    return Contexts(
        word=word,
        sentences=tuple(sentence.text for sentence in sentences),
        occurrences=tuple(one for one, fit in zip(found, fits, strict=True) if fit),
        vectors=_vectors(checkpoint, used, on_progress, cancelled),
        input_embedding=_input_embedding(checkpoint, word),
        left_out=len(found) - len(used),
    )


def _check_number(found: Sequence[Occurrence], word: str) -> None:
    if len(found) > MOST_OCCURRENCES:
        fitting = found[MOST_OCCURRENCES].sentence
        raise ValueError(
            f"{word!r} occurs {len(found):,} times; at most {MOST_OCCURRENCES:,} occurrences are "
            f"compared. The first {fitting:,} sentences have no more than that: give those, or a "
            "sample"
        )


def _vectors(
    checkpoint: Checkpoint,
    targets: list[Target],
    on_progress: Callable[[int, int], None] | None,
    cancelled: Callable[[], bool] | None,
) -> FloatArray:
    """(N, L + 1, H)"""
    vectors = np.empty(result_shape(checkpoint, len(targets), None), dtype=np.float32)
    for start in range(0, len(targets), CHUNK):
        if cancelled is not None and cancelled():
            raise Cancelled(f"stopped after {start:,} of {len(targets):,} occurrences")
        chunk = slice(start, start + CHUNK)
        embed(checkpoint, targets[chunk], out=vectors[chunk])
        if on_progress is not None:
            on_progress(min(start + CHUNK, len(targets)), len(targets))
    return vectors


def _input_embedding(checkpoint: Checkpoint, word: str) -> FloatArray:
    """(H,): the mean of the token embeddings of the word's pieces."""
    ids = checkpoint.tokenizer.encode_ids([word])[0]
    with torch.inference_mode():
        rows = checkpoint.model.embeddings.token.weight[ids]  # (pieces, H)
        return as_array(rows.float().mean(dim=0))
