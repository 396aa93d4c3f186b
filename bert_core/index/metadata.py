"""What stands at each row of the index: words, sentences and documents, in SQLite.

Rows are numbered from 0 as the words follow one another in the corpus. Those of one document are
consecutive.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bert_core.index.files import write_file
from bert_core.index.shards import read_sentences, read_words
from bert_core.outputs import IntArray

_TABLES = """
CREATE TABLE documents (id INTEGER PRIMARY KEY, name TEXT, first_row INTEGER, last_row INTEGER);
CREATE TABLE sentences (id INTEGER PRIMARY KEY, document INTEGER, number INTEGER, text TEXT);
CREATE TABLE forms (id INTEGER PRIMARY KEY, form TEXT);
CREATE TABLE words (row INTEGER PRIMARY KEY, sentence INTEGER, form INTEGER, start INTEGER,
                    end INTEGER, part_of_speech TEXT);
"""
_INDEXES = """
CREATE UNIQUE INDEX forms_by_form ON forms (form);
CREATE INDEX words_by_form ON words (form);
CREATE INDEX documents_by_name ON documents (name);
"""
_FEW = 500
"""Rows asked for at once; SQLite allows 999 and more parameters."""


@dataclass(frozen=True)
class Place:
    """Where the word of one row stands."""

    row: int
    sentence: str
    start: int
    end: int
    document: str
    sentence_number: int
    part_of_speech: str | None


@dataclass(frozen=True)
class Counts:
    """How much an index holds."""

    words: int
    sentences: int
    documents: int
    left_out: int
    """Tokens beyond the model's positions."""


def write_database(path: Path, folder: Path, shards: int) -> Counts:
    """Write the database of all shards of `folder`; it appears whole or not at all.

    Raises:
        ValueError: when a shard is broken.
        OSError: when the database cannot be written.
    """
    counts: list[Counts] = []

    def write(temporary: Path) -> None:
        temporary.unlink(missing_ok=True)
        with closing(sqlite3.connect(temporary)) as database:
            # the file is not used before it is whole, and then it is put on the disk for sure
            database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
            writer = _Writer(database)
            for number in range(shards):
                writer.add(folder, number)
            counts.append(writer.finish())
            database.executescript(_INDEXES)

    try:
        write_file(path, write)
    except sqlite3.Error as error:
        raise OSError(f"{path} cannot be written: {error}") from error
    return counts[0]


class _Writer:
    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database
        self.forms: dict[str, int] = {}
        self.documents = self.sentences = self.rows = self.left_out = 0
        self.document: str | None = None
        self.document_row = 0

    def add(self, folder: Path, number: int) -> None:
        sentences, left_out = read_sentences(folder, number)
        words, first, row = read_words(folder, number), self.sentences, self.rows
        self.left_out += left_out
        fields = [sentences[name] for name in ("document", "number", "text", "words")]
        for document, place, text, count in zip(*fields, strict=True):
            if document != self.document:
                self._end_document()
                self.document, self.document_row = document, self.rows
            entry = (self.sentences, self.documents, place, text)
            self.database.execute("INSERT INTO sentences VALUES (?, ?, ?, ?)", entry)
            self.sentences, self.rows = self.sentences + 1, self.rows + count
        forms = [self._form(word.lower()) for word in words["word"]]
        columns = [words[name] for name in ("start", "end", "part_of_speech")]
        owners = [first + at for at in words["sentence"]]
        rows = zip(range(row, self.rows), owners, forms, *columns, strict=True)
        self.database.executemany("INSERT INTO words VALUES (?, ?, ?, ?, ?, ?)", rows)
        self.database.commit()

    def _form(self, form: str) -> int:
        return self.forms.setdefault(form, len(self.forms))

    def _end_document(self) -> None:
        if self.document is not None:
            entry = (self.documents, self.document, self.document_row, self.rows)
            self.database.execute("INSERT INTO documents VALUES (?, ?, ?, ?)", entry)
            self.documents += 1

    def finish(self) -> Counts:
        self._end_document()
        entries = ((number, form) for form, number in self.forms.items())
        self.database.executemany("INSERT INTO forms VALUES (?, ?)", entries)
        self.database.commit()
        return Counts(self.rows, self.sentences, self.documents, self.left_out)


class Metadata:
    """Questions to the database. Each opens it anew, read-only, so any thread may ask."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def _ask(self, question: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """Raises ValueError when the database is gone or broken."""
        address = f"{self.path.resolve().as_uri()}?mode=ro&immutable=1"
        try:
            with closing(sqlite3.connect(address, uri=True)) as database:
                return database.execute(question, values).fetchall()
        except sqlite3.Error as error:
            raise ValueError(
                f"{self.path} cannot be read ({error}); delete the index's folder and make it anew"
            ) from error

    def rows_of_word(self, word: str) -> IntArray:
        """The rows of a word in any spelling of capitals, ascending."""
        found = self._ask(
            "SELECT row FROM words WHERE form = (SELECT id FROM forms WHERE form = ?) ORDER BY row",
            (word.lower(),),
        )
        return np.array([row for (row,) in found], dtype=np.int64)

    def rows_of_documents(self, part: str) -> list[tuple[int, int]]:
        """First and last row (not included) of every document whose id contains `part`."""
        found = self._ask(
            "SELECT first_row, last_row FROM documents WHERE instr(lower(name), lower(?)) "
            "ORDER BY first_row",
            (part,),
        )
        return [(_number(first), _number(last)) for first, last in found]

    def documents(self, part: str, most: int) -> list[str]:
        """Ids of documents that contain `part`, in order of name."""
        found = self._ask(
            "SELECT name FROM documents WHERE instr(lower(name), lower(?)) ORDER BY name LIMIT ?",
            (part, most),
        )
        return [str(name) for (name,) in found]

    def places(self, rows: Iterable[int]) -> dict[int, Place]:
        """Where the words of these rows stand."""
        wanted = list(rows)
        batches = [wanted[at : at + _FEW] for at in range(0, len(wanted), _FEW)]
        return {place.row: place for batch in batches for place in self._places(batch)}

    def _places(self, rows: list[int]) -> Iterator[Place]:
        marks = ", ".join("?" * len(rows))
        found = self._ask(
            "SELECT row, text, start, end, name, number, part_of_speech FROM words "
            "JOIN sentences ON sentences.id = sentence JOIN documents ON documents.id = document "
            f"WHERE row IN ({marks})",
            [int(row) for row in rows],
        )
        for row, text, start, end, name, number, tag in found:
            place = _number(row), str(text), _number(start), _number(end), str(name)
            yield Place(*place, _number(number), None if tag is None else str(tag))


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value
