"""Readers of novels and stories; a piece of a book is a text."""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from bert_core.data.packages import PackageError
from bert_core.data.sources.prose import (
    Texts,
    files,
    groups,
    prose_paragraphs,
    split_paragraphs,
    text_files,
)

_PARAGRAPHS = 60
"""Paragraphs of a novel in one text."""
_HEADING = re.compile(r"(?:CHAPTER|VOLUME|Chapter)\b")
_CHARACTERS, _CHARACTER_VECTOR = 9, 16
"""Types of R's objects (R internals, 1.1)."""


def austen(archive: Path) -> Texts:
    """Yield Jane Austen's six novels, without the headings of chapters."""
    for _, database in files(archive, r"usr/lib/R/site-library/janeaustenr/data/Rdata\.rdb"):
        for lines in r_strings(database):
            text = "\n".join(lines).replace("_", "")
            paragraphs = prose_paragraphs(split_paragraphs(text), fewest_words=3)
            yield from groups((p for p in paragraphs if not _HEADING.match(p)), _PARAGRAPHS)


def r_strings(database: bytes) -> Iterator[list[str]]:
    """Yield the vectors of strings in a lazy-load database of R, in order.

    Each object is its length (4 bytes), then zlib's stream of its serialisation (R internals,
    1.8). Objects that are no vectors of strings are passed over. Raises `PackageError` when the
    database is not of that form.
    """
    rest = database
    while rest:
        unpacking = zlib.decompressobj()
        try:
            content = unpacking.decompress(rest[4:])
        except zlib.error as error:
            raise PackageError(f"R's data cannot be unpacked: {error}") from error
        rest = unpacking.unused_data
        start = 14  # 'X', line feed, three versions
        if int.from_bytes(content[2:6]) >= 3:
            start += 4 + int.from_bytes(content[14:18])  # the name of the encoding
        if content[start + 3 : start + 4] == bytes([_CHARACTER_VECTOR]):
            yield list(_character_vector(content, start + 4))


def _character_vector(content: bytes, start: int) -> Iterator[str]:
    count, place = int.from_bytes(content[start : start + 4]), start + 4
    for _ in range(count):
        length = int.from_bytes(content[place + 4 : place + 8], signed=True)
        if content[place + 3] != _CHARACTERS:
            raise PackageError("R's data are damaged: a vector of strings holds something else")
        yield content[place + 8 : place + 8 + max(length, 0)].decode("utf-8", "replace")
        place += 8 + max(length, 0)  # -1: a missing value


def _plain_book(archive: Path, pattern: str) -> Texts:
    for _, text in text_files(archive, pattern):
        paragraphs = prose_paragraphs(split_paragraphs(text), fewest_words=4)
        yield from groups(paragraphs, _PARAGRAPHS)


def sherlock(archive: Path) -> Texts:
    """Yield The Adventures of Sherlock Holmes."""
    return _plain_book(archive, r"usr/share/gocode/src/.*/prose/testdata/sherlock\.txt")


def tom_sawyer(archive: Path) -> Texts:
    """Yield The Adventures of Tom Sawyer, which stands in its file many times over."""
    name = r"Mark\.Twain-Tom\.Sawyer_long\.txt"
    return _plain_book(archive, rf"usr/share/gocode/src/.*/lz4/testdata/{name}")
