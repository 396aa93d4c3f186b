"""Paragraphs of HTML, DocBook and Mallard pages, without menus, tables, code and headings."""

import re
from collections.abc import Collection
from html.parser import HTMLParser
from pathlib import Path

from bert_core.data.sources.prose import Texts, prose_paragraphs, text_files

HEADINGS = frozenset("h1 h2 h3 h4 h5 h6 title term dt th".split())
BLOCKS = HEADINGS | frozenset(
    "p li dd div td blockquote table ul ol dl hr section article body para simpara tr "
    "listitem".split()
)
LEFT_OUT = frozenset(
    "script style pre nav head code-block table footer header programlisting screen literallayout "
    "synopsis figure math svg button select".split()
)
_FEWEST_WORDS = 8
_FEWEST_PARAGRAPHS = 2
_NOTE_MARK = re.compile(r"¶|\[\d+(, ?\d+)*\]")
_NOTICE = re.compile(r"Copyright|©|\(at\)|\S@\S+\.\w")


class _Paragraphs(HTMLParser):
    """Collects the text between the tags of blocks; of headings and what is left out, nothing."""

    def __init__(self, left_out: Collection[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._left_out = left_out
        self._depth = 0
        self._in_heading = False
        self._pieces: list[str] = []

    def end_paragraph(self) -> None:
        text = "".join(self._pieces)
        if text.strip() and not self._in_heading:
            self.found.append(text)
        self._pieces = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._left_out:
            self.end_paragraph()
            self._depth += 1
        elif tag in BLOCKS:
            self.end_paragraph()
            self._in_heading = tag in HEADINGS
        elif tag == "br":
            self._pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._left_out:
            self.end_paragraph()
            self._depth = max(0, self._depth - 1)
        elif tag in BLOCKS or tag == "br":
            self.end_paragraph()
            self._in_heading = False

    def handle_data(self, data: str) -> None:
        if not self._depth:
            self._pieces.append(data)


def markup_paragraphs(page: str, keep: Collection[str] = ()) -> list[str]:
    """Return the paragraphs of a page; of the elements that are left out, those in `keep` stay."""
    parser = _Paragraphs(LEFT_OUT.difference(keep))
    parser.feed(page)
    parser.close()
    parser.end_paragraph()
    return parser.found


def read_pages(archive: Path, pattern: str, keep: Collection[str] = ()) -> Texts:
    """Yield the prose of each page whose name matches; what an earlier page said is left out."""
    seen: set[str] = set()
    for _, page in text_files(archive, pattern):
        unmarked = (_NOTE_MARK.sub("", text) for text in markup_paragraphs(page, keep))
        paragraphs = [
            text
            for text in prose_paragraphs(unmarked, _FEWEST_WORDS)
            if text not in seen and not text.endswith(":") and not _NOTICE.search(text)
        ]
        seen.update(paragraphs)
        if len(paragraphs) >= _FEWEST_PARAGRAPHS:
            yield paragraphs
