"""Answers at masked places."""

from __future__ import annotations

from dataclasses import dataclass

from bert_core.outputs.arrays import FloatArray
from bert_core.outputs.text import Encoding


@dataclass(frozen=True)
class Guess:
    """One entry of the vocabulary as an answer for one masked place."""

    token: str
    id: int
    logit: float
    probability: float
    rank: int
    """1 for the likeliest entry of the vocabulary."""


@dataclass(frozen=True)
class WordScore:
    """How likely a word somebody asked for is at a masked place."""

    word: str
    pieces: tuple[str, ...]
    probability: float
    rank: int | None
    """1 for the likeliest; None for words of several pieces, which have no rank of their own."""
    piece_probabilities: tuple[float, ...]
    """For each piece, its probability with the pieces before it filled in; their product is
    `probability`."""
    unknown_reason: str | None = None
    """Why the word has no answer; its probability is then 0."""


@dataclass(frozen=True)
class MaskPrediction:
    """The model's answer at one masked place."""

    position: int
    guesses: tuple[Guess, ...]
    """The top k, likeliest first."""
    true: Guess | None
    """The token that was hidden, wherever it ranks; None when [MASK] was typed."""
    words: tuple[WordScore, ...]
    """The words asked for, in the order asked."""
    hidden: FloatArray
    """(hidden,): the last layer's vector at this place."""
    log_normaliser: float
    """log of the sum of exp(logit) over the vocabulary: the bottom half of the softmax."""
    entropy: float
    """Entropy of the distribution, in bits; log2(vocabulary) if the model knows nothing."""
    vocabulary: int
    """Number of entries the softmax runs over."""


@dataclass(frozen=True)
class FillStep:
    """One fill of a joint prediction: the place the model was surest of, and its answer there."""

    position: int
    guess: Guess


@dataclass(frozen=True)
class MaskedWords:
    """Answers for all masked places of one text."""

    encoding: Encoding
    """The text as typed, before places were hidden."""
    masked_ids: tuple[int, ...]
    """The ids the model was given."""
    predictions: tuple[MaskPrediction, ...]
    """One for each masked place, left to right; every place answered by itself, in one pass."""


@dataclass(frozen=True)
class MaskedPlace:
    """What the masking function did at one chosen place."""

    position: int
    original_id: int
    shown_id: int
    action: str
    """'mask' ([MASK] stands there), 'random' (another token stands there) or 'keep'."""


@dataclass(frozen=True)
class MaskingResult:
    """A run of the masking function over one sequence of ids."""

    ids: tuple[int, ...]
    """What the model is shown."""
    places: tuple[MaskedPlace, ...]
    """The places the model has to answer for."""
    candidates: int
    """How many places could have been chosen."""
    seed: int
