"""Masked words: the softmax over the whole vocabulary at every hidden place.

B = batch, T = tokens, N = hidden places, V = vocabulary size.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from bert_core.analysis.encoding import as_array, as_batch
from bert_core.analysis.word_scores import guess_for, token_name, word_score
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import Encoding, FillStep, Guess, MaskedWords, MaskPrediction

MOST_GUESSES = 1_000


def typed_masks(checkpoint: Checkpoint, encoding: Encoding) -> tuple[int, ...]:
    """Positions where [MASK] was typed in the text."""
    mask = checkpoint.tokenizer.mask_id
    return tuple(i for i, token in enumerate(encoding.ids) if token == mask)


def masked_words(
    checkpoint: Checkpoint,
    encoding: Encoding,
    hidden: Mapping[int, int | None],
    top_k: int = 10,
    words: Sequence[str] = (),
) -> MaskedWords:
    """The model's answers at the hidden places and wherever [MASK] was typed, in one pass.

    Args:
        checkpoint: a model with a masked-word head.
        encoding: the text as tokens.
        hidden: position -> the id to show there; None for [MASK].
        top_k: guesses for each place, 1 to 1,000.
        words: words whose probability is asked for at every place.

    Raises:
        ValueError: when the model has no masked-word head, nothing is hidden, a position is not
            one of the text's own tokens, or top_k is out of range.
    """
    head = checkpoint.masked_word_head()
    if not 1 <= top_k <= MOST_GUESSES:
        raise ValueError(f"top_k is {top_k}; it must be from 1 to {MOST_GUESSES}")
    shown = _shown_ids(checkpoint, encoding, hidden)
    positions = sorted({*hidden, *typed_masks(checkpoint, encoding)})
    if not positions:
        cut = "" if encoding.truncation is None else " in the part of the text that fits"
        raise ValueError(f"nothing is hidden{cut}; hide a word, or type [MASK] where it should be")
    ids, segments = as_batch(checkpoint, [shown], [encoding.segment_ids])
    with torch.inference_mode():
        vectors = checkpoint.model(ids, segments).last[0, positions]  # (N, H)
        logits = head(vectors).float().cpu()  # (N, V)
    predictions = tuple(
        _prediction(checkpoint, encoding, shown, position, vector, row, top_k, words)
        for position, vector, row in zip(positions, vectors, logits, strict=True)
    )
    return MaskedWords(encoding, tuple(shown), predictions)


def fill_jointly(checkpoint: Checkpoint, result: MaskedWords) -> tuple[FillStep, ...]:
    """All hidden places filled one at a time, most certain first, each fill seen by the next.

    The order in which places are filled is the order of the steps. One pass for each place.
    """
    head = checkpoint.masked_word_head()
    ids = list(result.masked_ids)
    left = [prediction.position for prediction in result.predictions]
    steps = []
    while left:
        batch = as_batch(checkpoint, [ids], [result.encoding.segment_ids])
        with torch.inference_mode():
            logits = head(checkpoint.model(*batch).last[0, left]).float().cpu()  # (N, V)
        log_probabilities = logits.log_softmax(-1)
        at = int(log_probabilities.max(-1).values.argmax())
        best = int(logits[at].argmax())
        guess = Guess(
            token_name(checkpoint, best),
            best,
            float(logits[at, best]),
            float(log_probabilities[at, best].exp()),
            1,
        )
        steps.append(FillStep(left[at], guess))
        ids[left.pop(at)] = best
    return tuple(steps)


def likeliest_position(
    checkpoint: Checkpoint, encoding: Encoding, positions: Sequence[int]
) -> int:
    """The one of `positions` whose own token gets the highest probability when it is hidden.

    Each is hidden by itself, all in one batch.

    Raises:
        ValueError: when the model has no masked-word head, or there is no position.
    """
    head = checkpoint.masked_word_head()
    if not positions:
        raise ValueError("there is no position to hide; give at least one")
    places = torch.tensor(positions)  # (B,)
    ids, segments = as_batch(
        checkpoint, [encoding.ids] * len(places), [encoding.segment_ids] * len(places)
    )
    rows, places = torch.arange(len(places), device=ids.device), places.to(ids.device)
    true = ids[rows, places]
    ids[rows, places] = checkpoint.tokenizer.mask_id
    with torch.inference_mode():
        logits = head(checkpoint.model(ids, segments).last[rows, places]).float()  # (B, V)
        best = logits.log_softmax(-1)[rows, true].argmax()
    return positions[int(best)]


def _shown_ids(
    checkpoint: Checkpoint, encoding: Encoding, hidden: Mapping[int, int | None]
) -> list[int]:
    shown = list(encoding.ids)
    for position, id in hidden.items():
        if not 0 <= position < len(encoding) or encoding.word_ids[position] is None:
            raise ValueError(
                f"position {position} cannot be hidden; choose one of the text's own tokens, "
                f"from 1 to {len(encoding) - 2}"
            )
        if id is not None and not 0 <= id < checkpoint.tokenizer.vocab_size:
            raise ValueError(
                f"there is no token with the id {id}; ids go from 0 to "
                f"{checkpoint.tokenizer.vocab_size - 1}"
            )
        shown[position] = checkpoint.tokenizer.mask_id if id is None else id
    return shown


def _prediction(
    checkpoint: Checkpoint,
    encoding: Encoding,
    shown: Sequence[int],
    position: int,
    vector: Tensor,
    logits: Tensor,
    top_k: int,
    words: Sequence[str],
) -> MaskPrediction:
    """The answer at one place from its vector (H,) and its logits (V,)."""
    normaliser = float(logits.logsumexp(-1))
    best = logits.sort(descending=True, stable=True).indices[:top_k].tolist()  # ties: lower id
    log_probabilities = logits - normaliser
    entropy = -float((log_probabilities.exp() * log_probabilities).sum()) / math.log(2)
    true_id = encoding.ids[position]
    true = None
    if true_id != checkpoint.tokenizer.mask_id:
        true = guess_for(checkpoint, logits, normaliser, true_id)
    return MaskPrediction(
        position=position,
        guesses=tuple(guess_for(checkpoint, logits, normaliser, id) for id in best),
        true=true,
        words=tuple(
            word_score(checkpoint, encoding, shown, position, logits, normaliser, word)
            for word in words
        ),
        hidden=as_array(vector),
        log_normaliser=normaliser,
        entropy=entropy,
        vocabulary=len(logits),
    )
