"""Maps: what they show, how layers are aligned, same seed same map, progress, bad input."""

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bert_core.analysis import projection_layouts
from bert_core.analysis.projection import ProjectionCancelled, project
from bert_core.analysis.projection_input import prepared
from bert_core.outputs import PROJECTION_METHODS, Projection, ProjectionSettings
from tests.analysis.maps import METHODS, PCA, UMAP, Array, distances, layered, purity, travel


def rotation(size: int) -> Array:
    return np.linalg.qr(np.random.default_rng(3).normal(size=(size, size)))[0]


@pytest.mark.parametrize("hidden", [5, 80])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_pca_is_the_plane_of_largest_variance(hidden: int, dimensions: int) -> None:
    vectors = layered(1, 30, hidden)
    settings = replace(PCA, metric="euclidean", dimensions=dimensions)
    found = project(vectors, settings, (4,))
    centred = vectors[0] - vectors[0].mean(axis=0)
    left, values, _ = np.linalg.svd(centred, full_matrices=False)
    expected = (left * values)[:, :dimensions]
    np.testing.assert_allclose(np.abs(found.points[0]), np.abs(expected), atol=1e-4)
    share = np.square(values[:dimensions]).sum() / np.square(values).sum()
    assert found.notes == (f"the {dimensions} axes hold {share:.0%} of the variance",)
    assert found.layers == (4,) and found.points.dtype == np.float32


@METHODS
def test_cosine_does_not_see_lengths_and_euclidean_does(settings: ProjectionSettings) -> None:
    vectors = layered(1)
    scaled = vectors * np.linspace(0.5, 8, 30, dtype=np.float32)[None, :, None]
    cosine, euclidean = settings, replace(settings, metric="euclidean")
    close, _ = prepared(scaled[0], "cosine")
    np.testing.assert_allclose(close, prepared(vectors[0], "cosine")[0], atol=1e-6)
    # a power of two changes no rounding, so not even UMAP and t-SNE may show it
    maps = [project(each, cosine, (0,)).points for each in (vectors, vectors * 4)]
    np.testing.assert_array_equal(*maps)
    maps = [project(each, euclidean, (0,)).points for each in (vectors, scaled)]
    assert not np.allclose(*maps, atol=0.1)


def test_layers_that_differ_by_a_rotation_make_one_map() -> None:
    vectors = layered(1)[0] * np.linspace(1, 3, 16)
    turned = vectors @ rotation(16) + 7
    stacked = np.stack([turned, vectors, -vectors]).astype(np.float32)
    maps = project(stacked, replace(PCA, metric="euclidean"), (0, 1, 2)).points
    np.testing.assert_allclose(maps[1], maps[2], atol=1e-4)
    np.testing.assert_allclose(maps[0], maps[2], atol=1e-4)


def test_axes_that_change_places_do_not_turn_the_map() -> None:
    across, up = np.random.default_rng(2).normal(size=(2, 40, 1))
    wide, high = np.hstack([across, 0.8 * up]), np.hstack([0.8 * across, up])
    stacked = np.stack([high, wide]).astype(np.float32)
    settings = replace(PCA, metric="euclidean")
    alone = [project(one[None], settings, (0,)).points[0] for one in stacked]
    assert travel(np.stack(alone)) > 0.5
    assert travel(project(stacked, settings, (0, 1)).points) < 0.3


def test_pca_keeps_the_size_of_each_layer() -> None:
    vectors = layered(1)[0]
    settings = replace(PCA, metric="euclidean")
    maps = project(np.stack([vectors / 10, vectors]), settings, (0, 1)).points
    np.testing.assert_allclose(maps[0] * 10, maps[1], atol=1e-4)


@METHODS
def test_points_travel_less_than_between_maps_of_their_own(settings: ProjectionSettings) -> None:
    vectors = layered(4)[1:]
    found = project(vectors, settings, (0, 1, 2))
    alone = np.stack([project(one[None], settings, (0,)).points[0] for one in vectors])
    assert found.points.shape == alone.shape == (3, 30, 2)
    np.testing.assert_array_equal(found.points[2], alone[2])  # the last layer: a fit of its own
    if settings.method == "pca":
        assert travel(found.points) <= travel(alone)
        for one, other in zip(found.points, alone, strict=True):
            np.testing.assert_allclose(distances(one), distances(other), atol=1e-5)
    else:
        sizes = np.linalg.norm(found.points, axis=(1, 2))
        np.testing.assert_allclose(sizes, sizes[2], rtol=1e-4)
        alone *= (sizes / np.linalg.norm(alone, axis=(1, 2)))[:, None, None]
        assert travel(found.points) < 0.7 * travel(alone)
    np.testing.assert_allclose(found.points.mean(axis=1), 0, atol=1e-4)
    assert purity(found.points[2]) == 1


@METHODS
def test_same_seed_same_map(settings: ProjectionSettings) -> None:
    settings = replace(settings, dimensions=3)
    maps = [project(layered(2), settings, (0, 1)).points for _ in range(2)]
    np.testing.assert_array_equal(*maps)
    assert maps[0].shape == (2, 30, 3)


