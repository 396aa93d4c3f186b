"""What a map is made from: vectors prepared for the metric, their main axes, their neighbours.

N = points, H = hidden size, D = dimensions kept, K = neighbours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bert_core.analysis.unit import unit
from bert_core.outputs import FloatArray, IntArray

Array = npt.NDArray[np.floating[Any]]

REDUCE_ABOVE = 5_000
"""Above so many points they are first reduced by PCA: distances cost N x N x dimensions."""
REDUCED_DIMENSIONS = 50
ROUNDING = 1e-5
"""Vectors that differ by less than this share of their length are equal but for rounding."""
BLOCK = 2**24
"""Distances held at a time."""


def prepared(vectors: FloatArray, metric: str) -> tuple[Array, tuple[int, float] | None]:
    """Vectors whose Euclidean distance is what `metric` asks for, centred.

    For cosine they are brought to length 1: half the squared distance is then 1 - cosine.

    Args:
        vectors: (N, H)
        metric: 'cosine' or 'euclidean'.

    Returns:
        (N, H) float64, or (N, REDUCED_DIMENSIONS) for many points, all 0 when the vectors are
        equal; and, if reduced, the dimensions kept and the share of the variance that they hold.
    """
    points = vectors.astype(np.float64)
    if metric == "cosine":
        points = unit(points)
    length = np.sqrt(np.square(points).sum(axis=1).mean())
    points -= points.mean(axis=0)
    if np.sqrt(np.square(points).sum(axis=1).mean()) <= ROUNDING * length:
        return np.zeros_like(points), None
    if len(points) > REDUCE_ABOVE and points.shape[1] > REDUCED_DIMENSIONS:
        kept, share = principal_components(points, REDUCED_DIMENSIONS)
        return kept, (REDUCED_DIMENSIONS, share)
    return points, None


def principal_components(points: Array, dimensions: int) -> tuple[Array, float]:
    """The points along their directions of largest variance (PCA).

    By the eigenvectors of the smaller of the two products of the matrix with itself. The sign of
    an axis, which is arbitrary, is such that its farthest point lies on the positive side.

    Args:
        points: (N, H), centred.
        dimensions: axes wanted; those that the points do not have are 0.

    Returns:
        (N, dimensions), and the share of the variance that they hold.
    """
    few = len(points) <= points.shape[1]
    values, axes = np.linalg.eigh(points @ points.T if few else points.T @ points)
    values, axes = values[::-1].clip(min=0), axes[:, ::-1]
    count = min(dimensions, int((values > 1e-12 * values[0]).sum()))
    scores = np.zeros((len(points), dimensions))
    top = axes[:, :count]
    scores[:, :count] = top * np.sqrt(values[:count]) if few else points @ top
    farthest = np.take_along_axis(scores, np.abs(scores).argmax(axis=0)[None], axis=0)
    scores *= np.where(farthest < 0, -1, 1)
    total = values.sum()
    return scores, float(values[:count].sum() / total) if total > 0 else 1.0


def nearest_neighbours(points: Array, count: int) -> tuple[IntArray, Array]:
    """The exact nearest neighbours of every point, itself first, by Euclidean distance.

    A block of points at a time, so that memory stays bounded. It takes two matrix products' time,
    where an approximate search would need a compiler first.

    Args:
        points: (N, H), centred, which keeps rounding small.
        count: K, at most N.

    Returns:
        indices (N, K) and squared distances (N, K), ascending; equals by index.
    """
    single = points.astype(np.float32)
    norms = np.square(single).sum(axis=1)
    indices = np.empty((len(points), count), dtype=np.int64)
    squares = np.empty((len(points), count))
    step = max(1, BLOCK // len(points))
    for first in range(0, len(points), step):
        rows = np.arange(first, min(first + step, len(points)))
        rough = norms[None] - 2 * (single[rows] @ single.T)  # (rows, N), less each row's own norm
        rough[rows - first, rows] = -np.inf
        near = np.sort(np.argpartition(rough, count - 1, axis=1)[:, :count], axis=1)
        exact = np.square(single[near] - single[rows, None]).sum(axis=2, dtype=np.float64)
        exact[near == rows[:, None]] = -1
        order = exact.argsort(axis=1, kind="stable")
        indices[rows] = np.take_along_axis(near, order, axis=1)
        squares[rows] = np.take_along_axis(exact, order, axis=1).clip(min=0)
    return indices, squares
