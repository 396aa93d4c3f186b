"""Where a vector that is no occurrence stands on a map of occurrences.

N = occurrences, S = vectors to place, H = hidden size, D = dimensions of the map.
"""

from __future__ import annotations

import numpy as np

from bert_core.analysis.unit import unit
from bert_core.outputs import FloatArray

NEAREST = 5
"""Occurrences that say where a vector stands."""


def place_among(static: FloatArray, vectors: FloatArray, points: FloatArray) -> FloatArray:
    """The mean of the places of the `NEAREST` occurrences (cosine).

    The map itself is fitted to the occurrences alone: a static vector comes from another space, and
    as an outlier it would take an axis for itself.

    Args:
        static: (S, H).
        vectors: (N, H), of the layer that the map shows.
        points: (N, D), the map.

    Returns:
        (S, D)
    """
    cosines = unit(static) @ unit(vectors).T  # (S, N)
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :NEAREST]  # (S, NEAREST)
    placed: FloatArray = points[nearest].mean(axis=1)
    return placed
