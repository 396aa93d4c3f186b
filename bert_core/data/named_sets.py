"""A named data set as documents, through the `datasets` library: needs a network the first time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bert_core.data.documents import Document
from bert_core.data.own_text import COLUMN, sentences_of

PREFIX = "datasets:"
"""What the name of such a corpus begins with: datasets:NAME, or datasets:NAME,CONFIGURATION."""


def named_documents(corpus: str, column: str = COLUMN) -> list[Document]:
    """One document for each row of the training part, in order; rows without text are left out.

    Args:
        corpus: 'datasets:NAME', or 'datasets:NAME,CONFIGURATION'.
        column: whose text is read.

    Raises:
        ValueError: when the library is not installed, the data set cannot be had, or it has no
            such column, no text in it or something else than text.
    """
    name, _, configuration = corpus.removeprefix(PREFIX).partition(",")
    try:
        import datasets
    except ImportError as error:
        raise ValueError(
            "the library datasets is not installed; pip install -r requirements-optional.txt, or "
            "give a folder or a file"
        ) from error
    with _said_in_one_line(name):
        rows = datasets.load_dataset(name, configuration or None, split="train")
    if column not in rows.column_names:
        raise ValueError(
            f"the data set {name!r} has no column {column!r}; its columns are "
            f"{', '.join(map(repr, rows.column_names))} (choose one: --column NAME)"
        )
    with _said_in_one_line(name):
        values = list(rows[column])
    found = [
        Document(f"datasets/{name}:{number}", "datasets", sentences_of(_text(value, name, column)))
        for number, value in enumerate(values)
    ]
    found = [document for document in found if document.sentences]
    if not found:
        raise ValueError(f"the data set {name!r} holds no text in {column!r}")
    return found


@contextmanager
def _said_in_one_line(name: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # of the library's own kinds, and of what it reads with
        causes = f"{error}: {error.__cause__}" if error.__cause__ else str(error)
        reason = " ".join(causes.split()) or type(error).__name__
        raise ValueError(
            f"the data set {name!r} could not be had ({reason}); check its name and the network, "
            "or give a folder or a file"
        ) from error


def _text(value: object, name: str, column: str) -> str | list[str]:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return value
    kind = "numbers" if isinstance(value, int | float) else f"a {type(value).__name__}"
    raise ValueError(
        f"the column {column!r} of the data set {name!r} holds {kind}, not text ({value!r:.40}); "
        "choose another: --column NAME"
    )
