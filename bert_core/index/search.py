"""Asking a corpus index: nearest contexts of a vector, and the senses of a word."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from bert_core.analysis.clusters import clusters
from bert_core.index.files import DATABASE, part_file
from bert_core.index.manifest import read_finished
from bert_core.index.metadata import Metadata, Place
from bert_core.index.senses import standing_out
from bert_core.index.vectors import LayerIndex
from bert_core.outputs import (
    CorpusSense,
    CorpusSenses,
    FloatArray,
    IndexInfo,
    IntArray,
    NearestContext,
    NearestContexts,
)

MOST = 1_000
"""Most contexts that are listed."""
EXAMPLES = 5
_WORD = re.compile(r"\w+")


def open_index(folder: Path, fingerprint: str | None = None) -> CorpusIndex:
    """The finished index in `folder`.

    Args:
        folder: where it is.
        fingerprint: of the model whose vectors will be looked up (`checkpoint.fingerprint`);
            None when none will be.

    Raises:
        ValueError: when there is no index, it is not finished or broken, or it holds another
            model's vectors; saying what to do.
    """
    finished = read_finished(folder)
    info = finished.info
    if fingerprint not in (None, info.fingerprint):
        raise ValueError(
            f"the index in {folder} holds vectors of another model (it was made with "
            f"'{info.model}'); choose that one, or make an index with this one in another folder"
        )
    layers = {
        layer: LayerIndex([part_file(folder, layer, at) for at in range(finished.parts)])
        for layer in info.layers
    }
    for layer, index in layers.items():
        if len(index) != info.tokens:
            raise ValueError(
                f"layer {layer} of the index in {folder} has {len(index):,} vectors, not "
                f"{info.tokens:,}; delete the folder and make it anew"
            )
    return CorpusIndex(info, layers, Metadata(folder / DATABASE))


class CorpusIndex:
    """An open index. Nothing in it changes, so that one serves all threads and visitors."""

    def __init__(self, info: IndexInfo, layers: dict[int, LayerIndex], metadata: Metadata) -> None:
        self.info, self._layers, self._metadata = info, layers, metadata

    def nearest(
        self,
        vector: FloatArray,
        layer: int,
        count: int = 20,
        word: str | None = None,
        document: str | None = None,
    ) -> NearestContexts:
        """The words of the corpus whose vectors are nearest.

        A sentence that the corpus has several times is listed once. Without a filter, and when the
        index is not exact, a few of the nearest may be missed; with one, none is.

        Args:
            vector: (H,), of any length, at the same layer of the same model.
            layer: one of `info.layers`.
            count: how many, 1 to 1,000.
            word: only this word, in any spelling of capitals.
            document: only documents whose name contains this.

        Raises:
            ValueError: for a layer that is not indexed, a vector of another size or without
                direction, another count, a word or document that the corpus does not have.
        """
        started = time.perf_counter()
        index = self._layer(layer)
        if vector.shape != (index.width,) or not 0 < np.linalg.norm(vector) < np.inf:
            raise ValueError(
                f"the vector has shape {vector.shape}; it must have ({index.width},), finite "
                "numbers, and not be all 0"
            )
        if not 1 <= count <= MOST:
            raise ValueError(f"count is {count}; it must be from 1 to {MOST:,}")
        contexts = self._distinct(index, vector, count, self._among(word, document))
        around = [side for context in contexts for side in (context.before, context.after)]
        return NearestContexts(
            layer,
            tuple(contexts),
            _counted(context.token for context in contexts),
            _counted(side for side in around if side),
            (time.perf_counter() - started) * 1e3,
        )

    def _distinct(
        self, index: LayerIndex, vector: FloatArray, count: int, among: IntArray | None
    ) -> list[NearestContext]:
        """At most `count` contexts, no two of the same place in the same sentence."""
        asked = count + 10
        while True:
            cosines, rows = index.search(vector, asked, among)
            contexts = list(self._contexts(cosines, rows))
            seen = {(context.sentence, context.start): context for context in reversed(contexts)}
            kept = [one for one in contexts if seen[one.sentence, one.start] is one][:count]
            if len(kept) == count or len(rows) < asked or asked > 10 * MOST:
                return kept
            asked *= 4

    def senses(
        self, word: str, layer: int, most: int = 2_000, seed: int = 42
    ) -> CorpusSenses:
        """A word's occurrences over the corpus in groups (`analysis.clusters`).

        Args:
            word: in any spelling of capitals.
            layer: one of `info.layers`.
            most: when the word occurs more often, so many occurrences are drawn; at least 1.
            seed: of the drawing and the grouping.

        Raises:
            ValueError: for a layer that is not indexed, a word that the corpus does not have, or
                `most` below 1.
        """
        if most < 1:
            raise ValueError(f"most is {most}; it must be at least 1")
        index, found = self._layer(layer), self._rows_of_word(word)
        drawn = np.random.default_rng(seed).permutation(found)[: 2 * most]
        places = list(_distinct_places(self._metadata.places(drawn.tolist()).values()))[:most]
        vectors = index.vectors(np.array([place.row for place in places], dtype=np.int64))
        grouped = clusters(vectors, layer, seed)
        members = np.array(grouped.members)
        words = [_words_around(place) for place in places]
        senses = []
        for number in range(int(members.max()) + 1):
            mine = members == number
            inside = [around for around, own in zip(words, mine, strict=True) if own]
            outside = [around for around, own in zip(words, mine, strict=True) if not own]
            chosen = [place for place, own in zip(places, mine, strict=True) if own]
            examples = _central(vectors[mine], chosen)
            senses.append(CorpusSense(len(chosen), examples, standing_out(inside, outside)))
        return CorpusSenses(word, layer, len(places), len(found), grouped.silhouette, tuple(senses))

    def documents(self, part: str = "", most: int = 100) -> tuple[str, ...]:
        """Names of at most so many documents that contain `part`, in order."""
        return tuple(self._metadata.documents(part, most))

    def _layer(self, layer: int) -> LayerIndex:
        if layer not in self._layers:
            there = " and ".join(map(str, self.info.layers))
            raise ValueError(f"layer is {layer}; this index has {there}")
        return self._layers[layer]

    def _rows_of_word(self, word: str) -> IntArray:
        rows = self._metadata.rows_of_word(word.strip())
        if not len(rows):
            raise ValueError(f"{word!r} does not occur in the corpus; choose another word")
        return rows

    def _among(self, word: str | None, document: str | None) -> IntArray | None:
        """The rows that both filters let through, ascending; None without a filter."""
        rows = None if word is None else self._rows_of_word(word)
        if document is None:
            return rows
        spans = self._metadata.rows_of_documents(document)
        if not spans:
            raise ValueError(f"no document of the corpus has {document!r} in its name")
        inside = np.concatenate([np.arange(first, last) for first, last in spans])
        return inside if rows is None else np.intersect1d(rows, inside)

    def _contexts(self, cosines: FloatArray, rows: IntArray) -> Iterator[NearestContext]:
        places = self._metadata.places(rows.tolist())
        for cosine, row in zip(cosines.tolist(), rows.tolist(), strict=True):
            yield _context(places[row], cosine)


def _context(place: Place, cosine: float) -> NearestContext:
    before = _WORD.findall(place.sentence[: place.start])
    after = _WORD.search(place.sentence, place.end)
    return NearestContext(
        token=place.sentence[place.start : place.end],
        cosine=cosine,
        sentence=place.sentence,
        start=place.start,
        end=place.end,
        document=place.document,
        sentence_number=place.sentence_number,
        part_of_speech=place.part_of_speech,
        before=before[-1] if before else "",
        after=after.group() if after else "",
    )


def _counted(words: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Words in lower case with their counts, most frequent first, then by alphabet."""
    counts = Counter(word.lower() for word in words)
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _distinct_places(places: Iterable[Place]) -> Iterator[Place]:
    seen = set()
    for place in places:
        if (key := (place.sentence, place.start)) not in seen:
            seen.add(key)
            yield place


def _words_around(place: Place) -> set[str]:
    """The other words of the sentence, in lower case."""
    own = place.sentence[place.start : place.end].lower()
    return {word.lower() for word in _WORD.findall(place.sentence)} - {own}


def _central(vectors: FloatArray, places: Sequence[Place]) -> tuple[NearestContext, ...]:
    """The places nearest to the centre of all, with their cosine to it."""
    centre = vectors.mean(axis=0)
    cosines = vectors @ (centre / max(float(np.linalg.norm(centre)), 1e-12))
    best = np.argsort(-cosines, kind="stable")[:EXAMPLES]
    return tuple(_context(places[at], float(cosines[at])) for at in best)
