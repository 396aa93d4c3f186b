"""Sentences to look at a word in: those that come with the project, typed ones, uploaded ones.

    typed text, or a file's bytes -> plain lines or a table -> labelled sentences

A text is a table (CSV, or TSV) when its first line is a header with a column called `sentence` or
`text`; a column `label` or `sense` is then the label. Any other text is one sentence a line. Runs
of white space within a sentence become one space, which is all the same to the model.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from bert_core.outputs import LabelledSentence

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "sentences"
"""The sentences that come with the project: a CSV file a word."""
FIRST_WORD = "bank"

MOST_SENTENCES = 50_000
MOST_BYTES = 20_000_000
LONGEST_SENTENCE = 10_000
"""Characters: several times what a model of 512 positions reads."""

TEXT_COLUMNS = ("sentence", "text")
LABEL_COLUMNS = ("label", "sense")
DELIMITERS = (",", "\t", ";")
TABLE_ENDINGS = (".csv", ".tsv")
_SHOWN = 8
"""Columns named in a message."""


@cache
def builtin_words() -> tuple[str, ...]:
    """The ambiguous words that sentences come with, "bank" first, then by the alphabet."""
    words = (path.stem for path in FOLDER.glob("*.csv"))
    return tuple(sorted(words, key=lambda word: (word != FIRST_WORD, word)))


def builtin_sentences(word: str) -> list[LabelledSentence]:
    """The labelled sentences of one of `builtin_words`.

    Raises:
        ValueError: for another word, saying which there are.
    """
    if word not in builtin_words():
        words = ", ".join(builtin_words())
        raise ValueError(f"no sentences come with {word!r}; there are some for {words}")
    return read_sentences((FOLDER / f"{word}.csv").read_bytes(), f"{word}.csv")


def parse_sentences(text: str) -> list[LabelledSentence]:
    """The sentences of a typed or pasted text: a line each, or the rows of a table with a header.

    Returns:
        The sentences in order, blank lines left out; none for a text of nothing but blanks.

    Raises:
        ValueError: for a table that is not well-formed, naming the line, and for more than
            MOST_BYTES, MOST_SENTENCES or a sentence beyond LONGEST_SENTENCE.
    """
    _check_bytes(len(text.encode("utf-8", "replace")))
    text = text.removeprefix("\ufeff")
    delimiter = _delimiter(text)
    found = list(_lines(text) if delimiter is None else _rows(text, delimiter))
    if len(found) > MOST_SENTENCES:
        raise ValueError(f"there are {len(found):,} sentences; at most {MOST_SENTENCES:,} are read")
    return found


def read_sentences(data: bytes, name: str) -> list[LabelledSentence]:
    """The sentences of an uploaded file: UTF-8, or UTF-16 with a byte order mark.

    Args:
        data: the file's bytes.
        name: its name; one that ends in .csv or .tsv must be a table with a column of sentences.

    Raises:
        ValueError: as `parse_sentences`; and for a file that is empty, is no text, or is a table
            without a column of sentences, naming the file and what would be right.
    """
    try:
        _check_bytes(len(data))
        text = _decoded(data)
        if name.lower().endswith(TABLE_ENDINGS) and text.strip() and _delimiter(text) is None:
            raise ValueError(_no_column(text))
        found = parse_sentences(text)
        if not found:
            raise ValueError("no sentence is in it; give a sentence a line, or a CSV table")
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    return found


def without_duplicates(
    sentences: Sequence[LabelledSentence],
) -> tuple[list[LabelledSentence], int]:
    """The sentences with each text once, where it first stood, and how many were dropped.

    The same text with another label is a duplicate too: its vectors would be the same.
    """
    first: dict[str, LabelledSentence] = {}
    for sentence in sentences:
        first.setdefault(sentence.text, sentence)
    return list(first.values()), len(sentences) - len(first)


def _check_bytes(size: int) -> None:
    if size > MOST_BYTES:
        raise ValueError(
            f"it has {size / 1e6:,.1f} MB; at most {MOST_BYTES / 1e6:,.0f} MB are read, "
            "so give a part of it"
        )


def _decoded(data: bytes) -> str:
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        if b"\0" not in data:
            raise ValueError(
                f"byte {error.start + 1:,} is not {'UTF-16' if wide else 'UTF-8'}; "
                "save the file as UTF-8 text"
            ) from error
        text = "\0"
    if "\0" in text:
        raise ValueError(
            "this is not a text file; give plain lines or CSV "
            "(a spreadsheet can be saved as CSV in UTF-8)"
        )
    return text


def _lines(text: str) -> Iterator[LabelledSentence]:
    for number, line in enumerate(text.splitlines(), 1):
        if sentence := _one_line(line):
            yield _checked(sentence, None, number)


def _rows(text: str, delimiter: str) -> Iterator[LabelledSentence]:
    """The rows of a table below its header."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = next(row for row in reader if any(cell.strip() for cell in row))
        columns = [_column_name(cell) for cell in header]
        at, label_at = _find(columns, TEXT_COLUMNS), _find(columns, LABEL_COLUMNS)
        assert at is not None  # `_delimiter` has seen it
        for row in reader:
            _check_width(row, len(columns), reader.line_num, delimiter)
            if sentence := _one_line(_cell(row, at)):
                yield _checked(sentence, _one_line(_cell(row, label_at)), reader.line_num)
    except csv.Error as error:
        raise ValueError(
            f"line {reader.line_num:,} is not well-formed CSV ({error}); a text with quotation "
            'marks stands between such marks, and those within are doubled: "He said ""yes""."'
        ) from error


