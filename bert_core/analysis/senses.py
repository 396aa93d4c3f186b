"""How well labels can be read off the vectors, measured in the full dimension, by layer.

Three measures, each beside what shuffled labels give: nearest neighbour and nearest centroid,
leaving the occurrence out, and the silhouette (Rousseeuw 1987). All follow from the cosines of a
layer, which are worked out once and serve every shuffle.

N = occurrences compared, L = layers, H = hidden size, C = labels, S = labellings: the labels as
they are, then each shuffle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from bert_core.analysis.similarity import DoubleArray, unit_rows
from bert_core.outputs import Band, FloatArray, IntArray, SenseScores

MOST_OCCURRENCES = 2_000
"""Of more a sample is compared: the cosines take N x N numbers."""
MOST_LABELS = 100
MOST_SHUFFLES = 10_000
EQUAL = 1e-6
"""Cosines that differ by no more are equal: the rest is rounding of the model."""
PERCENTILES = (5, 95)
BLOCK = 2**22
"""Numbers held at a time for a block of labellings."""


def sense_scores(
    vectors: FloatArray, labels: Sequence[str | None], shuffles: int = 100, seed: int = 42
) -> SenseScores:
    """How well the labels can be read off the vectors, and what shuffled labels give.

    Left out are occurrences without a label and labels of fewer than two occurrences. Of more
    than 2,000 a sample, drawn with the seed, is compared. A sentence that is there twice with one
    label, so that its vectors are equal at the last layer, counts once (the first), since it
    would find itself again. Where several are equally near, as at layer 0 all at the same
    position, each counts in equal parts, so that the order of the sentences does not matter.

    Args:
        vectors: (all occurrences, L + 1, H)
        labels: a label or None for each.
        shuffles: how often the labels are shuffled, 1 to 10,000; the bands are the 5th and the
            95th percentile.
        seed: of the shuffles and the sample.

    Raises:
        ValueError: when fewer than two labels remain, or more than 100, or `shuffles` is out of
            range.
    """
    assert len(labels) == len(vectors)
    if not 1 <= shuffles <= MOST_SHUFFLES:
        raise ValueError(f"shuffles is {shuffles}; it must be from 1 to {MOST_SHUFFLES:,}")
    random = np.random.default_rng(seed)
    kept = _compared(vectors, labels, random)
    names, numbers = _numbered([labels[at] or "" for at in kept])
    labellings = np.stack([numbers, *(random.permutation(numbers) for _ in range(shuffles))])
    by_layer = [
        _layer_scores(unit_rows(vectors[kept, layer]), labellings)
        for layer in range(vectors.shape[1])
    ]
    scores = np.stack(by_layer, axis=1).astype(np.float32)  # (3, L + 1, S)
    neighbour, centroid, silhouette = scores[:, :, 0]
    chance = np.bincount(numbers).max().item() / len(kept)
    bands = _band(scores[0, :, 1:]), _band(scores[1, :, 1:]), _band(scores[2, :, 1:])
    return SenseScores(
        names, len(kept), neighbour, centroid, silhouette, *bands, chance, shuffles, seed
    )


def _compared(
    vectors: FloatArray, labels: Sequence[str | None], random: np.random.Generator
) -> list[int]:
    """The occurrences that are compared, ascending."""
    kept = _of_labels_seen_twice(range(len(labels)), labels)
    if len(kept) > MOST_OCCURRENCES:
        drawn = random.choice(len(kept), MOST_OCCURRENCES, replace=False)
        kept = _of_labels_seen_twice([kept[at] for at in np.sort(drawn)], labels)
    if kept:
        kept = _of_labels_seen_twice(_without_copies(vectors, labels, kept), labels)
    if len(remaining := {labels[at] for at in kept}) < 2:
        found = len({label for label in labels if label is not None})
        raise ValueError(
            f"{_counted(found)} given, {len(remaining)} of them with two different sentences; "
            "at least 2 labels with 2 different sentences each are needed to compare them"
        )
    if len(remaining) > MOST_LABELS:
        raise ValueError(
            f"there are {len(remaining):,} labels; at most {MOST_LABELS} can be compared: choose "
            "the column that holds the senses"
        )
    return kept


def _counted(labels: int) -> str:
    return "1 label is" if labels == 1 else f"{labels} labels are"


def _of_labels_seen_twice(kept: Sequence[int], labels: Sequence[str | None]) -> list[int]:
    counts = Counter(labels[at] for at in kept)
    return [at for at in kept if labels[at] is not None and counts[labels[at]] > 1]


def _without_copies(
    vectors: FloatArray, labels: Sequence[str | None], kept: list[int]
) -> list[int]:
    """The first of those with one label whose vectors are equal at the last layer."""
    rows = unit_rows(vectors[kept, -1])
    numbers = _numbered([labels[at] or "" for at in kept])[1]
    same = (rows @ rows.T >= 1 - EQUAL) & (numbers[:, None] == numbers)
    copies = np.tril(same, -1).any(axis=1)
    return [at for at, copy in zip(kept, copies, strict=True) if not copy]


def _numbered(labels: list[str]) -> tuple[tuple[str, ...], IntArray]:
    """The labels in the order in which they first appear, and the number of each one's (N,)."""
    names = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    return tuple(names), np.array([names[label] for label in labels], dtype=np.int64)


