"""How likely a word somebody asks for is at a hidden place.

V = vocabulary size, H = hidden size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from bert_core.analysis.encoding import as_batch
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import Encoding, Guess, WordScore

MOST_PIECES = 20
"""Pieces of the longest word that can be asked for."""


def token_name(checkpoint: Checkpoint, id: int) -> str:
    """The token with this id; '[#30525]' for a row of the model beyond its vocabulary."""
    try:
        return checkpoint.tokenizer.id_to_token(id)
    except ValueError:
        return f"[#{id}]"


def guess_for(checkpoint: Checkpoint, logits: Tensor, normaliser: float, id: int) -> Guess:
    """The entry `id` as an answer, given the logits (V,) and the log of their normaliser."""
    logit = float(logits[id])
    higher = (logits > logits[id]) | ((logits == logits[id]) & (torch.arange(len(logits)) < id))
    return Guess(
        token=token_name(checkpoint, id),
        id=id,
        logit=logit,
        probability=math.exp(logit - normaliser),
        rank=1 + int(higher.sum()),
    )


def word_score(
    checkpoint: Checkpoint,
    encoding: Encoding,
    shown: Sequence[int],
    position: int,
    logits: Tensor,
    normaliser: float,
    word: str,
) -> WordScore:
    """The probability of a word: of its one piece here, or of its pieces one after the other.

    Args:
        checkpoint: a model with a masked-word head.
        encoding: the text as tokens.
        shown: the ids the model is given, [MASK] where something is hidden.
        position: the hidden place.
        logits: (V,) at that place.
        normaliser: log of the sum of exp(logits).
        word: any typed word, or a piece written as in the vocabulary, such as '##ing'.
    """
    tokenizer = checkpoint.tokenizer
    written_whole = tokenizer.token_to_id(word)  # '##ing' can be asked for as it stands
    pieces = (word,) if written_whole is not None else tokenizer.pieces(word)
    ids = [tokenizer.token_to_id(piece) for piece in pieces]
    known = [id for id in ids if id is not None and id != tokenizer.unk_id]
    limit = checkpoint.model.config.max_position_embeddings
    if reason := _no_answer(checkpoint, word, pieces, known, len(shown), limit):
        return WordScore(word, pieces, 0.0, None, (), reason)
    if len(known) == 1:
        guess = guess_for(checkpoint, logits, normaliser, known[0])
        return WordScore(word, pieces, guess.probability, guess.rank, (guess.probability,))
    chances = _piece_chances(checkpoint, encoding, shown, position, known)
    return WordScore(word, pieces, math.prod(chances), None, tuple(chances))


def _no_answer(
    checkpoint: Checkpoint,
    word: str,
    pieces: Sequence[str],
    known: Sequence[int],
    tokens: int,
    limit: int,
) -> str | None:
    if not pieces:
        return "there is nothing to look up; type a word"
    if len(known) < len(pieces):
        unknown = next(
            (t.unknown_reason for t in checkpoint.tokenizer.traces(word) if t.unknown_reason), None
        )
        return unknown or "the vocabulary has no pieces for it"
    if len(pieces) > MOST_PIECES:
        return f"it is {len(pieces)} word pieces long; at most {MOST_PIECES} can be asked for"
    if tokens + len(pieces) - 1 > limit:
        return f"its {len(pieces)} pieces do not fit: the text fills the model's {limit} positions"
    return None


def _piece_chances(
    checkpoint: Checkpoint,
    encoding: Encoding,
    shown: Sequence[int],
    position: int,
    pieces: Sequence[int],
) -> list[float]:
    """For each piece, its probability with the pieces before it filled in, in one batch.

    The one hidden place becomes as many as there are pieces; row i of the batch has the first i
    of them filled in, and is asked for the next (the chain rule).
    """
    size, mask = len(pieces), checkpoint.tokenizer.mask_id
    rows = [
        [*shown[:position], *pieces[:i], *[mask] * (size - i), *shown[position + 1 :]]
        for i in range(size)
    ]
    segment = [encoding.segment_ids[position]] * size
    segments = [*encoding.segment_ids[:position], *segment, *encoding.segment_ids[position + 1 :]]
    ids, segment_ids = as_batch(checkpoint, rows, [segments] * size)
    asked = torch.arange(size)
    with torch.inference_mode():
        vectors = checkpoint.model(ids, segment_ids).last[asked, position + asked]  # (size, H)
        logits = checkpoint.masked_word_head()(vectors)
        probabilities = logits.float().cpu().softmax(-1)  # (size, V)
    return [float(probabilities[i, piece]) for i, piece in enumerate(pieces)]
