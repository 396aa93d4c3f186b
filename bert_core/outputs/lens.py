"""One masked place read off every layer, not the last alone: the lens.

L = layers. Layer 0 is what goes into the first layer, layer L what the model answers from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bert_core.outputs.arrays import FloatArray, IntArray
from bert_core.outputs.masked_words import Guess
from bert_core.outputs.text import Encoding

RAW, TUNED = "raw", "tuned"
"""A layer's vector given to the masked-word head as it is, or after a map trained for the layer."""


@dataclass(frozen=True)
class LensReading:
    """What the masked-word head says to one layer's vector."""

    layer: int
    kind: str
    """RAW or TUNED; the last layer's is the model's own answer in both."""
    guesses: tuple[Guess, ...]
    """The top k, likeliest first."""
    entropy: float
    """Entropy of the distribution, in bits."""


@dataclass(frozen=True)
class LensCurve:
    """One entry of the vocabulary through the layers."""

    probabilities: FloatArray
    """(L + 1,)"""
    ranks: IntArray
    """(L + 1,): 1 for the likeliest entry of the vocabulary."""


@dataclass(frozen=True)
class LensWord:
    """A word that is followed through the layers."""

    word: str
    id: int | None
    """None for a word that cannot be followed."""
    curves: Mapping[str, LensCurve]
    """By kind of reading; empty for a word that cannot be followed."""
    refusal: str | None = None
    """Why it cannot be followed."""


@dataclass(frozen=True)
class Lens:
    """All readings at one masked place."""

    encoding: Encoding
    """The text as typed, before places were hidden."""
    position: int
    readings: tuple[LensReading, ...]
    """Raw ones of layers 0 to L, then, where there is a trained lens, tuned ones of 0 to L."""
    words: tuple[LensWord, ...]
    """The words asked for, in the order asked."""
    true: LensWord | None
    """The token that was hidden; None when [MASK] was typed."""
    vocabulary: int

    def __post_init__(self) -> None:
        shape = (self.layers + 1,)
        for word in (*self.words, *(() if self.true is None else (self.true,))):
            assert (word.refusal is None) == (word.id is not None)
            for curve in word.curves.values():
                assert curve.probabilities.shape == curve.ranks.shape == shape

    @property
    def layers(self) -> int:
        """L."""
        return max(reading.layer for reading in self.readings)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of reading there are, RAW first."""
        return tuple(dict.fromkeys(reading.kind for reading in self.readings))

    def of_kind(self, kind: str) -> tuple[LensReading, ...]:
        """Readings of layers 0 to L.

        Raises:
            ValueError: there are none of this kind.
        """
        found = tuple(reading for reading in self.readings if reading.kind == kind)
        if not found:
            raise ValueError(f"there are no {kind!r} readings; there are {', '.join(self.kinds)}")
        return found


@dataclass(frozen=True)
class LensLosses:
    """How far readings are off on held-out text, raw beside tuned: means in nats."""

    places: int
    """Masked places measured."""
    cross_entropy: Mapping[str, FloatArray]
    """Kind -> (L + 1,): with the word that was hidden."""
    divergence: Mapping[str, FloatArray]
    """Kind -> (L + 1,): KL divergence from the model's own answer; 0 at the last layer."""
