"""FAISS files: nothing is missed where nothing may be, little where a little may."""

from pathlib import Path

import numpy as np
import pytest

from bert_core.index import vectors
from bert_core.index.vectors import LayerIndex, fill, kind_of, sample_size, train

WIDTH = 24


def clustered(count: int, seed: int) -> np.ndarray:
    """Vectors of length 1 around 60 centres, as float16."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((60, WIDTH))
    found = centres[rng.integers(0, 60, count)] + 0.6 * rng.standard_normal((count, WIDTH))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float16)


def made(folder: Path, kind: str, parts: list[list[np.ndarray]]) -> LayerIndex:
    sample = np.concatenate([array for part in parts for array in part]).astype(np.float32)
    train(kind, WIDTH, sample, folder / "trained")
    paths = [folder / f"part-{at}" for at in range(len(parts))]
    for path, part in zip(paths, parts, strict=True):
        fill(folder / "trained", part, path)
    return LayerIndex(paths)


def nearest(data: np.ndarray, query: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    cosines = data.astype(np.float32) @ (query / np.linalg.norm(query))
    best = np.argsort(-cosines, kind="stable")[:count]
    return cosines[best], best


def test_kinds() -> None:
    assert kind_of(1) == kind_of(vectors.EXACT_ROWS) == "exact"
    assert kind_of(1_000_000) == "IVF2048,SQ8" and kind_of(10_000_000) == "IVF8192,SQ8"
    assert kind_of(300, exact_rows=0) == "IVF6,SQ8", "lists enough to be trained, no more"
    assert kind_of(3, exact_rows=0) == "IVF1,SQ8"
    assert (sample_size("exact"), sample_size("IVF2048,SQ8")) == (0, 102_400)


@pytest.mark.parametrize("parts", [1, 3])
def test_exact_misses_nothing(tmp_path: Path, parts: int) -> None:
    data = clustered(3_000, 1)
    cuts = np.array_split(data, parts)
    index = made(tmp_path, "exact", [np.array_split(cut, 2) for cut in cuts])
    assert len(index) == 3_000 and index.width == WIDTH
    for query in np.random.default_rng(2).standard_normal((20, WIDTH)).astype(np.float32):
        cosines, rows = index.search(query, 15)
        expected, best = nearest(data, query, 15)
        np.testing.assert_array_equal(rows, best)
        np.testing.assert_allclose(cosines, expected, atol=1e-5)


def test_a_search_leaves_the_threads_of_others_as_they_were(tmp_path: Path) -> None:
    """FAISS and PyTorch ask one library, in one thread, how many there are."""
    import faiss

    data = clustered(200, 3)
    index = made(tmp_path, "exact", [[data]])
    before = faiss.omp_get_max_threads()
    try:
        faiss.omp_set_num_threads(2)
        index.search(data[0].astype(np.float32), 3)
        assert faiss.omp_get_max_threads() == 2
    finally:
        faiss.omp_set_num_threads(before)


@pytest.mark.parametrize("parts", [1, 3])
def test_lists_miss_little(tmp_path: Path, parts: int) -> None:
    data = clustered(6_000, 1)
    kind = kind_of(6_000, exact_rows=0)
    index = made(tmp_path, kind, [[cut] for cut in np.array_split(data, parts)])
    found = 0
    for query in clustered(50, 3).astype(np.float32):
        cosines, rows = index.search(query, 10)
        expected, best = nearest(data, query, 10)
        found += len({*rows.tolist()} & {*best.tolist()})
        assert len(rows) == 10 and np.all(np.diff(cosines) <= 0)
        np.testing.assert_allclose(cosines, data[rows].astype(np.float32) @ query, atol=0.02)
    assert found / 500 >= 0.9


@pytest.mark.parametrize("kind", ["exact", "IVF64,SQ8"])
def test_among_some_rows_nothing_is_missed(tmp_path: Path, kind: str) -> None:
    data = clustered(4_000, 1)
    index = made(tmp_path, kind, [[data[:1_500]], [data[1_500:]]])
    rng = np.random.default_rng(4)
    for size in (1, 5, 300):
        among = np.sort(rng.choice(4_000, size, replace=False))
        query = rng.standard_normal(WIDTH).astype(np.float32)
        cosines, rows = index.search(query, 10, among)
        expected, best = nearest(data[among], query, 10)
        assert set(rows.tolist()) <= set(among.tolist()) and len(rows) == min(10, size)
        np.testing.assert_allclose(cosines, expected, atol=1e-5 if kind == "exact" else 0.02)
        assert rows[0] in among[best[:3]]
    assert len(index.search(query, 10, np.empty(0, np.int64))[1]) == 0


@pytest.mark.parametrize(("kind", "apart"), [("exact", 1e-3), ("IVF64,SQ8", 0.02)])
def test_vectors_come_back(tmp_path: Path, kind: str, apart: float) -> None:
    data = clustered(4_000, 1)
    index = made(tmp_path, kind, [[data[:1_500]], [data[1_500:]]])
    rows = np.array([3_999, 0, 1_499, 1_500, 7])
    found = index.vectors(rows)
    np.testing.assert_allclose(found, data[rows].astype(np.float32), atol=apart)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_of_equals_the_first_comes_first(tmp_path: Path) -> None:
    data = np.repeat(clustered(1, 1), 40, axis=0)
    index = made(tmp_path, "exact", [[data[:20]], [data[20:]]])
    assert index.search(data[0].astype(np.float32), 40)[1].tolist() == list(range(40))


def test_a_file_that_is_no_index_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b"something else")
    with pytest.raises(ValueError, match="broken is no FAISS index"):
        LayerIndex([tmp_path / "broken"])
    with pytest.raises(ValueError, match="gone is no FAISS index"):
        LayerIndex([tmp_path / "gone"])
