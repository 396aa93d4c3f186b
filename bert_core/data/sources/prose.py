"""What the readers share: an archive's files, the paragraphs that are prose, and documents."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from bert_core.data.documents import Document
from bert_core.data.packages import read_members
from bert_core.data.sentences import prose_sentences

Texts = Iterator[list[str]]
"""The texts of a source, in a fixed order, each as its paragraphs."""

Item = TypeVar("Item")

COMMON = frozenset(
    "the a an of to in and is are was it that you i he she they we for with on as be his her this "
    "not have has by from or at your what if but who will can do my".split()
)
"""Words that English prose cannot do without."""
_ODD = frozenset("{}<>|=\\_#$@~^*/+")


def document(source: str, name: str, paragraphs: Iterable[str]) -> Document:
    """Return a document of the sentences of `paragraphs` that are prose."""
    sentences = (sentence for text in paragraphs for sentence in prose_sentences(text))
    return Document(f"{source}/{name}", source, tuple(sentences))


def numbered(source: str, texts: Iterable[Sequence[str]]) -> Iterator[Document]:
    """Yield a document for each text, named by its number from 0."""
    for number, paragraphs in enumerate(texts):
        yield document(source, str(number), paragraphs)


def files(archive: Path, pattern: str) -> list[tuple[str, bytes]]:
    """Return (name, content) of the files whose whole name matches, folder by folder."""
    found = read_members(archive, re.compile(pattern))
    return sorted(found, key=lambda file: file[0].split("/"))


def text_files(archive: Path, pattern: str) -> Iterator[tuple[str, str]]:
    """Yield (name, text) of the files whose whole name matches: UTF-8, or else Windows-1252."""
    for name, content in files(archive, pattern):
        try:
            yield name, content.decode("utf-8")
        except UnicodeDecodeError:
            yield name, content.decode("cp1252", "replace")


def one_line(text: str) -> str:
    """Return `text` with single spaces in place of line breaks and runs of spaces."""
    return " ".join(text.split())


def word_count(paragraphs: Iterable[str]) -> int:
    """Return how many words the paragraphs have, by spaces."""
    return sum(len(paragraph.split()) for paragraph in paragraphs)


def tidy(paragraph: str) -> str:
    """Return a paragraph on one line: entities decoded, TeX's quotes as ``"``."""
    plain = html.unescape(paragraph).replace("\u00ad", "").replace("\ufeff", "")
    plain = one_line(plain.replace("``", '"').replace("''", '"'))
    return re.sub(r" ([,.;:!?])(?=\s|$)", r"\1", plain)


def reads_as_prose(paragraph: str, fewest_words: int) -> bool:
    """Tell English prose from a list, a table or code: by its letters and its commonest words."""
    words = paragraph.split()
    if len(words) < fewest_words or len(paragraph) > 12 * len(words):
        return False
    letters = sum(c == " " or (c.isascii() and c.isalpha()) for c in paragraph)
    odd = sum(c in _ODD for c in paragraph)
    common = sum(word.lower().strip(".,;:!?'\"()") in COMMON for word in words)
    mostly_letters = letters > 0.85 * len(paragraph) and odd <= 0.015 * len(paragraph)
    return mostly_letters and common >= max(1, 0.12 * len(words))


def prose_paragraphs(paragraphs: Iterable[str], fewest_words: int = 5) -> list[str]:
    """Return the paragraphs that read as prose, tidy, each once."""
    tidied = (tidy(paragraph) for paragraph in paragraphs)
    return list(dict.fromkeys(text for text in tidied if reads_as_prose(text, fewest_words)))


def split_paragraphs(text: str) -> list[str]:
    """Return the parts of `text` between blank lines."""
    return re.split(r"\n\s*\n", text)


def groups(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield the items in order, `size` at a time; the last group may have fewer."""
    group: list[Item] = []
    for item in items:
        group.append(item)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group
