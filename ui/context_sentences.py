"""Sentences for the page "Words in context", each text read once for all visitors."""

from __future__ import annotations

import hashlib

import streamlit as st

from bert_core.data.sentence_sets import (
    builtin_sentences,
    builtin_words,
    parse_sentences,
    read_sentences,
    without_duplicates,
)
from bert_core.outputs import LabelledSentence

Sentences = tuple[tuple[LabelledSentence, ...], int, str]
"""Sentences, how many duplicates were left out, and a digest of them."""


@st.cache_resource(max_entries=16, show_spinner=False)
def builtin(word: str) -> Sentences:
    """Those of the word; for a word that has none, all."""
    words = [word] if word in builtin_words() else builtin_words()
    return _distinct([one for known in words for one in builtin_sentences(known)])


@st.cache_resource(max_entries=4, show_spinner="Reading the file …")
def read(data: bytes, name: str) -> Sentences:
    """Those of an uploaded file.

    Raises:
        ValueError: when it cannot be read, saying what would be right.
    """
    return _distinct(read_sentences(data, name))


@st.cache_resource(max_entries=16, show_spinner=False)
def parsed(text: str) -> Sentences:
    """Those of a typed text.

    Raises:
        ValueError: for a table that is not well-formed.
    """
    return _distinct(parse_sentences(text))


def _distinct(sentences: list[LabelledSentence]) -> Sentences:
    kept, duplicates = without_duplicates(sentences)
    digest = hashlib.sha256(repr(kept).encode("utf-8", "replace")).hexdigest()
    return tuple(kept), duplicates, digest
