"""Every occurrence of a word in sentences, with its vector at every layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from bert_core.analysis.encoding import as_array
from bert_core.analysis.vectors import Target, embed, is_cut, result_shape
from bert_core.cancel import Asked, stop_if
from bert_core.checkpoint.load import Checkpoint
from bert_core.model.precision import has_bfloat16
from bert_core.outputs import Contexts, FloatArray, LabelledSentence, Occurrence
from bert_core.words.occurrences import find_occurrences, not_found_message

MOST_OCCURRENCES = 10_000
MANY = 2_000
"""Above so many the model computes in bfloat16, where the processor has it: in less than half the
time. Cosines then differ by 0.004 at most and 0.0006 in the mean (bundled model, last layer)."""
CHUNK = 512
"""Occurrences embedded between two reports of progress."""


def contexts(
    checkpoint: Checkpoint,
    sentences: Sequence[LabelledSentence],
    word: str,
    inflected: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Asked = None,
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
    reduced = len(used) > MANY and _has_bfloat16(checkpoint)
    with torch.autocast(checkpoint.model.device.type, torch.bfloat16, enabled=reduced):
        vectors = _vectors(checkpoint, used, on_progress, cancelled)
    return Contexts(
        word=word,
        sentences=tuple(sentence.text for sentence in sentences),
        occurrences=tuple(one for one, fit in zip(found, fits, strict=True) if fit),
        vectors=vectors,
        input_embedding=_input_embedding(checkpoint, word),
        left_out=len(found) - len(used),
        reduced=reduced,
    )


def _has_bfloat16(checkpoint: Checkpoint) -> bool:
    """Whether float32 weights would be multiplied faster in bfloat16."""
    model = checkpoint.model
    held = model.embeddings.token.weight.dtype
    return held == torch.float32 and has_bfloat16(model.device)


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
    cancelled: Asked,
) -> FloatArray:
    """(N, L + 1, H)"""
    vectors = np.empty(result_shape(checkpoint, len(targets), None), dtype=np.float32)
    for start in range(0, len(targets), CHUNK):
        stop_if(cancelled, f"stopped after {start:,} of {len(targets):,} occurrences")
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
