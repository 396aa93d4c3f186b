"""Text of one's own as documents: a folder of .txt files, one file, JSON lines, or a CSV column."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path

from bert_core.data.documents import Document
from bert_core.data.sentences import split_sentences

COLUMN = "text"
"""The field of JSON lines, and the column of a CSV, that is read if no other is named."""
DELIMITERS = {".csv": ",", ".tsv": "\t"}
LONGEST_CELL = 2**24
"""Characters of one cell of a CSV."""


def own_documents(path: Path, column: str = COLUMN) -> list[Document]:
    """The documents that a folder or a file holds, in order; those without text are left out.

    - A folder: one document for each .txt file (or .TXT) directly in it, in order of name.
    - A .txt file: one document.
    - A .jsonl file: one for each line, an object whose `column` is a text, or a list of sentences
      that are taken as they are.
    - A .csv or .tsv file: one for each row below the header, what stands in `column`.

    Files are UTF-8, and so are their names. A text is cut into sentences; blank lines end one, too.

    Raises:
        ValueError: when there is no such folder or file, or no text in it; when a file or its name
            is not UTF-8, or the file not well-formed, naming the line; or when there is no such
            column.
    """
    if path.is_dir():
        return folder_documents(path)
    kind = path.suffix.lower()
    if not path.is_file() or kind not in (".txt", ".jsonl", *DELIMITERS):
        raise ValueError(
            f"'{path}' is not a folder of .txt files, nor a .txt, .jsonl, .csv or .tsv file; give "
            "one of these"
        )
    if kind == ".txt":
        found = [file_document(path)]
    else:
        name = _utf8_name(path)
        texts = _json_texts(path, column) if kind == ".jsonl" else _cells(path, column)
        found = [
            Document(f"file/{name}:{number}", "file", sentences_of(text)) for number, text in texts
        ]
    found = [document for document in found if document.sentences]
    if not found:
        raise ValueError(f"'{path}' holds no text; give a file with text in it")
    return found


def folder_documents(folder: Path) -> list[Document]:
    """One document for each .txt file (UTF-8) directly in `folder`, in order of name.

    Raises:
        ValueError: when the folder is missing or holds no text, and when a file or its name is not
            UTF-8.
    """
    if not folder.is_dir():
        raise ValueError(f"'{folder}' is not a folder; give a folder of .txt files (UTF-8)")
    paths = [path for path in sorted(folder.iterdir()) if path.suffix.lower() == ".txt"]
    documents = [file_document(path) for path in paths]
    documents = [document for document in documents if document.sentences]
    if not documents:
        raise ValueError(f"'{folder}' holds no .txt file with text in it; give at least one")
    return documents


def file_document(path: Path) -> Document:
    """The text of one file, with the id ``folder/NAME``.

    Raises:
        ValueError: when it, or its name, is not UTF-8.
        OSError: when it cannot be read.
    """
    name = _utf8_name(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"'{path}' is not UTF-8 (byte {error.start} is {error.object[error.start]:#04x}); "
            "save it as UTF-8"
        ) from error
    return Document(f"folder/{name}", "folder", sentences_of(text))


def _utf8_name(path: Path) -> str:
    try:
        path.name.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"the name of the file {os.fsencode(path.name)!r} in '{path.parent}' is not UTF-8; "
            "rename it"
        ) from error
    return path.name


def sentences_of(text: str | list[str]) -> tuple[str, ...]:
    """A text cut into sentences, blank lines ending one too; a list as it is, without blanks."""
    if isinstance(text, list):
        return tuple(sentence.strip() for sentence in text if sentence.strip())
    paragraphs = text.replace("\r\n", "\n").split("\n\n")
    return tuple(part for paragraph in paragraphs for part in split_sentences(paragraph))


def _json_texts(path: Path, column: str) -> Iterator[tuple[int, str | list[str]]]:
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        where = f"line {number:,} of '{path}'"
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(
                f"{where} is not JSON ({error.msg}); give one object a line"
            ) from error
        text = record.get(column) if isinstance(record, dict) else None
        if isinstance(text, str) or (
            isinstance(text, list) and all(isinstance(part, str) for part in text)
        ):
            yield number, text
            continue
        names = ", ".join(map(repr, record)) if isinstance(record, dict) else "no fields"
        raise ValueError(
            f"{where} has {names}; its {column!r} must be a text or a list of sentences "
            "(another field: --column NAME)"
        )


def _cells(path: Path, column: str) -> Iterator[tuple[int, str]]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.DictReader(_lines(path), delimiter=DELIMITERS[path.suffix.lower()], strict=True)
    try:
        if column not in (reader.fieldnames or ()):
            names = ", ".join(map(repr, reader.fieldnames or ())) or "none"
            raise ValueError(
                f"'{path}' has no column {column!r}; its columns are {names} (choose one: "
                "--column NAME)"
            )
        for row in reader:
            yield reader.line_num, row[column] or ""
    except csv.Error as error:
        raise ValueError(
            f"line {reader.reader.line_num:,} of '{path}' is not well-formed CSV ({error})"
        ) from error


def _lines(path: Path) -> Iterator[str]:
    """The lines with their ends, which a quoted cell keeps."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            yield from file
        except UnicodeDecodeError as error:
            byte = error.object[error.start]
            raise ValueError(
                f"'{path}' is not UTF-8 (it has the byte {byte:#04x}); save it as UTF-8"
            ) from error
