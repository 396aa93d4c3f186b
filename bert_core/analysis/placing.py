"""Where a vector that is no occurrence stands on a map of occurrences.

L = layers of the map, N = occurrences, S = vectors to place, H = hidden size, D = dimensions.
"""

from __future__ import annotations

import numpy as np

from bert_core.analysis.similarity import cosine_matrix
from bert_core.outputs import FloatArray

NEAREST = 5
"""Occurrences that say where a vector stands."""


def place_among(static: FloatArray, vectors: FloatArray, points: FloatArray) -> FloatArray:
    """The mean of the places of the `NEAREST` occurrences (cosine), at every layer.

    The map itself is fitted to the occurrences alone: a static vector comes from another space, and
    as an outlier it would take an axis for itself.

    Args:
        static: (S, H).
        vectors: (L, N, H), those the map was made from.
        points: (L, N, D), the map.

    Returns:
        (L, S, D)
    """
    placed = np.zeros((len(vectors), len(static), points.shape[2]), dtype=np.float32)
    for layer, (own, where) in enumerate(zip(vectors, points, strict=True)):
        cosines = cosine_matrix(np.concatenate([static, own]))[: len(static), len(static) :]
        nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :NEAREST]  # (S, NEAREST)
        placed[layer] = where[nearest].mean(axis=1)
    return placed
