"""What maps are made from: metric, main axes, exact neighbours, reduction of many points."""

import numpy as np
import pytest

from bert_core.analysis import projection_input
from bert_core.analysis.projection import project
from bert_core.analysis.projection_input import nearest_neighbours, prepared, principal_components
from bert_core.outputs import ProjectionSettings
from tests.analysis.maps import PCA, UMAP, distances, layered


@pytest.mark.parametrize("block", [1, 100, 2**24])
def test_neighbours_are_exact(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection_input, "BLOCK", block)
    points, _ = prepared(layered(1, 40)[0], "cosine")
    points[5], points[20:30] = points[3], points[20]
    indices, squares = nearest_neighbours(points, 7)
    expected = np.square(distances(points))
    np.testing.assert_allclose(squares, np.sort(expected, axis=1)[:, :7], atol=1e-6)
    np.testing.assert_allclose(squares, np.take_along_axis(expected, indices, 1), atol=1e-6)
    assert (indices[:, 0] == np.arange(40)).all() and (squares[:, 0] == 0).all()
    assert indices[5, 1] == 3 and squares[5, 1] == 0


def test_half_the_squared_distance_is_the_cosine_distance() -> None:
    vectors = layered(1)[0].astype(float)
    points, _ = prepared(vectors, "cosine")
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(np.square(distances(points)) / 2, 1 - units @ units.T, atol=1e-6)


@pytest.mark.parametrize("settings", [UMAP, PCA], ids=["umap", "pca"])
def test_many_points_are_reduced_first_and_it_is_said(
    settings: ProjectionSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = layered(1, 60, 64)
    full = project(vectors, PCA, (6,)).points
    monkeypatch.setattr(projection_input, "REDUCE_ABOVE", 59)
    found = project(vectors, settings, (6,))
    points, (kept, share) = prepared(vectors[0], "cosine")  # type: ignore[misc]
    assert points.shape == (60, 50) and kept == 50 and 0.9 < share < 1
    said = f"60 points: reduced to 50 dimensions by PCA first, which hold {share:.0%} of the"
    assert any(said in note for note in found.notes) == (settings is UMAP)
    if settings is PCA:
        np.testing.assert_allclose(found.points, full, atol=1e-5)


def test_axes_have_a_fixed_sign_and_missing_ones_are_zero() -> None:
    line = np.outer(np.arange(5.0) - 2, [1, 1, 0])
    axes, share = principal_components(line, 3)
    np.testing.assert_allclose(axes[:, 1:], 0)
    assert share == pytest.approx(1)
    vectors = layered(1)[0].astype(float)
    one, _ = principal_components(vectors - vectors.mean(axis=0), 2)
    assert (one[np.abs(one).argmax(axis=0), [0, 1]] > 0).all()
