"""How alike occurrences are, and which words of their sentences make a pair so.

The cosine of two vectors is that of the angle between them. A vector of length 0, which has no
direction, has cosine 0 with every vector.

N = occurrences, L = layers, H = hidden size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bert_core.analysis.unit import unit
from bert_core.analysis.vectors import Target, embed
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import Contexts, FloatArray, Occurrence, PairComparison, RemovedWord

DoubleArray = npt.NDArray[np.float64]
Span = tuple[int, int]
"""Start and end, in characters."""


def unit_rows(vectors: FloatArray | DoubleArray) -> DoubleArray:
    """`unit` in float64: (N, H) -> (N, H)."""
    return unit(vectors.astype(np.float64))


def cosine_matrix(vectors: FloatArray) -> FloatArray:
    """The cosine of every pair of rows.

    Args:
        vectors: (N, H)

    Returns:
        (N, N), symmetric, from -1 to 1. It takes 4 N² bytes: 400 MB for 10,000 rows.
    """
    rows = unit_rows(vectors).astype(np.float32)
    matrix: FloatArray = (rows @ rows.T).clip(-1, 1)
    np.fill_diagonal(matrix, rows.any(axis=1))
    return matrix


@dataclass(frozen=True)
class _Removal:
    """A word to take out of a sentence that holds the target of one occurrence, or of both."""

    occurrence: int
    span: Span
    word: str
    targets: dict[int, Target]
    """For each occurrence that stands in the sentence, its target in what is left."""


def compare_pair(
    checkpoint: Checkpoint,
    contexts: Contexts,
    first: int,
    second: int,
    layer: int,
    most: int = 40,
) -> PairComparison:
    """Two occurrences beside each other: their cosine, and which context words it hangs on.

    Each word of their sentences, but for the two themselves, is taken out alone, with one space
    beside it, and the pair's cosine measured anew: the change is what the word did. It includes
    that the words behind move up by one position. Words are those of the tokenizer; what has no
    letter or digit is not one. A word of a sentence in which both stand is taken out of it once,
    and counted as the first's.

    Args:
        checkpoint: the model that made the vectors of `contexts`.
        contexts: the occurrences.
        first: number of an occurrence.
        second: number of another.
        layer: the layer the removals are measured at.
        most: words taken out of each sentence at most: the nearest, counted in words, to the
            occurrence there; of two equally near the earlier.

    Raises:
        ValueError: when there is no such occurrence or layer, both are the same occurrence, or
            `most` is negative.
    """
    _check(contexts, first, second, layer, most)
    pair = unit_rows(contexts.vectors[first]), unit_rows(contexts.vectors[second])
    cosines = (pair[0] * pair[1]).sum(axis=1).clip(-1, 1)  # (L + 1,)
    one, other = contexts.occurrences[first], contexts.occurrences[second]
    if one.sentence == other.sentence:
        removals = [*_removals(checkpoint, contexts, {first: one, second: other}, most)]
    else:
        removals = [
            *_removals(checkpoint, contexts, {first: one}, most),
            *_removals(checkpoint, contexts, {second: other}, most),
        ]
    whole = {first: pair[0][layer], second: pair[1][layer]}
    found = _measured(checkpoint, removals, whole, layer, cosines[layer].item())
    found.sort(key=lambda removed: -abs(removed.change))  # stable: equals stay as they stand
    return PairComparison(first, second, cosines.astype(np.float32), layer, tuple(found))


def _check(contexts: Contexts, first: int, second: int, layer: int, most: int) -> None:
    count = len(contexts.occurrences)
    for number in (first, second):
        if not 0 <= number < count:
            raise ValueError(f"there is no occurrence {number}; it must be from 0 to {count - 1}")
    if first == second:
        raise ValueError(f"both occurrences are number {first}; choose two different ones")
    if not 0 <= layer <= contexts.layers:
        raise ValueError(f"layer is {layer}; it must be from 0 to {contexts.layers}")
    if most < 0:
        raise ValueError(f"most is {most}; it must be 0 or more words of each sentence")


def _removals(
    checkpoint: Checkpoint, contexts: Contexts, standing: dict[int, Occurrence], most: int
) -> Iterator[_Removal]:
    """The words to take out of one sentence, by their place, given the occurrences in it."""
    number, occurrence = next(iter(standing.items()))
    text = contexts.sentences[occurrence.sentence]
    words = _words(checkpoint, text)
    taken = [(one.start, one.end) for one in standing.values()]
    own = [at for at, word in enumerate(words) if any(_overlap(word, one) for one in taken)]
    others = [at for at in range(len(words)) if at not in own]
    nearest = sorted(
        others, key=lambda at: (min((abs(at - place) for place in own), default=0), at)
    )
    for at in sorted(nearest[:most]):
        start, end = words[at]
        left, cut, put = _without(text, words[at])
        targets = {}
        for key, one in standing.items():
            shift = cut[1] - cut[0] - len(put) if one.start >= end else 0
            targets[key] = Target(left, one.start - shift, one.end - shift)
        yield _Removal(number, (start, end), text[start:end], targets)


def _words(checkpoint: Checkpoint, text: str) -> list[Span]:
    """Where the words stand that the model reads: those with a letter or a digit."""
    limit = checkpoint.model.config.max_position_embeddings
    encoding = checkpoint.tokenizer.encode(text, max_tokens=limit)
    spans: dict[int, Span] = {}
    for word, (start, end) in zip(encoding.word_ids, encoding.offsets, strict=True):
        if word is not None:
            first, last = spans.get(word, (start, end))
            spans[word] = min(first, start), max(last, end)
    return [(a, b) for a, b in spans.values() if any(map(str.isalnum, encoding.text[a:b]))]


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _without(text: str, span: Span) -> tuple[str, Span, str]:
    """The text without these characters, what was cut out, and what was put in its place.

    The space behind goes too, else the one before. Where two letters would then meet, as where a
    Chinese character stood against a Latin word, a space is put between them.
    """
    start, end = span
    if text[end : end + 1].isspace():
        end += 1
    elif text[:start][-1:].isspace():
        start -= 1
    put = " " if text[:start][-1:].isalnum() and text[end : end + 1].isalnum() else ""
    return text[:start] + put + text[end:], (start, end), put


def _measured(
    checkpoint: Checkpoint,
    removals: list[_Removal],
    whole: dict[int, DoubleArray],
    layer: int,
    before: float,
) -> list[RemovedWord]:
    """The pair's cosine without each word; `whole` has both vectors (H,) with all the words."""
    targets = [target for removal in removals for target in removal.targets.values()]
    rows = iter(unit_rows(embed(checkpoint, targets, layer)))
    found = []
    for removal in removals:
        anew = {key: next(rows) for key in removal.targets}
        one, other = (anew.get(key, vector) for key, vector in whole.items())
        cosine = min(1.0, max(-1.0, float(one @ other)))
        start, end = removal.span
        found.append(
            RemovedWord(removal.occurrence, start, end, removal.word, cosine, cosine - before)
        )
    return found
