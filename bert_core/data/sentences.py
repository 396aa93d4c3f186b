"""Raw text to clean sentences: repaired characters, normalised whitespace, split by rule."""

import html
import re

ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof rev fr hon gen col capt lt sgt maj cmdr adm gov sen rep pres st mt ft jr sr "
    "messrs mme mlle vs viz cf ca no nos vol vols fig figs art sec pp ed eds op cit al approx est "
    "jan feb mar apr jun jul aug sept sep oct nov dec inc ltd co corp bros dept univ assn ave blvd "
    "rd e.g i.e u.s u.k u.n d.c a.m p.m ph.d b.c a.d d.a u.s.s r.m.s".split()
)
"""Words, without their last full stop, after which a full stop rarely ends a sentence."""

MAY_END = frozenset("u.s u.k u.n d.c a.m p.m ph.d b.c a.d jr sr inc ltd co corp al".split())
"""Abbreviations that end a sentence when a word of `STARTERS` follows."""

STARTERS = frozenset(
    "The A An It He She They We I You But And In On At This That These Those His Her Its Their Our "
    "There When While If As For After Before However Since Although Some Many Most One".split()
)

_BOUNDARY = re.compile(r"""[.!?…]+["'”’»)\]]*\s+(?=["'“‘«(\[]*[A-ZÀ-ÖØ-Þ0-9])""")
_LAST_WORD = re.compile(r"([\w.&]+)\.$")
_FIRST_WORD = re.compile(r"\W*(\w+)")
_COMPLETE = re.compile(r"""[.!?…:;—]["'”’»)\]]*$""")
_RESIDUE = re.compile(r"\ufffd|https?:|www\.|\w@\w|\.com\b|\[\[|\]\]|[{}|]|(?<!\S)\"\"(?!\")")
_BULLET = re.compile(r"^[-–*•~]+\s*(?=\S)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u2028-\u202e\ufeff]")


def repair_mojibake(text: str) -> str:
    """Return text whose UTF-8 was read as Windows-1252 ("â€œ") as it was meant; else unchanged."""
    if not re.search("[ÂÃâ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]", text):
        return text
    try:
        return b"".join(_windows_byte(character) for character in text).decode("utf-8")
    except UnicodeError:
        return text


def _windows_byte(character: str) -> bytes:
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")


def normalise(text: str) -> str:
    """Return `text` on one line: entities decoded, control characters gone, single spaces.

    A space lost between two sentences is put back, one too many before a comma taken out.
    """
    plain = " ".join(_CONTROL.sub(" ", html.unescape(repair_mojibake(text))).split())
    plain = re.sub(r"(?<=[a-z]{2}[.!?])(?=[A-Z][a-z])", " ", plain)
    return re.sub(r" +([,;.])(?=\s|$)(?! [,;.])", r"\1", plain)


def split_sentences(text: str) -> list[str]:
    """Return the sentences of `text` in order; `normalise` is applied, no word is lost.

    A boundary is a run of ``.!?`` with its closing quotes, followed by a space and a capital, a
    digit or an opening quote, unless the full stop belongs to an abbreviation or an initial.
    """
    line = normalise(text)
    sentences, start = [], 0
    for match in _BOUNDARY.finditer(line):
        if _is_boundary(line[start : match.end()].rstrip(), line[match.end() : match.end() + 24]):
            sentences.append(line[start : match.end()].rstrip())
            start = match.end()
    if line[start:]:
        sentences.append(line[start:])
    return sentences


def _is_boundary(before: str, after: str) -> bool:
    last = _LAST_WORD.search(before)
    if last is None:
        return True
    word = last.group(1).lstrip(".")
    first = _FIRST_WORD.match(after)
    starts = first is not None and first.group(1) in STARTERS
    if len(word) == 1 and word.isupper():
        return starts and word == "I"
    if word.lower() in MAY_END or re.fullmatch(r"(?:[A-Z]\.)+[A-Z]", word):
        return starts
    if word.lower() in {"no", "nos", "art", "fig", "op"}:
        return not after[:1].isdigit()
    return word.lower() not in ABBREVIATIONS


def is_prose(sentence: str, fewest_words: int = 3, most_words: int = 200) -> bool:
    """Tell whether a sentence is usable prose.

    That is: begun by no small letter, ended by punctuation, of `fewest_words` to `most_words`
    words, mostly letters, with no web address, no markup and no character lost in a conversion.
    """
    words = sentence.count(" ") + 1
    if not fewest_words <= words <= most_words or not _COMPLETE.search(sentence):
        return False
    if sentence[0].islower() or _RESIDUE.search(sentence):
        return False
    letters = sum(character.isalpha() for character in sentence)
    return letters >= 0.65 * (len(sentence) - words + 1)


def prose_sentences(text: str) -> list[str]:
    """Return the sentences of `text` that `is_prose` keeps, without list bullets."""
    sentences = (_BULLET.sub("", sentence) for sentence in split_sentences(text))
    return [sentence for sentence in sentences if is_prose(sentence)]
