"""Made-up vectors for maps, and what is measured on maps."""

from typing import Any

import numpy as np
import pytest

from bert_core.outputs import ProjectionSettings

PCA = ProjectionSettings(method="pca")
TSNE = ProjectionSettings(method="tsne", neighbours=5)
UMAP = ProjectionSettings(method="umap", neighbours=5)
METHODS = pytest.mark.parametrize("settings", [PCA, TSNE, UMAP], ids=lambda one: one.method)
Array = np.ndarray[Any, Any]


def layered(layers: int = 3, points: int = 30, hidden: int = 16, seed: int = 0) -> Array:
    """(layers, points, hidden): three groups that form layer by layer."""
    random = np.random.default_rng(seed)
    own, groups = random.normal(size=(points, hidden)), random.normal(size=(3, hidden))
    blocks = [
        own + 2 * at * groups[np.arange(points) % 3] + 0.3 * random.normal(size=own.shape)
        for at in range(layers)
    ]
    return np.stack(blocks).astype(np.float32)


def distances(points: Array) -> Array:
    return np.linalg.norm(points[:, None].astype(float) - points[None], axis=2)


def travel(points: Array) -> float:
    """How far a point moves from layer to layer, on average, as a share of the map's size."""
    size = np.sqrt(np.square(points).sum(axis=2).mean())
    return float(np.linalg.norm(np.diff(points, axis=0), axis=2).mean() / size)


def purity(layout: Array) -> float:
    """Share of points whose nearest other point is of the same group."""
    apart = distances(layout)
    np.fill_diagonal(apart, np.inf)
    return float(np.mean(apart.argmin(axis=1) % 3 == np.arange(len(layout)) % 3))
