"""Readers of a Bible and of a commentary on it, in the format of SWORD."""

import html
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from bert_core.data.packages import PackageError
from bert_core.data.sources.prose import (
    Texts,
    files,
    groups,
    prose_paragraphs,
    tidy,
    word_count,
)

_VERSES, _VERSES_A_PARAGRAPH = 40, 5
_LONGEST_STUB = 30
"""A comment of so few words is left out."""
_BLOCK, _ENTRY = struct.Struct("<III"), struct.Struct("<IIH")


def sword_entries(archive: Path) -> Iterator[str]:
    """Yield the entries of a compressed module of SWORD, Old Testament first.

    TESTAMENT.bzz holds blocks of text; TESTAMENT.bzs says where each begins and how long it is;
    TESTAMENT.bzv says in which block each verse has its text, where, and its length. What several
    verses share comes once. Raises `PackageError` when one of the files is missing.
    """
    found = files(archive, r"usr/share/sword/modules/.*/[on]t\.bz[szv]")
    parts = {name.rsplit("/", 1)[1]: content for name, content in found}
    try:
        for testament in ("ot", "nt"):
            packed, places, verses = (parts[f"{testament}.bz{kind}"] for kind in "zsv")
            yield from _entries(packed, places, verses)
    except KeyError as error:
        raise PackageError(f"{archive} holds no {error}; delete it to fetch it again") from error


def _entries(packed: bytes, places: bytes, verses: bytes) -> Iterator[str]:
    blocks = [
        zlib.decompress(packed[start : start + length]) if length else b""
        for start, length, _ in _BLOCK.iter_unpack(places)
    ]
    whole = len(verses) // _ENTRY.size * _ENTRY.size
    seen: set[tuple[int, int]] = set()
    for block, start, length in _ENTRY.iter_unpack(verses[:whole]):
        if length and block < len(blocks) and (block, start) not in seen:
            seen.add((block, start))
            yield blocks[block][start : start + length].decode("utf-8", "replace")


_BREAK = re.compile(r"<(?:div [^>]*/|lb[^>]*|p/?|/p|milestone[^>]*|l [^>]*|br ?/?)>")
_LEFT_OUT = re.compile(r"<note.*?</note>|<title.*?</title>", re.S)
_PASSAGE = re.compile(
    r"\s*\((?:see )?(?:[1-3] ?)?[A-Z][a-z]{1,12}\.? \d+:[\d,;: \-A-Za-z]*\)"  # (see Gen 1:2)
)


def osis_lines(entry: str) -> list[str]:
    """Return the lines of an entry in OSIS, without notes, titles and named passages."""
    text = _BREAK.sub("\n", _LEFT_OUT.sub("", entry))
    plain = html.unescape(re.sub(r"<[^>]+>", "", text))
    return [_PASSAGE.sub("", line).replace("¶", "") for line in plain.split("\n")]


def bible(archive: Path) -> Texts:
    """Yield the World English Bible, forty verses a text."""
    verses = (tidy(" ".join(osis_lines(entry))) for entry in sword_entries(archive))
    for chosen in groups((verse for verse in verses if len(verse.split()) > 3), _VERSES):
        yield [" ".join(part) for part in groups(chosen, _VERSES_A_PARAGRAPH)]


def matthew_henry(archive: Path) -> Texts:
    """Yield Matthew Henry's Concise Commentary, a passage a text, without its outlines."""
    for entry in sword_entries(archive):
        paragraphs = prose_paragraphs(osis_lines(entry), fewest_words=8)
        if word_count(paragraphs) > _LONGEST_STUB:
            comments = [text for text in paragraphs if not re.search(r"\(\d+[-,\d ]*\)$", text)]
            numbers = re.compile(r"^(Verses? [\d,\-; ]+\.?|\d+\.) *")
            if comments:
                yield [numbers.sub("", text) for text in comments]
