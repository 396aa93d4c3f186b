"""Readers of dictionaries in the format of dictd; an entry is a text.

NAME.dict.dz (gzip) holds the entries; NAME.index says where each begins and how long it is, as
numbers in base 64 (dictfmt(1)).
"""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

from bert_core.data.packages import PackageError
from bert_core.data.sources.prose import (
    Texts,
    files,
    prose_paragraphs,
    split_paragraphs,
    word_count,
)

_DIGITS = {
    digit: value
    for value, digit in enumerate(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    )
}
_LONGEST_STUB = 25
"""An entry of FOLDOC or the Jargon File of so few words says little more than 'see there'."""


def _number(digits: str) -> int:
    value = 0
    for digit in digits:
        value = 64 * value + _DIGITS[digit]
    return value


def entries(archive: Path) -> Iterator[tuple[str, str]]:
    """Yield (headword, text) of each entry of a dictd database, each text once.

    Raises `PackageError` when the archive holds no such database.
    """
    found = dict(files(archive, r"usr/share/dictd/[^/]*\.(?:dict\.dz|index)"))
    name = next((name for name in found if name.endswith(".dict.dz")), "")
    index = found.get(name.removesuffix(".dict.dz") + ".index")
    if not name or index is None:
        raise PackageError(f"{archive} holds no dictionary of dictd; delete it to fetch it again")
    data = gzip.decompress(found[name])
    seen: set[str] = set()
    for line in index.decode("utf-8").splitlines():
        word, start, length = line.split("\t")[:3]
        if not word.startswith("00") and start not in seen:  # 00: about the database
            seen.add(start)
            first = _number(start)
            yield word, data[first : first + _number(length)].decode("utf-8", "replace")


_GCIDE_PARTS = re.compile(r"\n\s*\n|\n\s+(?=\d+\. |\([a-z]\) )|\s-- (?=[A-Z])")
_GCIDE_HEAD = re.compile(
    r"\A(?:\s*(?:\d+\.|\([a-z]\))\s*)?(?:\s*\([A-Z][A-Za-z. ,&]*\)\s*)?(?:\s*\([a-z]\)\s*)?"
)
"""A definition's number, its field '(Bot.)' and its letter."""


def gcide(archive: Path) -> Texts:
    """Yield Webster's entries of 1913 and later: two or more definitions, notes and quotations."""
    for _, text in entries(archive):
        text = re.sub(r"\[[^\]\n]*\n?[^\]\n]*\]", " ", text)
        text = re.sub(r"--[A-Z(][^\n]{0,60}(?=\n|$)", "", re.sub(r"[{}]", "", text))
        parts = prose_paragraphs(map(_gcide_part, _GCIDE_PARTS.split(text)), fewest_words=7)
        ended = [_gcide_end(part) for part in parts]
        paragraphs = [part for part in ended if part]
        if len(paragraphs) >= 2:
            yield paragraphs


def _gcide_part(part: str) -> str:
    part = _GCIDE_HEAD.sub("", part, count=1)
    part = re.sub(r"\.\s*,?\s*--\s*$", ".", part)
    return re.sub(r"\A[^\n]*\\[^\n]*\n", "", part)  # the headword, \pronounced\, and its origin


def _gcide_end(part: str) -> str:
    part = re.sub(r"^(Note:|pl\.|A (?=[a-z]*[aeiou][a-z]* or))\s*", "", part)
    part = re.sub(r"[\s;,]*(--.{0,25})?$", "", part)
    return part if not part or part[-1] in ".!?\"')" else part + "."


def computing(archive: Path) -> Texts:
    """Yield the longer entries of FOLDOC or of the Jargon File, without references and dates."""
    for _, text in entries(archive):
        text = re.sub(r"[{}]", "", text)
        text = re.sub(r"<[^>\n]{1,40}>|\[[^\]]{1,80}\]|\(\d{4}-\d\d-\d\d\)", "", text)
        body = text.split("\n", 1)[-1]
        paragraphs = prose_paragraphs(split_paragraphs(body), fewest_words=6)
        if word_count(paragraphs) > _LONGEST_STUB:
            yield paragraphs


def devils_dictionary(archive: Path) -> Texts:
    """Yield the entries of The Devil's Dictionary, each begun by its word."""
    for word, text in entries(archive):
        first, *others = text.split("\n\n")
        definition = re.sub(r"^\s*\S+,\s*", "", first)
        paragraphs = prose_paragraphs([f"{word.capitalize()}, {definition}", *others])
        if paragraphs:
            yield paragraphs
