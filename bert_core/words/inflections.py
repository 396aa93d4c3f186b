"""The forms an English word may stand in: plural, third person, past and -ing form.

The rules know spelling, not meaning: they make every form that a noun or a verb of that spelling
could have, also one that nobody uses. A form too many finds nothing; one too few would lose
occurrences. The possessive ('s) needs no form: the apostrophe ends a word.
"""

from __future__ import annotations

import re

_IRREGULAR = (
    "mouse mice mouses",
    "spring springs sprang sprung springing",
    "man men mans manned manning",
    "woman women",
    "child children",
    "foot feet foots footed footing",
    "tooth teeth",
    "goose geese",
    "leaf leaves leafs leafed leafing",
    "calf calves",
    "wolf wolves wolfs wolfed wolfing",
    "knife knives knifes knifed knifing",
    "life lives",
    "bear bears bore borne born bearing",
    "break breaks broke broken breaking",
    "draw draws drew drawn drawing",
    "drive drives drove driven driving",
    "fall falls fell fallen falling",
    "fly flies flew flown flying",
    "lead leads led leading",
    "lie lies lay lain lied lying",
    "light lights lit lighted lighting",
    "ring rings rang rung ringed ringing",
    "run runs ran running",
    "stand stands stood standing",
    "strike strikes struck stricken striking",
    "tear tears tore torn teared tearing",
    "wind winds wound winded winding",
)
"""Words that the rules would get wrong, all forms of one together, the base form first."""
_FORMS = {line.split()[0]: tuple(line.split()) for line in _IRREGULAR}

_HISSING = re.compile(r"(?:s|x|z|ch|sh)$")
_CONSONANT_Y = re.compile(r"[^aeiou]y$")
_SILENT_E = re.compile(r"[^eoy]e$")
_DOUBLED = re.compile(r"[^aeiou]*[aeiou][^aeiouwxy]")
"""One syllable with one vowel letter and one consonant behind it: bat, plan."""
_SHORTEST = 3


def inflections(word: str) -> tuple[str, ...]:
    """Every form of an English word given in its base form, that one first, each once.

    All are in lower case. Of several words the last one is inflected ("sea bass", "sea basses").
    A word of fewer than 3 letters, or with other letters than a to z, has no other form.

    Raises:
        ValueError: for an empty word.
    """
    words = word.lower().split()
    if not words:
        raise ValueError("the word is empty; type a word, such as 'bank'")
    *before, last = words
    return tuple(" ".join([*before, form]) for form in dict.fromkeys([last, *_forms(last)]))


def _forms(word: str) -> tuple[str, ...]:
    if len(word) < _SHORTEST or not re.fullmatch("[a-z]+", word):
        return ()
    return _FORMS.get(word) or (*_with_s(word), *_with_ed_and_ing(word))


def _with_s(word: str) -> tuple[str, ...]:
    if _HISSING.search(word):
        return (f"{word}es",)
    if _CONSONANT_Y.search(word):
        return (f"{word[:-1]}ies",)
    return (f"{word}s", f"{word}es") if word.endswith("o") else (f"{word}s",)


def _with_ed_and_ing(word: str) -> tuple[str, str]:
    if word.endswith("ie"):
        return f"{word}d", f"{word[:-2]}ying"
    if word.endswith("e"):
        return f"{word}d", f"{word[:-1] if _SILENT_E.search(word) else word}ing"
    if _CONSONANT_Y.search(word):
        return f"{word[:-1]}ied", f"{word}ing"
    stem = word + word[-1] if _DOUBLED.fullmatch(word) else word
    return f"{stem}ed", f"{stem}ing"
