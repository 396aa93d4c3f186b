"""What a corpus index holds and what it answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class IndexInfo:
    """A corpus index, in short."""

    corpus: str
    model: str
    """Name of the checkpoint that made the vectors."""
    fingerprint: str
    """SHA-256 of its weights: only this model's vectors can be looked up."""
    layers: tuple[int, ...]
    tokens: int
    """Token vectors in each layer's index."""
    sentences: int
    documents: int
    kind: str
    """'exact' or 'IVF<lists>,SQ8'."""
    parts_of_speech: bool
    """Whether a tagger was there when it was built."""


@dataclass(frozen=True)
class NearestContext:
    """A token of the corpus that is near to what was asked."""

    token: str
    """The word it belongs to, as it stands in its sentence."""
    cosine: float
    sentence: str
    start: int
    end: int
    """Characters of the word in the sentence."""
    document: str
    sentence_number: int
    """Position of the sentence in its document, from 0."""
    part_of_speech: str | None
    before: str
    """The word before it; '' at the start of a sentence."""
    after: str
    """The word behind it; '' at the end."""


@dataclass(frozen=True)
class NearestContexts:
    """The answer to one question, nearest first, with what stands in it how often."""

    layer: int
    contexts: tuple[NearestContext, ...]
    words: tuple[tuple[str, int], ...]
    """Matched words, lower case, most frequent first."""
    neighbours: tuple[tuple[str, int], ...]
    """Words just before or behind a match, most frequent first."""
    milliseconds: float


@dataclass(frozen=True)
class CorpusSense:
    """One group of a word's occurrences over the corpus."""

    size: int
    examples: tuple[NearestContext, ...]
    """The members nearest to the group's centre."""
    neighbours: tuple[tuple[str, int], ...]
    """Words that stand out in its sentences, most typical first."""


@dataclass(frozen=True)
class CorpusSenses:
    """A word's occurrences over the corpus, grouped."""

    word: str
    layer: int
    occurrences: int
    """How many were grouped."""
    found: int
    """How many there are; more than `occurrences` when only a sample was grouped."""
    silhouette: float
    senses: tuple[CorpusSense, ...]
    """Largest first."""
