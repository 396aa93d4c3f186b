"""Scores of labels: those of scikit-learn and of plain loops, whatever the order and the blocks."""

import numpy as np
import pytest
from sklearn.metrics import silhouette_score
from sklearn.neighbors import KNeighborsClassifier

from bert_core.analysis import senses
from bert_core.analysis.senses import mean_silhouette, sense_scores
from bert_core.outputs import SenseScores

MEASURES = ("nearest_neighbour", "centroid", "silhouette")
LABELS = [*["money"] * 9, *["river"] * 7, *["fog"] * 4]


def grouped(labels: list[str], spread: float = 3.0, layers: int = 3, seed: int = 0) -> np.ndarray:
    """(N, layers, 16): noise around a centre for each label, none at layer 0."""
    random = np.random.default_rng(seed)
    centres = {label: random.normal(size=16) for label in dict.fromkeys(labels)}
    centre = np.array([centres[label] for label in labels])
    noise = spread * random.normal(size=(layers, len(labels), 16)) / 4
    found = np.stack([noise[at] + centre * (at > 0) for at in range(layers)], axis=1)
    return (found * random.uniform(0.2, 5, size=(len(labels), 1, 1))).astype(np.float32)


def nearest_neighbour(rows: np.ndarray, labels: np.ndarray) -> float:
    """Leave one out, by scikit-learn."""
    right = []
    for at in range(len(rows)):
        left = np.arange(len(rows)) != at
        one = KNeighborsClassifier(1, metric="cosine").fit(rows[left], labels[left])
        right.append(one.predict(rows[at : at + 1])[0] == labels[at])
    return float(np.mean(right))


def centroid(rows: np.ndarray, labels: np.ndarray) -> float:
    """Leave one out, in a plain loop."""
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    right = []
    for at in range(len(rows)):
        left = np.arange(len(rows)) != at
        names = sorted(set(labels))
        centres = [units[left & (labels == name)].mean(axis=0) for name in names]
        cosines = [centre @ units[at] / np.linalg.norm(centre) for centre in centres]
        right.append(names[int(np.argmax(cosines))] == labels[at])
    return float(np.mean(right))


def assert_same(one: SenseScores, other: SenseScores) -> None:
    for name in MEASURES:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=1e-6)


def test_the_measures_are_those_of_plain_loops_and_scikit_learn() -> None:
    vectors, labels = grouped(LABELS, spread=5), np.array(LABELS)
    found = sense_scores(vectors, LABELS)
    for layer in range(3):
        rows = vectors[:, layer]
        assert found.nearest_neighbour[layer] == pytest.approx(nearest_neighbour(rows, labels))
        assert found.centroid[layer] == pytest.approx(centroid(rows, labels))
        silhouette = silhouette_score(rows, labels, metric="cosine")
        assert found.silhouette[layer] == pytest.approx(silhouette, abs=1e-6)
    assert 0.5 < found.nearest_neighbour[1] < 1 and 0.5 < found.centroid[1] < 1, "neither trivial"
    assert (found.labels, found.occurrences) == (("money", "river", "fog"), 20)
    assert (found.chance, found.shuffles, found.seed) == (9 / 20, 100, 42)


def test_the_bands_are_those_of_shuffled_labels() -> None:
    vectors, labels = grouped(LABELS), np.array(LABELS)
    found = sense_scores(vectors, LABELS, shuffles=300)
    random = np.random.default_rng(7)
    by_hand = {
        "centroid": centroid,
        "silhouette": lambda rows, shuffled: silhouette_score(rows, shuffled, metric="cosine"),
    }
    for name, measure in by_hand.items():
        scores = [measure(vectors[:, 1], random.permutation(labels)) for _ in range(300)]
        low, high = np.percentile(scores, [5, 95])
        band = getattr(found, f"{name}_null")
        assert band.low[1] == pytest.approx(low, abs=0.06)
        assert band.high[1] == pytest.approx(high, abs=0.06)
    for name in MEASURES:
        band, curve = getattr(found, f"{name}_null"), getattr(found, name)
        assert band.low.shape == band.high.shape == curve.shape == (3,)
        assert (band.low < band.high).all()
        assert (curve[1:] > band.high[1:]).all(), "labels that are there lie above"


def test_noise_lies_in_the_bands() -> None:
    inside = []
    for seed in range(40):
        vectors = np.random.default_rng(seed).normal(size=(20, 2, 16)).astype(np.float32)
        found = sense_scores(vectors, LABELS, shuffles=60, seed=seed)
        for name in MEASURES:
            band, curve = getattr(found, f"{name}_null"), getattr(found, name)
            inside.append((band.low <= curve) & (curve <= band.high))
    assert 0.85 < np.mean(inside) < 0.99


@pytest.mark.parametrize("block", [1, 500])
def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    vectors = grouped(LABELS)
    whole = sense_scores(vectors, LABELS, shuffles=20)
    monkeypatch.setattr(senses, "BLOCK", block)
    parts = sense_scores(vectors, LABELS, shuffles=20)
    assert_same(whole, parts)
    for name in MEASURES:
        one, other = getattr(whole, f"{name}_null"), getattr(parts, f"{name}_null")
        np.testing.assert_allclose([one.low, one.high], [other.low, other.high], atol=1e-6)


def test_the_seed_fixes_the_shuffles() -> None:
    vectors = grouped(LABELS)
    one, same = (sense_scores(vectors, LABELS, 30, seed=3) for _ in range(2))
    other = sense_scores(vectors, LABELS, 30, seed=4)
    np.testing.assert_array_equal(one.silhouette_null.low, same.silhouette_null.low)
    assert (one.silhouette_null.low != other.silhouette_null.low).all()
    assert_same(one, other)


