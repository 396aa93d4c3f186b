"""Parts of speech, by a spaCy model if one is installed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

UNUSED = ("parser", "ner", "lemmatizer", "textcat", "senter")


class Tagger(Protocol):
    """Says what part of speech words are."""

    name: str

    def tags(
        self, texts: Sequence[str], starts: Sequence[Sequence[int]]
    ) -> list[list[str | None]]:
        """For every text, the part of speech of the word at each start; None if it has none."""


class SpacyTagger:
    """The universal part-of-speech tags (UPOS: NOUN, VERB, ...) of a spaCy model."""

    def __init__(self, name: str, pipeline: Any) -> None:
        self.name, self._pipeline = name, pipeline

    def tags(
        self, texts: Sequence[str], starts: Sequence[Sequence[int]]
    ) -> list[list[str | None]]:
        """As `Tagger.tags`. Where spaCy splits otherwise, the token around the start counts."""
        documents: Iterable[Any] = self._pipeline.pipe(texts)
        return [self._at(*pair) for pair in zip(documents, starts, strict=True)]

    def __reduce__(self) -> tuple[Any, ...]:
        return load_tagger, (self.name,)  # another process loads the model itself

    @staticmethod
    def _at(document: Any, starts: Sequence[int]) -> list[str | None]:
        tokens = list(document)
        begins = [token.idx for token in tokens]
        chosen = [bisect_right(begins, start) - 1 for start in starts]
        return [(tokens[at].pos_ or None) if at >= 0 else None for at in chosen]


def installed_tagger() -> SpacyTagger | None:
    """The first installed spaCy model that can tag, English ones first; None without any."""
    try:
        import spacy
    except ImportError:
        return None
    names = sorted(spacy.util.get_installed_models(), key=lambda name: (name[:3] != "en_", name))
    for name in names:
        try:
            return load_tagger(name)
        except (OSError, ValueError, ImportError):
            continue  # made for another version of spaCy, or without a tagger
    return None


def load_tagger(name: str) -> SpacyTagger:
    """The tagger of the spaCy model called `name`.

    Raises:
        ValueError: when the model has none.
        OSError: when there is no such model.
    """
    import spacy

    pipeline = spacy.load(name, exclude=list(UNUSED))
    if not {"tagger", "morphologizer"} & set(pipeline.pipe_names):
        raise ValueError(f"the spaCy model {name} has no tagger; en_core_web_sm has one")
    return SpacyTagger(name, pipeline)
