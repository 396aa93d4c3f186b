"""Hiding about 15% of the tokens (Devlin et al. 2018, section 3.1).

Of the places chosen, 80% show [MASK], 10% another token drawn at random, 10% the token itself:
the model has to answer for all of them, and cannot tell which is which.

B = batch, T = tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bert_core.outputs import Encoding, MaskedPlace, MaskingResult
from bert_core.tokenizer import Tokenizer

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

SHOW_MASK, SHOW_RANDOM = 0.8, 0.1
ACTIONS = ("mask", "random", "keep")
MASKINGS = ("tokens", "words", "spans")
"""What is chosen: tokens, as published; whole words; or runs of words (Joshi et al. 2020)."""
SPAN_END, LONGEST_SPAN = 0.2, 10
"""Chance that a run ends after a word, and its most words, as in SpanBERT: 3.8 words on average."""


@dataclass(frozen=True)
class MaskedBatch:
    """A batch after masking."""

    ids: IntArray
    """(B, T): what the model is shown."""
    chosen: BoolArray
    """(B, T): the places it has to answer for."""
    actions: IntArray
    """(B, T): index into ACTIONS at chosen places, -1 elsewhere."""


def mask_batch(
    ids: IntArray,
    candidates: BoolArray,
    mask_id: int,
    vocab_size: int,
    rng: np.random.Generator,
    rate: float = 0.15,
    words: IntArray | None = None,
    spans: bool = False,
) -> MaskedBatch:
    """Choose places in every row and hide them.

    In each row round(rate x candidates) places are chosen, and at least one where there is a
    candidate. With `words` whole words are chosen, as long as they fit into that number; with
    `spans` too, in runs. The tokens of a run are then hidden each by its own chance, as all are.

    Args:
        ids: (B, T) token ids.
        candidates: (B, T), True where a place may be chosen (not at special tokens or padding).
        mask_id: id of [MASK].
        vocab_size: random replacements are drawn from 0 up to this.
        rng: the source of chance; the same state gives the same masks.
        rate: share of candidates to choose, above 0 and at most 1.
        words: (B, T) number of the word each token belongs to, growing by one from word to word,
            for whole-word masking.
        spans: choose runs of words (Joshi et al. 2020, "SpanBERT"); needs `words`.

    Raises:
        ValueError: when the rate is out of range.
    """
    assert words is not None or not spans
    if not 0 < rate <= 1:
        raise ValueError(f"mask rate is {rate}; it must be above 0 and at most 1")
    counts = candidates.sum(1)
    budget = np.where(counts > 0, np.maximum(1, np.round(counts * rate)), 0).astype(np.int64)
    order = rng.random(ids.shape)
    if words is None:
        chosen = _lowest(order, candidates, budget)
    elif spans:
        chosen = np.stack(
            [_spans(*row, rng) for row in zip(candidates, words, budget, strict=True)]
        )
    else:
        chosen = np.stack(
            [_whole_words(*row) for row in zip(order, candidates, words, budget, strict=True)]
        )
    dice, replacements = rng.random(ids.shape), rng.integers(0, vocab_size, ids.shape)
    actions = np.digitize(dice, [SHOW_MASK, SHOW_MASK + SHOW_RANDOM])
    actions = np.where(chosen, actions, -1)
    shown = np.where(actions == 0, mask_id, np.where(actions == 1, replacements, ids))
    return MaskedBatch(shown, chosen, actions)


def mask_sequence(
    ids: Sequence[int],
    candidates: Sequence[bool],
    mask_id: int,
    vocab_size: int,
    seed: int,
    rate: float = 0.15,
    words: Sequence[int] | None = None,
) -> MaskingResult:
    """`mask_batch` for one sequence, with every place told apart.

    Raises:
        ValueError: when the rate is out of range or there is nothing that can be hidden.
    """
    if not any(candidates):
        raise ValueError("there is no word to hide; type at least one")
    batch = mask_batch(
        np.array([ids]),
        np.array([candidates]),
        mask_id,
        vocab_size,
        np.random.default_rng(seed),
        rate,
        None if words is None else np.array([words]),
    )
    shown = tuple(batch.ids[0].tolist())
    places = tuple(
        MaskedPlace(i, ids[i], shown[i], ACTIONS[batch.actions[0, i]])
        for i in np.flatnonzero(batch.chosen[0]).tolist()
    )
    return MaskingResult(shown, places, sum(map(bool, candidates)), seed)


def mask_encoding(
    encoding: Encoding,
    tokenizer: Tokenizer,
    seed: int,
    rate: float = 0.15,
    whole_words: bool = False,
) -> MaskingResult:
    """`mask_sequence` for a text somebody typed; special tokens, also typed ones, stay.

    Raises:
        ValueError: when the rate is out of range or the text has no word to hide.
    """
    words, segments = encoding.word_ids, encoding.segment_ids
    number = {key: at for at, key in enumerate(dict.fromkeys(zip(words, segments, strict=True)))}
    return mask_sequence(
        encoding.ids,
        [id not in tokenizer.special_ids for id in encoding.ids],
        tokenizer.mask_id,
        tokenizer.vocab_size,
        seed,
        rate,
        [number[key] for key in zip(words, segments, strict=True)] if whole_words else None,
    )


def _lowest(order: npt.NDArray[np.float64], candidates: BoolArray, budget: IntArray) -> BoolArray:
    """The `budget` candidates of each row that come first in a random order."""
    ranked = np.where(candidates, order, np.inf).argsort(1).argsort(1)
    return candidates & (ranked < budget[:, None])


def _whole_words(
    order: npt.NDArray[np.float64], candidates: BoolArray, words: IntArray, budget: int
) -> BoolArray:
    """Words of one row in a random order, each taken whole if it still fits the budget.

    When no word fits, the shortest of them is taken all the same: a row is never left unmasked.
    """
    chosen = np.zeros(len(words), dtype=bool)
    names, first, sizes = np.unique(words[candidates], return_index=True, return_counts=True)
    for at in order[candidates][first].argsort():
        if chosen.sum() + sizes[at] <= budget:
            chosen |= candidates & (words == names[at])
    if budget and not chosen.any():
        chosen = candidates & (words == names[sizes.argmin()])
    return chosen


def _spans(
    candidates: BoolArray, words: IntArray, budget: int, rng: np.random.Generator
) -> BoolArray:
    """Runs of one row's words, begun anywhere, until the budget is used or nothing fits."""
    names, sizes = np.unique(words[candidates], return_counts=True)
    taken, left = np.zeros(len(names), dtype=bool), budget
    starts = rng.integers(max(1, len(names)), size=len(names))
    lengths = np.minimum(rng.geometric(SPAN_END, len(names)), LONGEST_SPAN)
    runs = [(start, start + length) for start, length in zip(starts, lengths, strict=True)]
    for start, end in [*runs, *((at, at + 1) for at in rng.permutation(len(names)))]:
        for at in range(start, min(end, len(names))):
            apart = at > start and names[at] != names[at - 1] + 1
            if taken[at] or apart or sizes[at] > left:
                break
            taken[at], left = True, left - sizes[at]
    if budget and not taken.any():
        taken[sizes.argmin()] = True
    return candidates & np.isin(words, names[taken])
