"""Clusters: groups that are there are found, noise stays together, few points are no trouble."""

import numpy as np
import pytest
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score, silhouette_score

from bert_core.analysis import clusters as module
from bert_core.analysis.clusters import clusters
from bert_core.outputs import Clusters


def planted(*sizes: int, spread: float = 0.3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Groups of these sizes in mixed order (N, 32), of any length, and the group of each (N,)."""
    random = np.random.default_rng(seed)
    groups = random.permutation(np.repeat(np.arange(len(sizes)), sizes))
    centres = random.normal(size=(len(sizes), 32))
    rows = centres[groups] + spread * random.normal(size=(len(groups), 32))
    rows += 4 * random.normal(size=32)  # a direction that all share
    return (rows * random.uniform(0.1, 9, (len(groups), 1))).astype(np.float32), groups


def centred(vectors: np.ndarray) -> np.ndarray:
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    less: np.ndarray = units - units.mean(axis=0)
    return less


def noise(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 384)).astype(np.float32)


def assert_whole(found: Clusters, count: int) -> None:
    """Every occurrence is in a cluster and once in the order; numbers by size, first member."""
    assert len(found.members) == count and sorted(found.order) == list(range(count))
    numbers = sorted(set(found.members))
    assert numbers == list(range(len(numbers)))
    places = [(-found.members.count(one), found.members.index(one)) for one in numbers]
    assert places == sorted(places)


def assert_side_by_side(found: Clusters) -> None:
    along = [found.members[at] for at in found.order]
    changes = sum(one != other for one, other in zip(along, along[1:], strict=False))
    assert changes == len(set(along)) - 1


@pytest.mark.parametrize("sizes", [(4, 4), (12, 9, 3), (3, 30, 5, 17), (9, 8, 7, 6, 5, 4, 3, 2)])
def test_groups_that_are_there_are_found(sizes: tuple[int, ...]) -> None:
    vectors, groups = planted(*sizes)
    found = clusters(vectors, 5)
    assert found.layer == 5
    assert adjusted_rand_score(groups, found.members) == 1
    assert np.bincount(found.members).tolist() == sorted(sizes, reverse=True)
    expected = silhouette_score(centred(vectors), found.members, metric="cosine")
    assert found.silhouette == pytest.approx(expected, abs=1e-6) and expected > 0.5
    assert_whole(found, len(vectors))
    assert_side_by_side(found)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 24])
def test_a_number_asked_for_is_kept_and_is_that_of_average_linkage(count: int) -> None:
    vectors, _ = planted(10, 9, 5, spread=1.5)
    found = clusters(vectors, 0, count=count)
    linkage = AgglomerativeClustering(count, metric="cosine", linkage="average")
    assert adjusted_rand_score(linkage.fit_predict(centred(vectors)), found.members) == 1
    assert len(set(found.members)) == count
    assert_whole(found, 24)
    assert_side_by_side(found)


def test_the_number_of_clusters_is_that_of_the_best_silhouette() -> None:
    vectors, _ = planted(10, 9, 5, spread=1.0)
    found = clusters(vectors, 0)
    tried = [clusters(vectors, 0, count=count).silhouette for count in range(2, 9)]
    assert found.silhouette == max(tried) and len(set(tried)) == 7
    assert len(set(found.members)) == 2 + int(np.argmax(tried))


@pytest.mark.parametrize("count", [3, 5, 8, 24, 100])
def test_noise_is_one_cluster(count: int) -> None:
    found = clusters(noise(count), 0)
    assert set(found.members) == {0} and found.silhouette == 0
    assert sorted(found.order) == list(range(count)) != list(found.order)


def test_one_and_two_occurrences_are_one_cluster() -> None:
    assert clusters(noise(1), 3) == Clusters(3, (0,), 0.0, (0,))
    two = clusters(noise(2), 3)
    assert two.members == (0, 0) and two.silhouette == 0 and sorted(two.order) == [0, 1]
    assert clusters(noise(1), 3, count=1).members == (0,)
    assert clusters(noise(2), 3, count=2).members == (0, 1)


def test_copies_and_zeros() -> None:
    same = clusters(np.repeat(noise(1), 9, axis=0), 0)
    assert same.members == (0,) * 9 and same.silhouette == 0
    batches = np.repeat(noise(1), 9, axis=0)
    batches[5:] += 1e-6 * noise(1, seed=2)  # the same sentence, in another batch
    assert set(clusters(batches, 0).members) == {0}
    pairs = clusters(np.repeat(noise(3), 4, axis=0), 0)
    assert pairs.members == (0,) * 4 + (1,) * 4 + (2,) * 4
    assert pairs.silhouette == pytest.approx(1, abs=1e-6)
    assert_side_by_side(pairs)
    nothing = clusters(np.zeros((6, 8), dtype=np.float32), 0)
    assert set(nothing.members) == {0} and nothing.silhouette == 0
    zero = np.concatenate([np.repeat(noise(2), 4, axis=0), np.zeros((1, 384), np.float32)])
    with np.errstate(all="raise"):
        found = clusters(zero, 0)
    assert found.members == (0,) * 4 + (1,) * 4 + (2,) and found.silhouette > 0.8


def test_the_order_puts_similar_ones_side_by_side() -> None:
    angles = np.random.default_rng(3).permutation(np.linspace(0, 1.5, 40))
    found = clusters(np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32), 0)
    along = angles[list(found.order)]
    assert np.abs(np.diff(along)).sum() == pytest.approx(1.5, abs=0.1)


def test_without_the_best_order_clusters_stay_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ORDERED", 10)
    vectors, groups = planted(12, 9, 3)
    found = clusters(vectors, 0)
    assert adjusted_rand_score(groups, found.members) == 1
    assert_whole(found, 24)
    assert_side_by_side(found)


def test_many_occurrences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_IN_TREE", 100)
    vectors, groups = planted(200, 120, 80)
    found = clusters(vectors, 0)
    assert adjusted_rand_score(groups, found.members) == 1
    assert found == clusters(vectors, 0)
    expected = silhouette_score(centred(vectors), found.members, metric="cosine")
    assert found.silhouette == pytest.approx(expected, abs=0.05)
    assert_whole(found, 400)
    assert_side_by_side(found)
    rows = centred(vectors)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    for group in (groups == number for number in range(3)):
        along = [at for at in found.order if group[at]]
        near = rows[along] @ rows[group].mean(axis=0)
        assert np.corrcoef(near, np.arange(len(along)))[0, 1] < -0.8, "the most typical come first"


def test_many_that_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_IN_TREE", 100)
    together = clusters(noise(400), 0)
    assert set(together.members) == {0} and together.silhouette == 0
    copies = clusters(np.repeat(noise(1), 400, axis=0), 0)
    assert set(copies.members) == {0} and copies.silhouette == 0
    two = clusters(np.repeat(noise(2), 200, axis=0), 0)
    assert two.members == (0,) * 200 + (1,) * 200
    few = clusters(np.concatenate([noise(1), np.repeat(noise(1, 3), 399, axis=0)]), 0, count=2)
    assert_whole(few, 400)
    with pytest.raises(ValueError, match="101 clusters are asked for; it must be from 1 to 100"):
        clusters(noise(400), 0, count=101)


def test_a_number_out_of_range_is_named() -> None:
    for count in (0, -1, 6):
        with pytest.raises(ValueError, match=f"{count} clusters are asked .* must be from 1 to 5"):
            clusters(noise(5), 0, count=count)
    with pytest.raises(ValueError, match="0 occurrences; at least 1"):
        clusters(noise(0), 0)