@METHODS
def test_one_thread_computes_whatever_the_machine_has(settings: ProjectionSettings) -> None:
    from threadpoolctl import threadpool_info

    def threads() -> list[int]:
        return [library["num_threads"] for library in threadpool_info()]

    seen: list[int] = []
    project(layered(1), settings, (0,))  # loads the libraries
    before = threads()
    project(layered(1), settings, (0,), lambda text, share: seen.extend(threads()))
    assert set(seen[: len(before)]) == {1} and threads() == before


def test_maps_made_at_once_leave_the_threads_as_they_were() -> None:
    from threadpoolctl import threadpool_info

    before = [library["num_threads"] for library in threadpool_info()]
    vectors = layered(1, 20).repeat(300, 0)
    made = [
        threading.Thread(target=project, args=(vectors[:count], PCA, tuple(range(count))))
        for count in (300, 250, 200, 150)
    ]
    for thread in made:
        thread.start()
    for thread in made:
        thread.join()
    assert [library["num_threads"] for library in threadpool_info()] == before


def test_what_umap_compiles_is_kept_on_disk() -> None:
    umap = projection_layouts.load_umap()
    project(layered(1), UMAP, (0,))
    for function in (
        umap.umap_.smooth_knn_dist,
        umap.umap_.compute_membership_strengths,
        umap.layouts._nb_optimize_layout_euclidean_single_epoch,
    ):
        assert function.signatures and function.stats.cache_path


def test_another_seed_another_umap() -> None:
    one, other = (project(layered(1), replace(UMAP, seed=seed), (0,)).points for seed in (1, 2))
    assert not np.allclose(one, other)


@METHODS
def test_progress_is_told_in_words_and_ends_at_one(settings: ProjectionSettings) -> None:
    told: list[tuple[str, float]] = []
    project(layered(2), settings, (3, 6), lambda *progress: told.append(progress))
    name = PROJECTION_METHODS[settings.method]
    assert told[0] == (f"{name}, layer 6 (map 1 of 2)", 0)
    assert (f"{name}, layer 3 (map 2 of 2)", 0.5) in told
    shares = [share for _, share in told]
    assert shares == sorted(shares) and told[-1] == ("done", 1)
    project(layered(1), settings, (6,), lambda *progress: told.append(progress))
    assert (f"{name}, layer 6", 0) in told


@METHODS
def test_layers_that_are_done_are_given_as_they_will_be(settings: ProjectionSettings) -> None:
    parts: list[Projection] = []
    whole = project(layered(), settings, (0, 3, 6), on_part=parts.append)
    assert [part.layers for part in parts] == [(6,), (3, 6)]
    for part in parts:
        assert (part.points == whole.points[-len(part.layers) :]).all()
        assert part.settings == whole.settings


@METHODS
def test_cancelled_between_layers(settings: ProjectionSettings) -> None:
    told: list[str] = []
    with pytest.raises(ProjectionCancelled):
        project(
            layered(), settings, (0, 1, 2),
            lambda text, share: told.append(text),
            lambda: any("layer 1" in text for text in told),
        )  # fmt: skip
    assert not any("layer 0" in text for text in told)


def test_umap_is_cancelled_between_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection_layouts, "UMAP_EPOCHS", 1_000_000)
    shares: list[float] = []
    with pytest.raises(ProjectionCancelled):
        project(
            layered(1), UMAP, (6,),
            lambda text, share: shares.append(share),
            lambda: len(shares) > 1,
        )  # fmt: skip
    assert shares[-1] < 0.5


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"method": "mds"}, "method is 'mds'; it must be one of umap, tsne, pca"),
        ({"dimensions": 1}, "dimensions is 1; it must be one of 2, 3"),
        ({"metric": "l1"}, "metric is 'l1'; it must be one of cosine, euclidean"),
        ({"neighbours": 1}, "neighbours is 1; it must be 2 or more"),
        ({"min_dist": -0.1}, "min_dist is -0.1; it must be from 0 to 1"),
        ({"min_dist": float("nan")}, "min_dist is nan"),
        ({"seed": -1}, "seed is -1; it must be from 0 to 4294967295"),
        ({"seed": 2**32}, "seed is 4294967296"),
    ],
)
def test_settings_out_of_range_are_named(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        project(layered(1), replace(PCA, **changed), (0,))


def test_vectors_that_cannot_be_mapped_are_named() -> None:
    for shape in ((4, 3), (0, 4, 3), (1, 0, 3), (1, 4, 0)):
        with pytest.raises(ValueError, match="have shape .*must be .layers, points, hidden"):
            project(np.zeros(shape, dtype=np.float32), PCA, (0,))
    with pytest.raises(ValueError, match="3 blocks of vectors for 2 layers"):
        project(layered(), PCA, (0, 1))
    for value in (np.nan, np.inf):
        vectors = layered()
        vectors[1, 4, 2] = value
        with pytest.raises(ValueError, match="point 4 at layer 5 holds a number that is not fin"):
            project(vectors, PCA, (0, 5, 6))


@pytest.mark.parametrize("min_dist", [0, 1])
def test_the_ends_of_min_dist_work(min_dist: float) -> None:
    assert np.isfinite(project(layered(1), replace(UMAP, min_dist=min_dist), (0,)).points).all()
