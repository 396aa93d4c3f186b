"""The masked-word head on every layer's vector: what each layer would guess, were it the last.

Given to the head as they are, the readings are raw: the "logit lens" (nostalgebraist 2020). After
a map trained for each layer they are tuned: Belrose et al. 2023, "Eliciting Latent Predictions
from Transformers with the Tuned Lens".

H = hidden size, L = layers, V = vocabulary size.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from bert_core.analysis.encoding import as_batch
from bert_core.analysis.predictions import MOST_GUESSES
from bert_core.analysis.word_scores import guess_for
from bert_core.checkpoint.lens_file import TunedLens
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import Guess, MaskedWords
from bert_core.outputs.lens import RAW, TUNED, Lens, LensCurve, LensReading, LensWord

Logits = Mapping[str, Tensor]
"""Kind of reading -> (L + 1, V)."""


def read_lens(
    checkpoint: Checkpoint,
    result: MaskedWords,
    position: int,
    top_k: int = 5,
    words: Sequence[str] = (),
    tuned: TunedLens | None = None,
) -> Lens:
    """The readings of all layers at one masked place, in one pass.

    The last layer's reading is the model's own answer, raw and tuned.

    Args:
        checkpoint: a model with a masked-word head.
        result: what the model was shown, from `predictions.masked_words`.
        position: one of its masked places.
        top_k: guesses of each reading, 1 to 1,000.
        words: words to follow; one that cannot be followed says why.
        tuned: a lens trained for this model, for readings beside the raw ones.

    Raises:
        ValueError: when the model has no masked-word head, the place is not masked, top_k is out
            of range, or the trained lens is of another size.
    """
    head = checkpoint.masked_word_head()
    if not 1 <= top_k <= MOST_GUESSES:
        raise ValueError(f"top_k is {top_k}; it must be from 1 to {MOST_GUESSES}")
    places = {prediction.position: prediction for prediction in result.predictions}
    if position not in places:
        raise ValueError(
            f"position {position} is not masked; choose one of {', '.join(map(str, places))}"
        )
    if tuned is not None:
        tuned.check_sizes(checkpoint)
    batch = as_batch(checkpoint, [result.masked_ids], [result.encoding.segment_ids])
    with torch.inference_mode():
        states = checkpoint.model(*batch).hidden_states
        vectors = torch.stack([state[0, position] for state in states])  # (L + 1, H)
        logits = {RAW: head(vectors).float().cpu()}  # (L + 1, V)
        if tuned is not None:
            moved = [tuned.translate(layer, one) for layer, one in enumerate(vectors[:-1])]
            own = logits[RAW][-1:]  # the last layer needs no map
            logits[TUNED] = torch.cat([head(torch.stack(moved)).float().cpu(), own])
    true = places[position].true
    return Lens(
        encoding=result.encoding,
        position=position,
        readings=tuple(
            _reading(checkpoint, layer, kind, row, top_k)
            for kind, rows in logits.items()
            for layer, row in enumerate(rows)
        ),
        words=tuple(_word(checkpoint, logits, word) for word in words),
        true=None if true is None else _followed(checkpoint, logits, true.token, true.id),
        vocabulary=logits[RAW].shape[1],
    )


def _reading(
    checkpoint: Checkpoint, layer: int, kind: str, logits: Tensor, top_k: int
) -> LensReading:
    """The reading of one layer from its logits (V,)."""
    normaliser = float(logits.logsumexp(-1))
    best = logits.sort(descending=True, stable=True).indices[:top_k].tolist()  # ties: lower id
    chances = logits - normaliser
    entropy = -float((chances.exp() * chances).sum()) / math.log(2)
    guesses = tuple(guess_for(checkpoint, logits, normaliser, id) for id in best)
    return LensReading(layer, kind, guesses, entropy)


def _word(checkpoint: Checkpoint, logits: Logits, word: str) -> LensWord:
    """The word through the layers, or why it cannot be followed."""
    tokenizer = checkpoint.tokenizer
    written_whole = tokenizer.token_to_id(word)  # '##ing' can be asked for as it stands
    pieces = (word,) if written_whole is not None else tokenizer.pieces(word)
    ids = [tokenizer.token_to_id(piece) for piece in pieces]
    if not pieces:
        return LensWord(word, None, {}, "there is nothing to look up; type a word")
    if any(id is None or id == tokenizer.unk_id for id in ids):
        reasons = (trace.unknown_reason for trace in tokenizer.traces(word))
        unknown = next((reason for reason in reasons if reason), None)
        return LensWord(word, None, {}, unknown or "the vocabulary has no pieces for it")
    if len(pieces) > 1 or ids[0] is None:
        return LensWord(
            word, None, {},
            f"it is {len(pieces)} word pieces long ({' '.join(pieces[:6])}), and the lens reads a "
            "single place; ask for one of the pieces",
        )  # fmt: skip
    return _followed(checkpoint, logits, word, ids[0])


def _followed(checkpoint: Checkpoint, logits: Logits, word: str, id: int) -> LensWord:
    """The entry `id` of the vocabulary at every layer, in every kind of reading."""
    curves = {
        kind: _curve([guess_for(checkpoint, row, float(row.logsumexp(-1)), id) for row in rows])
        for kind, rows in logits.items()
    }
    return LensWord(word, id, curves)


def _curve(guesses: Sequence[Guess]) -> LensCurve:
    return LensCurve(
        np.array([guess.probability for guess in guesses], dtype=np.float32),
        np.array([guess.rank for guess in guesses], dtype=np.int64),
    )