def test_the_order_of_the_sentences_does_not_matter_even_for_equal_vectors() -> None:
    vectors = grouped(LABELS)
    vectors[::2, 0] = vectors[0, 0]  # as at layer 0: at the same position the same vector
    vectors[1::2, 0] = vectors[1, 0]
    order = np.random.default_rng(1).permutation(len(LABELS))
    one = sense_scores(vectors, LABELS, 5)
    assert_same(one, sense_scores(vectors[order], [LABELS[at] for at in order], 5))
    halves = [np.array(LABELS[first::2]) for first in (0, 1)]
    same = [[(half == label).sum() - 1 for label in half] for half in halves]
    assert one.nearest_neighbour[0] == pytest.approx(np.sum(same) / 9 / 20)


def test_equal_vectors_at_a_layer_say_nothing() -> None:
    vectors = grouped(LABELS)
    vectors[:, 0] = vectors[0, 0]
    found = sense_scores(vectors, LABELS, 5)
    assert found.silhouette[0] == 0
    assert found.centroid[0] == pytest.approx(1 / 3)


def test_a_vector_of_zeros_gives_numbers() -> None:
    vectors = grouped(LABELS)
    vectors[[2, 12], 1] = 0
    vectors[:, 2] = 0
    vectors[:, 2, 0] = np.arange(20) % 2 * 2 - 1  # opposites, whose mean has no direction
    vectors = np.concatenate([vectors, grouped(LABELS, layers=2)[:, 1:]], axis=1)
    with np.errstate(all="raise"):
        found = sense_scores(vectors, LABELS, 20)
    for name in MEASURES:
        band = getattr(found, f"{name}_null")
        assert np.isfinite([getattr(found, name), band.low, band.high]).all()
    expected = silhouette_score(vectors[:, 1], LABELS, metric="cosine")
    assert found.silhouette[1] == pytest.approx(expected, abs=1e-6)


def test_what_has_no_label_or_a_label_alone_is_left_out() -> None:
    labels: list[str | None] = [*LABELS, None, "blood", None]
    vectors = np.concatenate([grouped(LABELS), grouped(["x", "y", "z"], seed=5)])
    found = sense_scores(vectors, labels, 5)
    assert found.labels == ("money", "river", "fog") and found.occurrences == 20
    assert_same(found, sense_scores(vectors[:20], LABELS, 5))


def test_a_sentence_that_is_there_twice_counts_once() -> None:
    vectors = grouped(LABELS)
    twice = np.concatenate([vectors, vectors[[3, 3, 12]] + 1e-7])
    found = sense_scores(twice, [*LABELS, "money", "money", "river"], 5)
    assert found.occurrences == 20
    assert_same(found, sense_scores(vectors, LABELS, 5))
    differs = sense_scores(twice[:21], [*LABELS, "river"], 5)
    assert differs.occurrences == 21, "with two labels it is two"


def test_of_many_a_sample_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(senses, "MOST_OCCURRENCES", 50)
    labels = LABELS * 5
    vectors = np.concatenate([grouped(LABELS, seed=seed) for seed in range(5)])
    one, same = (sense_scores(vectors, labels, 5, seed=1) for _ in range(2))
    assert one.occurrences == 50
    assert_same(one, same)
    other = sense_scores(vectors, labels, 5, seed=2)
    assert (one.silhouette != other.silhouette).all()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([None] * 20, "0 labels are given, 0 of them"),
        (["money"] * 20, "1 label is given, 1 of them"),
        ([str(at) for at in range(20)], "20 labels are given, 0 of them"),
        ([*["money"] * 19, "river"], "2 labels are given, 1 of them .*; at least 2 labels with 2"),
    ],
)
def test_labels_that_cannot_be_compared_are_named(labels: list[str | None], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sense_scores(grouped(LABELS), labels)


def test_copies_alone_cannot_be_compared() -> None:
    vectors = grouped(["money", "river"])[[0, 0, 1, 1]]
    with pytest.raises(ValueError, match="2 labels are given, 0 of them with two different"):
        sense_scores(vectors, ["money", "money", "river", "river"])


def test_too_many_labels_and_shuffles_are_refused() -> None:
    vectors = np.random.default_rng(0).normal(size=(202, 2, 16)).astype(np.float32)
    with pytest.raises(ValueError, match="there are 101 labels; at most 100"):
        sense_scores(vectors, [str(at // 2) for at in range(202)])
    for shuffles in (0, 10_001):
        with pytest.raises(ValueError, match=f"shuffles is {shuffles}; it must be from 1 to 10,0"):
            sense_scores(vectors, ["a", "b"] * 101, shuffles)


def test_the_best_layer_is_that_of_the_centroids() -> None:
    vectors = grouped(LABELS, spread=6)
    vectors[:, 2] = grouped(LABELS, spread=0.1)[:, 2]
    assert sense_scores(vectors, LABELS, 5).best_layer == 2


def test_the_silhouette_of_a_grouping_with_one_alone() -> None:
    rows = grouped(LABELS)[:, 1].astype(np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    members = np.array([*[0] * 9, *[1] * 7, *[2] * 3, 3])
    expected = silhouette_score(rows, members, metric="cosine")
    assert mean_silhouette(rows @ rows.T, members) == pytest.approx(expected)
    assert mean_silhouette(rows @ rows.T, np.zeros(20, dtype=np.int64)) == 0
