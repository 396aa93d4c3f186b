"""Answers made by hand, for tests of what shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bert_core.outputs import Encoding, Guess, MaskedWords, MaskPrediction, WordScore

GUESSES = (
    Guess("river", 11, 3.0, 0.4, 1),
    Guess("bank", 12, 2.0, 0.2, 2),
    Guess("##s", 13, 1.0, 0.1, 3),
)


def prediction(position: int = 1, **changes: Any) -> MaskPrediction:
    """Three guesses at a place where [MASK] was typed, with the changes asked for."""
    values: dict[str, Any] = {
        "position": position, "guesses": GUESSES, "true": None, "words": (),
        "hidden": np.arange(8, dtype=np.float32) / 4, "log_normaliser": 3.9162907,
        "entropy": 2.0, "vocabulary": 30_522,
    }  # fmt: skip
    return MaskPrediction(**{**values, **changes})


def encoding(text: str, spans: Sequence[tuple[int, int]], tokens: Sequence[str] = ()) -> Encoding:
    """A text whose tokens are these characters of it, framed by special tokens."""
    names = tuple(tokens) or tuple(text[start:end] for start, end in spans)
    size = len(spans)
    return Encoding(
        text,
        None,
        ("[CLS]", *names, "[SEP]"),
        tuple(range(size + 2)),
        ((0, 0), *spans, (0, 0)),
        (None, *range(size), None),
        (0,) * (size + 2),
    )


def answer(text: str, spans: Sequence[tuple[int, int]], *places: MaskPrediction) -> MaskedWords:
    """The answers at some places of a text."""
    encoded = encoding(text, spans)
    return MaskedWords(encoded, encoded.ids, places)


def word(name: str, **changes: Any) -> WordScore:
    """A word that was asked for."""
    values: dict[str, Any] = {
        "word": name, "pieces": (name,), "probability": 0.05, "rank": 5,
        "piece_probabilities": (0.05,),
    }  # fmt: skip
    return WordScore(**{**values, **changes})
