"""Occurrences, maps and scores made by hand, for tests of what shows them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bert_core.outputs.arrays import FloatArray
from bert_core.outputs.contexts import (
    Band,
    Contexts,
    Occurrence,
    Projection,
    ProjectionSettings,
    SenseScores,
)

SENTENCES = (
    "We walked along the bank of the river.",
    "The bank raised its interest rates again.",
    "Moss grew on the muddy bank where the boats lay, bank after bank.",
)


def contexts(count: int, sentences: Sequence[str] = SENTENCES, word: str = "bank") -> Contexts:
    """The word's first place in each sentence; the sentences repeat, numbered, up to `count`."""
    texts = [sentences[at % len(sentences)] for at in range(count)]
    texts = [text if at < len(sentences) else f"{text} {at}" for at, text in enumerate(texts)]
    places = [text.index(word) for text in texts]
    occurrences = tuple(
        Occurrence(at, start, start + len(word), word, ("river", "money")[at % 2])
        for at, start in enumerate(places)
    )
    vectors = np.zeros((count, 4, 8), np.float32)
    return Contexts(word, tuple(texts), occurrences, vectors, vectors[0, 0])


def projection(count: int, dimensions: int = 2, layers: int = 4, seed: int = 0) -> Projection:
    """Points that drift apart from layer to layer, by their number's parity."""
    rng = np.random.default_rng(seed)
    side = np.where(np.arange(count) % 2, 1.0, -1.0)[:, None]
    noise = rng.normal(size=(count, dimensions))
    points = np.stack([noise + at * side for at in range(layers)]).astype(np.float32)
    settings = ProjectionSettings(dimensions=dimensions)
    return Projection(settings, points, tuple(range(layers)), ("neighbours lowered from 30 to 15",))


def band(low: float, high: float, layers: int = 4) -> Band:
    return Band(np.full(layers, low, np.float32), np.full(layers, high, np.float32))


def scores(**changes: FloatArray) -> SenseScores:
    """Four layers, the best of them layer 2."""
    curve = np.array([0.4, 0.7, 0.96, 0.9], np.float32)
    values = {"nearest_neighbour": curve - 0.05, "centroid": curve, "silhouette": curve / 3}
    return SenseScores(
        labels=("money", "river"), occurrences=24, **{**values, **changes},
        nearest_neighbour_null=band(0.3, 0.62), centroid_null=band(0.25, 0.6),
        silhouette_null=band(-0.05, 0.02), chance=0.5, shuffles=200, seed=42,
    )  # fmt: skip
