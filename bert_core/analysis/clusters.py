"""Occurrences grouped by their vectors alone, without looking at labels.

Agglomerative clustering with average linkage (Sokal and Michener 1958): the two groups are joined
whose members are nearest in the mean. The distance is 1 - cosine, of vectors of length 1 less
their mean. Contextual vectors share one large direction (Ethayarajh 2019) which hides the rest:
with it, groups follow the inflected form of the word (bank, banks); without it, its senses.

N = occurrences, M = those of them in the tree, H = hidden size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from bert_core.analysis.senses import EQUAL, mean_silhouette
from bert_core.analysis.similarity import DoubleArray, unit_rows
from bert_core.outputs import Clusters, FloatArray, IntArray

MOST_IN_TREE = 2_000
"""Of more a sample is in the tree, which takes all M x M distances."""
MOST_ORDERED = 500
"""Occurrences up to which the leaves of the tree are brought into their best order."""
MOST_CLUSTERS = 8
"""Clusters tried when their number is not given."""
LEAST_SILHOUETTE = 0.1
"""Groupings below it are none: the occurrences stay together.

Gaussian noise, 5 to 300 points in as many dimensions as the bundled model has, reaches 0.06 at
most. Contextual vectors lie in fewer directions: at the model's last layer two words of one sense
("doctor", "house") reach 0.2, the ambiguous words of this project 0.25 to 0.4; at lower layers the
two overlap. So a silhouette above this does not yet show that the word has several senses.
"""
ROUNDING = 1e-5
"""Vectors of length 1 that are nearer to their mean than this are equal to it."""


def clusters(
    vectors: FloatArray, layer: int, seed: int = 42, count: int | None = None
) -> Clusters:
    """The occurrences in groups: 0 the largest, of equally large ones that of the first member.

    Without `count`, the number from 2 to 8 with the best mean silhouette, of equals the smaller;
    or a single cluster when none reaches LEAST_SILHOUETTE. A single cluster has silhouette 0.

    Of more than 2,000 occurrences a sample, drawn with the seed, is grouped, its silhouette given,
    and each of the others joins the cluster whose centre is nearest.

    The order is that of the tree's leaves, up to 500 occurrences turned so that neighbours are as
    alike as can be (Bar-Joseph, Gifford and Jaakkola 2001); beyond 2,000 occurrences it is by
    cluster and in it by similarity to its centre.

    Args:
        vectors: (N, H), of one layer.
        layer: its number, for the record.
        seed: of the sample.
        count: clusters wanted, from 1 to N, at most 2,000.

    Raises:
        ValueError: when `count` is out of range, or there is no occurrence.
    """
    total = len(vectors)
    if total == 0:
        raise ValueError("there are 0 occurrences; at least 1 is needed")
    most = min(total, MOST_IN_TREE)
    if count is not None and not 1 <= count <= most:
        raise ValueError(f"{count} clusters are asked for; it must be from 1 to {most:,}")
    rows = _centred(vectors)
    if total <= MOST_IN_TREE:
        members, silhouette, order = _by_tree(rows, count)
    else:
        drawn = np.random.default_rng(seed).choice(total, MOST_IN_TREE, replace=False)
        sampled, silhouette, _ = _by_tree(rows[drawn], count)
        members, order = _by_centre(rows, drawn, sampled)
    return Clusters(layer, tuple(members.tolist()), silhouette, tuple(order.tolist()))


def _centred(vectors: FloatArray) -> DoubleArray:
    """(N, H): the vectors at length 1, less their mean, at length 1; 0 where they equal it."""
    rows = unit_rows(vectors)
    rows -= rows.mean(axis=0)
    rows[np.linalg.norm(rows, axis=1) < ROUNDING] = 0
    return unit_rows(rows)


def _by_tree(rows: DoubleArray, count: int | None) -> tuple[IntArray, float, IntArray]:
    """Cluster of each row (M,), the silhouette, the order of the leaves (M,)."""
    total = len(rows)
    if total == 1:
        return np.zeros(1, dtype=np.int64), 0.0, np.zeros(1, dtype=np.int64)
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering

    cosines = rows @ rows.T
    distances = (1 - cosines[np.triu_indices(total, 1)]).clip(min=0)  # every pair once
    distances[distances < EQUAL] = 0  # rounding
    tree = linkage(distances, "average")
    if total <= MOST_ORDERED:
        tree = optimal_leaf_ordering(tree, distances)
    merges = tree[:, :2].astype(np.int64)
    members, silhouette = _best_cut(cosines, merges, count)
    return members, silhouette, leaves_list(tree).astype(np.int64)


def _best_cut(cosines: DoubleArray, merges: IntArray, count: int | None) -> tuple[IntArray, float]:
    total = len(cosines)
    counts = range(2, min(MOST_CLUSTERS, total - 1) + 1) if count is None else [count]
    tried = [(members, mean_silhouette(cosines, members)) for members in _cuts(merges, counts)]
    best = max(tried, key=lambda one: one[1], default=None)
    if best is None or (count is None and best[1] < LEAST_SILHOUETTE):
        return np.zeros(total, dtype=np.int64), 0.0
    return best


def _cuts(merges: IntArray, counts: Iterable[int]) -> Iterator[IntArray]:
    """The clusters (M,) at each count: what the first M - count merges of the tree join.

    In `merges` (M - 1, 2), merge i joins two nodes into node M + i; the leaves are 0 to M - 1.
    """
    total = len(merges) + 1
    for count in counts:
        parents = np.arange(2 * total - 1)
        for at, joined in enumerate(merges[: total - count]):
            parents[joined] = total + at
        for node in range(2 * total - 2, -1, -1):  # a parent's number is above its children's
            parents[node] = parents[parents[node]]
        yield _by_size(parents[:total])


def _by_size(groups: IntArray) -> IntArray:
    """The groups numbered anew: 0 for the largest, of equals that of the first member."""
    _, first, numbers, sizes = np.unique_all(groups)
    rank = np.empty_like(first)
    rank[np.lexsort((first, -sizes))] = np.arange(len(first))
    renamed: IntArray = rank[numbers]
    return renamed


def _by_centre(
    rows: DoubleArray, drawn: IntArray, sampled: IntArray
) -> tuple[IntArray, IntArray]:
    """The cluster of every row (N,) and their order (N,), given those of the rows drawn (M,)."""
    centres = np.zeros((int(sampled.max()) + 1, rows.shape[1]))
    np.add.at(centres, sampled, rows[drawn])
    cosines = rows @ unit_rows(centres).T  # (N, clusters)
    members = cosines.argmax(axis=1)
    members[drawn] = sampled
    near = np.take_along_axis(cosines, members[:, None], axis=1)[:, 0]
    members = _by_size(members)
    return members, np.lexsort((-near, members))
