"""Where a word stands in sentences, in characters.

A word and a sentence are compared *folded*: case is ignored (Unicode case folding), an accent is
the same whether it was typed with its letter or after it (NFD; Unicode Standard Annex 15), and a
curly apostrophe is a straight one. `é` is not `e`. Two accents on one letter must stand in the
same order in both. Positions in the folded sentence are taken back to the sentence as it was given.

Only whole words count: "bank" stands in "bank's" and "left-bank", not in "banker". In scripts that
put no space between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese, Tibetan) any place counts,
as nobody can tell a word's end there without a dictionary. A Korean particle is part of its word.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from bert_core.outputs import LabelledSentence, Occurrence
from bert_core.words.inflections import inflections

__all__ = ["find_occurrences", "inflections", "not_found_message"]

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
"""Thai, Lao, Tibetan, Burmese, Khmer, kana, Chinese characters."""
_SUGGESTED = 5
_MOST_COMPARED = 5_000
"""Different words that are compared with one that was not found: the most frequent ones."""


def find_occurrences(
    sentences: Sequence[LabelledSentence], word: str, inflected: bool = False
) -> list[Occurrence]:
    """Every place where a word, or a phrase of several words, stands.

    Args:
        sentences: where to look.
        word: what to look for; words of a phrase may have any white space between them.
        inflected: also look for its English `inflections`.

    Returns:
        The occurrences in order of sentence and position; none when there is no such word.

    Raises:
        ValueError: for an empty word.
    """
    pattern = _pattern(word, inflected)
    return [
        Occurrence(number, start, end, sentence.text[start:end], sentence.label)
        for number, sentence in enumerate(sentences)
        for start, end in _places(sentence.text, pattern)
    ]


def not_found_message(
    word: str, sentences: Sequence[LabelledSentence], inflected: bool = False
) -> str:
    """What to say when the word does not occur, with what would find something.

    Args:
        word: what was looked for.
        sentences: where.
        inflected: whether its inflected forms were looked for, too.

    Raises:
        ValueError: for an empty word.
    """
    forms = "" if not inflected else " or a form of it"
    if not sentences:
        return f"there is no sentence to look for {word!r} in; type or load some"
    where = "the sentence" if len(sentences) == 1 else f"the {len(sentences):,} sentences"
    said = f"{word!r}{forms} does not occur in {where}"
    more = [] if inflected else find_occurrences(sentences, word, inflected=True)
    if more:
        found = ", ".join(dict.fromkeys(one.form.lower() for one in more))
        times = "1 occurrence" if len(more) == 1 else f"{len(more):,} occurrences"
        return f"{said}; with inflected forms there would be {times} ({found})"
    if similar := _similar_words(word, sentences):
        return f"{said}; similar words that do: {', '.join(similar)}"
    return f"{said}; check its spelling, or choose other sentences"


def _similar_words(word: str, sentences: Sequence[LabelledSentence]) -> list[str]:
    """Words of the sentences that are spelled alike, best first."""
    counts = Counter(
        found for sentence in sentences for found in re.findall(r"\w+", sentence.text.lower())
    )
    frequent = [found for found, _ in counts.most_common(_MOST_COMPARED)]
    return difflib.get_close_matches(" ".join(word.lower().split()), frequent, n=_SUGGESTED)


def _pattern(word: str, inflected: bool) -> re.Pattern[str]:
    """Matches the folded word, or any of its forms; edges are not looked at."""
    folded = [_fold(part) for part in word.split()]
    if not any(folded):
        raise ValueError("the word is empty; type a word, such as 'bank'")
    forms = {" ".join(folded)}
    if inflected:
        forms |= {_fold(form) for form in inflections(word)}
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile("|".join(r"\s+".join(map(re.escape, form.split())) for form in longest_first))


def _places(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Start and end of every whole match, in characters of `text`."""
    folded = _fold(text)
    if pattern.search(folded) is None:
        return
    folded, origins = _fold_with_origins(text)
    at = 0
    while match := pattern.search(folded, at):
        start, end = match.span()
        whole = not _joined(folded, start) and not _joined(folded, end)
        if whole:
            yield origins[start], origins[end]
        at = end if whole else start + 1


def _joined(text: str, at: int) -> bool:
    """Whether the characters before and behind `at` belong to one word."""
    if not 0 < at < len(text):
        return False
    before, behind = text[at - 1], text[at]
    if unicodedata.category(behind).startswith("M"):  # an accent belongs to the letter before it
        return True
    apart = _UNSPACED.match(before) or _UNSPACED.match(behind)
    return not apart and _in_word(before) and _in_word(behind)


def _in_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFD", text).casefold().replace("\u2019", "'")
    return unicodedata.normalize("NFD", decomposed)


@lru_cache(maxsize=4096)
def _fold_one(character: str) -> str:
    return _fold(character)


def _fold_with_origins(text: str) -> tuple[str, Sequence[int]]:
    """The text folded character by character, and where each place of it comes from.

    Returns:
        The folded text of length n, and n + 1 positions of `text`, the last being its length.
    """
    if text.isascii():
        return text.lower(), range(len(text) + 1)
    parts = [_fold_one(character) for character in text]
    origins = [at for at, part in enumerate(parts) for _ in part]
    return "".join(parts), [*origins, len(text)]
