"""Vectors of length 1, whose inner product is the cosine."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Precision = TypeVar("Precision", np.float32, np.float64)


def unit(vectors: npt.NDArray[Precision]) -> npt.NDArray[Precision]:
    """(..., H) -> (..., H), of the same precision: each at length 1; one of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), dtype=vectors.dtype)
