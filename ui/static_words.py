"""What static models have for a word, for the page "Words in context": one vector, whatever the
sentence. The bundled Word2Vec, or a file of word vectors in its place, and the input embedding."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from bert_core.analysis.carry_over import CarryOver, carry_over
from bert_core.analysis.static_vectors import StaticVectors, input_embedding_static, load_static
from bert_core.outputs import FloatArray, StaticVector
from ui import models
from ui.fields import plain

FILE, FIELD, PROBLEM = (f"static_words_{name}" for name in ("file", "field", "problem"))
NEIGHBOURS = 8


@dataclass(frozen=True)
class Star:
    """One dot that a static model has for the word, in the space of the model."""

    name: str
    vector: FloatArray
    """(hidden,)"""
    note: str


def stars(word: str) -> tuple[Star, ...]:
    """The word's dots of the static models: the model's own input embedding and Word2Vec, or the
    file of word vectors in its place."""
    return _stars(models.current_name(), word, _chosen())


def placing_note(word: str) -> str:
    """How well Word2Vec's space could be carried into the model's; '' where it was not."""
    return next((star.note for star in stars(word) if star.note), "")


def static_vectors(word: str) -> tuple[StaticVector, ...]:
    """What the static models say of the word, with its nearest words."""
    return _static(models.current_name(), word, _chosen())


def file_field() -> None:
    """A field for a file of word vectors that takes the place of the bundled ones."""
    st.text_input(
        "Other word vectors: a file in the format of Word2Vec or GloVe", key=FIELD,
        placeholder="GoogleNews-vectors-negative300.bin", on_change=_named,
    )
    if problem := st.session_state.get(PROBLEM):
        st.error(plain(problem))


def _named() -> None:
    """A file was named: it is used if it can be read, else the problem is said."""
    path = st.session_state[FIELD].strip()
    st.session_state.pop(PROBLEM, None)
    try:
        _vectors(path)
        st.session_state[FILE] = path
    except (ValueError, OSError) as error:
        st.session_state[PROBLEM] = str(error)


def _chosen() -> str:
    path: str = st.session_state.get(FILE, "")
    return path


@st.cache_resource(max_entries=2, show_spinner="Reading the word vectors …")
def _vectors(path: str) -> StaticVectors:
    return load_static(Path(path) if path else None)


@st.cache_resource(max_entries=4, show_spinner=False)
def _carry_over(model: str, path: str) -> CarryOver | None:
    return carry_over(_vectors(path), models.checkpoint())


@st.cache_resource(max_entries=64, show_spinner=False)
def _stars(model: str, word: str, path: str) -> tuple[Star, ...]:
    found = []
    own = input_embedding_static(models.checkpoint(), word, 1)
    if own.vector is not None:
        found.append(Star("input embedding", own.vector, ""))
    static, over = _vectors(path), _carry_over(model, path)
    row = static.find(word)
    if row is not None and over is not None:
        note = (
            f"The space of {static.source} was carried into the model's by the linear map that "
            f"fits {over.words:,} words best: of {over.held_out:,} others, {over.hits:.0%} then "
            "lie among the ten words nearest to their own."
        )
        found.append(Star(static.source, over.place(static.matrix[row]), note))
    return tuple(found)


@st.cache_resource(max_entries=64, show_spinner=False)
def _static(model: str, word: str, path: str) -> tuple[StaticVector, ...]:
    return (
        _vectors(path).lookup(word, NEIGHBOURS),
        input_embedding_static(models.checkpoint(), word, NEIGHBOURS),
    )
