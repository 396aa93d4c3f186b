"""A word where a dictionary uses it in one sense: before its definition, and in its examples."""

from __future__ import annotations

from dataclasses import dataclass

from bert_core.outputs import LabelledSentence, WordSense
from bert_core.words.inflections import inflections
from bert_core.words.occurrences import find_occurrences


@dataclass(frozen=True)
class Use:
    """A word in a text."""

    text: str
    start: int
    end: int
    """Characters of the text."""


@dataclass(frozen=True)
class UsePair:
    """Two uses of one word."""

    word: str
    first: Use
    second: Use
    same: bool
    """Whether both are in one sense."""


def sense_uses(word: str, sense: WordSense) -> list[Use]:
    """The word before the sense's definition, then every place in its examples.

    Args:
        word: one of the sense's words, or a form of one.
        sense: from the dictionary.
    """
    lemma = _lemma(word, sense)
    examples = [LabelledSentence(text) for text in sense.examples]
    found = find_occurrences(examples, lemma, inflected=True)
    return [
        _headword(lemma, sense),
        *(Use(examples[one.sentence].text, one.start, one.end) for one in found),
    ]


def _lemma(word: str, sense: WordSense) -> str:
    """The spelling in the dictionary that `word` is a form of: "bank" for "banks"."""
    spellings = (one for one in sense.words if word.lower() in inflections(one.lower()))
    return next(spellings, word)


def _headword(lemma: str, sense: WordSense) -> Use:
    """The word before its definition; "the" or "to" says whether it is a noun or a verb."""
    before = {"noun": "the ", "verb": "to "}.get(sense.part_of_speech, "")
    text = f"{before}{lemma}: {sense.definition}."
    return Use(text, len(before), len(before) + len(lemma))
