"""A named data set as documents, through the `datasets` library: needs a network the first time."""

from __future__ import annotations

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
        ValueError: when the library is not installed, the data set cannot be had, it has no such
            column, or no text in it.
    """
    name, _, configuration = corpus.removeprefix(PREFIX).partition(",")
    try:
        import datasets
    except ImportError as error:
        raise ValueError(
            "the library datasets is not installed; pip install -r requirements-optional.txt, or "
            "give a folder or a file"
        ) from error
    try:
        rows = datasets.load_dataset(name, configuration or None, split="train")
    except (OSError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"the data set {name!r} could not be had ({error}); check its name and the network, or "
            "give a folder or a file"
        ) from error
    if column not in rows.column_names:
        raise ValueError(
            f"the data set {name!r} has no column {column!r}; its columns are "
            f"{', '.join(map(repr, rows.column_names))} (choose one: --column NAME)"
        )
    found = [
        Document(f"datasets/{name}:{number}", "datasets", sentences_of(text or ""))
        for number, text in enumerate(rows[column])
    ]
    found = [document for document in found if document.sentences]
    if not found:
        raise ValueError(f"the data set {name!r} holds no text in {column!r}")
    return found