def _checked(text: str, label: str | None, line: int) -> LabelledSentence:
    if len(text) > LONGEST_SENTENCE:
        raise ValueError(
            f"line {line:,} has a sentence of {len(text):,} characters; at most "
            f"{LONGEST_SENTENCE:,} are read, so put each sentence on a line of its own"
        )
    return LabelledSentence(text, label or None)


def _check_width(row: list[str], columns: int, line: int, delimiter: str) -> None:
    if any(cell.strip() for cell in row[columns:]):
        raise ValueError(
            f"line {line:,} has {len(row)} cells but the header {columns}; put a sentence that "
            f"has {delimiter!r} in it between quotation marks"
        )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cell(row: list[str], at: int | None) -> str:
    return row[at] if at is not None and at < len(row) else ""


def _find(columns: list[str], names: Sequence[str]) -> int | None:
    return next((columns.index(name) for name in names if name in columns), None)


def _column_name(cell: str) -> str:
    return _one_line(cell).casefold()


def _delimiter(text: str) -> str | None:
    """What separates the cells of a table; None when the first line is no header of one.

    A header has a column of sentences and no cell that ends like a sentence.
    """
    line = _first_line(text)
    for delimiter in DELIMITERS:
        columns = [_column_name(cell) for cell in _cells(line, delimiter)]
        prose = any(cell.endswith((".", "!", "?")) for cell in columns)
        if _find(columns, TEXT_COLUMNS) is not None and not prose:
            return delimiter
    return None


def _first_line(text: str) -> str:
    lines = io.StringIO(text.removeprefix("\ufeff"), newline=None)
    return next((line for line in lines if line.strip()), "")[:LONGEST_SENTENCE]


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter))


def _no_column(text: str) -> str:
    """What to say of a table without a column of sentences."""
    line = _first_line(text)
    cells = max((_cells(line, delimiter) for delimiter in DELIMITERS), key=len)
    shown = ", ".join(repr(_one_line(cell)[:40]) for cell in cells[:_SHOWN])
    more = f" and {len(cells) - _SHOWN} more" if len(cells) > _SHOWN else ""
    return (
        f"the columns are {shown}{more}; one must be called 'sentence' or 'text', and one may be "
        "called 'label' or 'sense'"
    )
