"""Maps of few points, of equal vectors, of duplicates: always defined, and honest about it."""

from dataclasses import replace

import numpy as np
import pytest

from bert_core.analysis.projection import project
from bert_core.outputs import PROJECTION_METHODS, ProjectionSettings
from tests.analysis.maps import METHODS, UMAP, distances, layered, purity


@METHODS
@pytest.mark.parametrize("points", [1, 2, 3, 4, 5, 8])
def test_small_sets_have_a_map_and_are_told_apart_from_findings(
    settings: ProjectionSettings, points: int
) -> None:
    settings = replace(settings, neighbours=15, dimensions=2 + points % 2)
    found = project(layered(2, points), settings, (0, 6))
    assert found.points.shape == (2, points, settings.dimensions)
    assert np.isfinite(found.points).all()
    notes = " | ".join(found.notes)
    if points == 1:
        assert not found.points.any() and "1 point: it lies in the middle" in notes
    else:
        assert f"{points} points: what looks like structure may be chance" in notes
        assert (distances(found.points[1])[~np.eye(points, dtype=bool)] > 0).all()
    name = PROJECTION_METHODS[settings.method]
    if settings.method == "pca":
        assert found.settings == settings
    elif points < 4:
        assert found.settings.method == "pca" and f"too few for {name}, so this is PCA" in notes
    elif settings.method == "umap":
        assert found.settings == replace(settings, neighbours=points - 1)
        assert f"neighbours lowered from 15 to {points - 1}: there are {points} points" in notes
    else:
        assert found.settings == replace(settings, neighbours=2)
        assert "perplexity lowered from 15 to 2" in notes


def test_large_enough_sets_get_no_warning() -> None:
    assert project(layered(1), UMAP, (0,)).notes == ()
    assert project(layered(1), UMAP, (0,)).settings == UMAP


@METHODS
@pytest.mark.parametrize("noise", [0, 1e-7])
def test_a_layer_of_equal_vectors_is_one_dot(settings: ProjectionSettings, noise: float) -> None:
    vectors = layered()
    random = np.random.default_rng(1).normal(size=vectors[0].shape)
    for flat in (0, 2):
        vectors[flat] = vectors[flat, 0] * (1 + noise * random)
    found = project(vectors, settings, (0, 3, 6))
    assert not found.points[[0, 2]].any() and np.isfinite(found.points).all()
    assert purity(found.points[1]) > 0.5
    assert "layers 0, 6: all vectors are equal, so all points lie on one dot" in found.notes
    zeros = project(np.zeros_like(vectors), settings, (0, 3, 6))
    assert not zeros.points.any() and "layers 0, 3, 6: all" in zeros.notes[-1]


@METHODS
def test_duplicates_and_few_different_vectors_have_a_map(settings: ProjectionSettings) -> None:
    vectors = layered()
    vectors[0] = vectors[0, np.arange(30) % 2]  # two vectors only: the graph falls apart
    vectors[2, 15:] = vectors[2, :15]
    vectors[1, 0] = 0
    found = project(vectors, settings, (0, 1, 2))
    assert np.isfinite(found.points).all() and found.points.any(axis=(1, 2)).all()
    twins = np.linalg.norm(found.points[2, 15:] - found.points[2, :15], axis=1)
    assert np.median(twins) < np.median(distances(found.points[2])) / 2
