"""Taking tokens out of a text, or putting other words in, to see what becomes of an answer.

This is what the measures of importance are held against: occlusion (Li, Monroe and Jurafsky 2016,
"Understanding Neural Networks through Representation Erasure"), with the token really gone. The
tokens behind it move up, so that a change of position is a part of what is measured.

T = tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from bert_core.analysis.questions import (
    MOST_TOKENS,
    embed,
    log_probabilities,
    own_positions,
    word_pieces,
)
from bert_core.cancel import Asked, stop_if
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import Question, TokenChange

_Row = tuple[list[int], list[int], int]
"""Ids, segments, and where the masked place is now."""


def delete_each(
    checkpoint: Checkpoint, question: Question, cancelled: Asked = None
) -> tuple[TokenChange, ...]:
    """The answer's probability with each of the text's own tokens taken out, one at a time.

    The masked place stays. All rows are one token short, so none is padded; no batch holds more
    than 4,096 tokens.

    Raises:
        Cancelled: when `cancelled`, which is asked before every batch, said so.
    """
    positions = own_positions(question)
    rows = [_changed(question, at, ()) for at in positions]
    chances: list[float] = []
    most = max(1, MOST_TOKENS // len(question.shown_ids))
    for start in range(0, len(rows), most):
        stop_if(cancelled, "taking tokens out was stopped")
        chances += _probabilities(checkpoint, question, rows[start : start + most])
    tokens = question.encoding.tokens
    return tuple(
        TokenChange(at, tokens[at], chance) for at, chance in zip(positions, chances, strict=True)
    )


def swap(checkpoint: Checkpoint, question: Question, position: int, word: str) -> TokenChange:
    """The answer's probability with another word, of one piece or several, instead of a token.

    Args:
        checkpoint: the model that the question was made for.
        question: what is asked.
        position: one of the text's own tokens, but for the masked place.
        word: what to put there; [MASK] hides the token.

    Raises:
        ValueError: when the position is none of these, or the word is empty, not in the
            vocabulary, or too long for the model's positions.
    """
    if position not in own_positions(question):
        raise ValueError(
            f"the token at position {position} cannot be swapped; choose one of the text's own "
            "tokens, other than the hidden one"
        )
    pieces = word_pieces(checkpoint, word)
    row, limit = _changed(question, position, pieces), _limit(checkpoint)
    if len(row[0]) > limit:
        raise ValueError(
            f"{word!r} is {len(pieces)} tokens long, and the text fills the model's {limit} "
            "positions; choose a shorter word"
        )
    (chance,) = _probabilities(checkpoint, question, [row])
    return TokenChange(position, question.encoding.tokens[position], chance, word)


def _limit(checkpoint: Checkpoint) -> int:
    return checkpoint.model.config.max_position_embeddings


def _changed(question: Question, position: int, pieces: Sequence[int]) -> _Row:
    """What is shown, with these pieces instead of the token at `position`."""
    ids, segments = [*question.shown_ids], [*question.encoding.segment_ids]
    ids[position : position + 1] = pieces
    segments[position : position + 1] = [segments[position]] * len(pieces)
    moved = len(pieces) - 1 if position < question.position else 0
    return ids, segments, question.position + moved


def _probabilities(checkpoint: Checkpoint, question: Question, rows: Sequence[_Row]) -> list[float]:
    """The answer's probability for each of these rows, which are equally long."""
    ids, segments, places = zip(*rows, strict=True)
    with torch.inference_mode():
        embedded = embed(checkpoint, question, ids, segments)
        chances: list[float] = (
            log_probabilities(checkpoint, question, embedded, places).double().exp().tolist()
        )
    return chances