def _band(shuffled: FloatArray) -> Band:
    """The band of scores (L + 1, shuffles)."""
    low, high = np.percentile(shuffled, PERCENTILES, axis=1).astype(np.float32)
    return Band(low, high)


def _layer_scores(rows: DoubleArray, labellings: IntArray) -> DoubleArray:
    """The three measures (3, S) of every labelling (S, N) from rows of length 1 (N, H)."""
    cosines = rows @ rows.T
    count = int(labellings.max()) + 1
    step = max(1, BLOCK // (count * len(rows)))
    blocks = []
    for start in range(0, len(labellings), step):
        block = labellings[start : start + step]
        sums = _label_sums(cosines, block, count)
        blocks.append([_centroid(cosines, sums, block), _silhouette(cosines, sums, block)])
    return np.concatenate([[_neighbour(cosines, labellings)], np.concatenate(blocks, axis=1)])


def mean_silhouette(cosines: DoubleArray, members: IntArray) -> float:
    """Mean silhouette (Rousseeuw 1987) of a grouping, the distance being 1 - cosine.

    Args:
        cosines: (N, N)
        members: (N,), the number of each one's group, from 0 without gaps.

    Returns:
        From -1 to 1; an occurrence alone in its group counts 0, as does one whose distances are
        all equal but for rounding. 0 when there is but one group.
    """
    count = int(members.max()) + 1
    if count < 2:
        return 0.0
    sums = _label_sums(cosines, members[None], count)
    return _silhouette(cosines, sums, members[None]).item()


def _label_sums(cosines: DoubleArray, labellings: IntArray, count: int) -> DoubleArray:
    """(S, C, N): for every occurrence the sum of its cosines to all that have a label."""
    one_hot = labellings[:, None] == np.arange(count)[:, None]  # (S, C, N)
    flat = one_hot.reshape(-1, labellings.shape[1]).astype(np.float64)
    sums: DoubleArray = (flat @ cosines).reshape(one_hot.shape)
    return sums


def _own(sums: DoubleArray, labellings: IntArray) -> DoubleArray:
    """(S, N): of sums (S, C, N) each occurrence's with its own label, itself included."""
    return np.take_along_axis(sums, labellings[:, None], axis=1)[:, 0]


def _neighbour(cosines: DoubleArray, labellings: IntArray) -> DoubleArray:
    """(S,): share whose nearest other has the same label."""
    others = np.where(np.eye(len(cosines), dtype=bool), -np.inf, cosines)
    at, near = np.nonzero(others >= others.max(axis=1, keepdims=True) - EQUAL)
    weights = 1 / np.bincount(at)[at] / len(cosines)
    return np.array([weights @ (labels[at] == labels[near]) for labels in labellings])


def _centroid(cosines: DoubleArray, sums: DoubleArray, labellings: IntArray) -> DoubleArray:
    """(S,): share whose nearest centroid, its own made without it, has the same label.

    The centroid c of a label is the sum m of its members' u, of length 1. Its cosine to u is
    u·m / |m|, where u·m is the sum of u's cosines to the members, and |m|² that of all theirs.
    """
    itself, own = np.diagonal(cosines), _own(sums, labellings)
    squares = np.zeros(sums.shape[:2])  # (S, C)
    np.add.at(squares, (np.arange(len(sums))[:, None], labellings), own)
    without = _over_root(own - itself, _own(squares[:, :, None], labellings) - 2 * own + itself)
    scores = _over_root(sums, squares[:, :, None])
    np.put_along_axis(scores, labellings[:, None], without[:, None], axis=1)
    best = scores.max(axis=1)
    equals = (scores >= best[:, None] - EQUAL).sum(axis=1)
    shares: DoubleArray = ((without >= best - EQUAL) / equals).mean(axis=1)
    return shares


def _over_root(products: DoubleArray, squares: DoubleArray) -> DoubleArray:
    """products / sqrt(squares); 0 where the square is 0, there being no direction."""
    any_length = squares > EQUAL**2
    return np.where(any_length, products / np.sqrt(np.where(any_length, squares, 1)), 0)


def _silhouette(cosines: DoubleArray, sums: DoubleArray, labellings: IntArray) -> DoubleArray:
    """(S,): mean of (b - a) / max(a, b): a is the mean distance to one's own, b to the nearest."""
    sizes = np.bincount(labellings[0], minlength=sums.shape[1])  # the same for every shuffle
    own_size = sizes[labellings]
    within = own_size - 1 - (_own(sums, labellings) - np.diagonal(cosines))
    within = (within / np.maximum(own_size - 1, 1)).clip(min=0)  # (S, N)
    distances = 1 - sums / sizes[:, None]  # (S, C, N)
    np.put_along_axis(distances, labellings[:, None], np.inf, axis=1)
    between = distances.min(axis=1).clip(min=0)
    widest = np.maximum(within, between)
    counted = (own_size > 1) & (widest > EQUAL)
    each = np.where(counted, between - within, 0) / np.where(counted, widest, 1)
    means: DoubleArray = each.mean(axis=1)
    return means
