"""A layer's vectors in FAISS (Johnson et al. 2019): exact while small, inverted lists when large.

Up to EXACT_ROWS vectors are kept as float16 and all are compared. Above, k-means cuts the space
into lists, each vector is kept as 8-bit codes in the list of the nearest centre, and a question
looks into the nearest lists only (IVF<lists>,SQ8). All have length 1, so that the inner product is
the cosine. A layer is one FAISS file or several, the *parts*, which begin as copies of the same
trained index and are searched together: building needs the memory of one part only.

N = vectors, H = hidden size.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bert_core.analysis.unit import unit
from bert_core.index.files import write_file
from bert_core.index.words import HalfArray
from bert_core.outputs import FloatArray, IntArray

EXACT_ROWS = 250_000
"""Most vectors that are all compared: about 30 ms for 384-wide ones on one core."""
SAMPLE_A_LIST = 50
"""Vectors a list that the centres are learnt from; FAISS asks for at least 39."""
SHARE_PROBED = 8
"""One in so many lists is looked into."""
SEED = 42


def _faiss() -> Any:
    """The library, imported when it is needed; its type stubs lack what its wrappers add."""
    import faiss

    return faiss


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread for FAISS, then as many as before: PyTorch, in the same thread, has that number
    from the same library."""
    faiss = _faiss()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def kind_of(rows: int, exact_rows: int = EXACT_ROWS) -> str:
    """'exact', or 'IVF<lists>,SQ8' with about 2 sqrt(rows) lists, a power of two."""
    if rows <= exact_rows:
        return "exact"
    lists = 2 ** round(math.log2(2 * math.sqrt(rows)))
    return f"IVF{max(1, min(lists, rows // SAMPLE_A_LIST))},SQ8"


def sample_size(kind: str) -> int:
    """How many vectors an index of this kind is trained on."""
    return 0 if kind == "exact" else SAMPLE_A_LIST * int(kind[3:].partition(",")[0])


def train(kind: str, width: int, sample: FloatArray, path: Path) -> None:
    """Write an index of this kind for vectors of `width`, without any in it.

    Args:
        kind: see `kind_of`.
        width: H.
        sample: (sample_size(kind), H); not looked at when the kind is exact.
        path: the file to write.
    """
    faiss = _faiss()
    inner = faiss.METRIC_INNER_PRODUCT
    if kind == "exact":
        index = faiss.IndexScalarQuantizer(width, faiss.ScalarQuantizer.QT_fp16, inner)
    else:
        index = faiss.index_factory(width, kind, inner)
        index.cp.spherical, index.cp.seed = True, SEED
        index.train(sample)
    write_file(path, lambda temporary: faiss.write_index(index, str(temporary)))


def fill(trained: Path, arrays: Iterable[HalfArray], path: Path) -> None:
    """Write a part: the trained index with the vectors of all arrays in it, in order."""
    faiss = _faiss()
    index = faiss.read_index(str(trained))
    for array in arrays:
        index.add(array.astype(np.float32))
    if isinstance(index, faiss.IndexIVF):
        index.make_direct_map()  # where each vector is, for `vectors`
    write_file(path, lambda temporary: faiss.write_index(index, str(temporary)))


class LayerIndex:
    """All vectors of one layer, searched where they lie on the disk. Any thread may ask."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Opens the parts, in order.

        Raises:
            ValueError: naming the file that cannot be read.
        """
        self._parts = [_open(path) for path in paths]
        sizes = [part.ntotal for part in self._parts]
        self._first = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])

    def __len__(self) -> int:
        return int(self._first[-1])

    @property
    def width(self) -> int:
        """H."""
        width: int = self._parts[0].d
        return width

    def search(
        self, vector: FloatArray, count: int, among: IntArray | None = None
    ) -> tuple[FloatArray, IntArray]:
        """Cosines and rows of the nearest vectors, nearest first.

        Args:
            vector: (H,), of any length but 0.
            count: at most so many.
            among: rows to choose from, ascending; then every one of them is compared.
        """
        query = np.ascontiguousarray(vector / np.linalg.norm(vector), dtype=np.float32)
        found = [self._search_part(at, query, count, among) for at in range(len(self._parts))]
        cosines = np.concatenate([cosines for cosines, _ in found])
        rows = np.concatenate([rows for _, rows in found])
        best = np.lexsort((rows, -cosines))[:count]  # of equals the first in the corpus
        return np.clip(cosines[best], -1, 1), rows[best]

    def _search_part(
        self, at: int, query: FloatArray, count: int, among: IntArray | None
    ) -> tuple[FloatArray, IntArray]:
        faiss = _faiss()
        part, first, last = self._parts[at], self._first[at], self._first[at + 1]
        chosen = None if among is None else among[(among >= first) & (among < last)] - first
        most = min(count, int(last - first) if chosen is None else len(chosen))
        if most == 0:
            return np.empty(0, np.float32), np.empty(0, np.int64)
        settings: dict[str, Any] = {}
        if chosen is not None:
            settings["sel"] = faiss.IDSelectorBitmap(_bits(chosen, int(last - first)))
        kind = faiss.SearchParameters
        if lists := getattr(part, "nlist", 0):
            kind = faiss.SearchParametersIVF
            settings["nprobe"] = max(1, lists // SHARE_PROBED) if chosen is None else lists
        with _one_thread():  # a visitor's question leaves the other cores to the others
            cosines, rows = part.search(query[None], most, params=kind(**settings))
        there = rows[0] >= 0  # fewer when the lists looked into hold fewer
        return cosines[0][there], rows[0][there] + first

    def vectors(self, rows: IntArray) -> FloatArray:
        """(N, H): the vectors of these rows, as exact as the index keeps them, of length 1."""
        out = np.empty((len(rows), self.width), dtype=np.float32)
        for at, part in enumerate(self._parts):
            here = np.flatnonzero((rows >= self._first[at]) & (rows < self._first[at + 1]))
            if len(here):
                out[here] = part.reconstruct_batch(rows[here] - self._first[at])
        return unit(out)


def _bits(rows: IntArray, size: int) -> npt.NDArray[np.uint8]:
    """A bit for each of `size` rows, set for those given."""
    chosen = np.zeros(size, dtype=np.bool_)
    chosen[rows] = True
    return np.packbits(chosen, bitorder="little")


def _open(path: Path) -> Any:
    faiss = _faiss()
    try:
        return faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
    except (RuntimeError, OSError) as error:
        raise ValueError(f"{path} is no FAISS index that can be read: {error}") from error
