"""What is worked out for the page "Attention", each thing once for all visitors."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Any

import streamlit as st

from bert_core.analysis.attention import as_units
from bert_core.analysis.attention_flow import flow, rollout, value_weighted
from bert_core.analysis.encoding import encode
from bert_core.analysis.head_summary import head_summaries
from bert_core.analysis.importance import head_importance, token_importance
from bert_core.analysis.predictions import likeliest_position
from bert_core.analysis.questions import masked_word_question, next_sentence_question
from bert_core.analysis.token_changes import swap
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import (
    AttentionMaps,
    EncoderResult,
    FloatArray,
    HeadImportance,
    HeadSummary,
    Question,
    TokenChange,
    TokenImportance,
)
from bert_core.viz.head_figure import easiest
from ui import attention as at
from ui import background, models
from ui.attention import NEXT_SENTENCE, State
from ui.background import Work

FLOWS = {
    "rollout": "Rollout: attention multiplied through the layers",
    "flow": "Flow: as much as can get through, layer by layer",
    "values": "Attention × size of what is passed on",
}


def read(state: State) -> EncoderResult:
    """Attention, queries and keys of the text, or both.

    Raises:
        ValueError: when there is nothing to read.
    """
    return _read(models.current_name(), state.text, state.pair if state.pair.strip() else None)


def maps(state: State, words: bool, special: bool) -> AttentionMaps:
    """Attention between tokens or words."""
    return as_units(read(state), words, special)


def summaries(state: State) -> tuple[HeadSummary, ...]:
    """Every head in figures."""
    return _summaries(models.current_name(), state.text, state.pair, read(state))


def looked_at(state: State) -> dict[str, Any]:
    """Layer, head, view, row and column; until one is chosen, a head that is easy to read."""
    units = len(maps(state, st.session_state[at.WORDS], st.session_state[at.SPECIAL]).units)
    return at.shown(units, easiest(summaries(state)))


def across(state: State, kind: str) -> AttentionMaps:
    """One of FLOWS as maps of tokens; rollout and flow have one head a layer.

    Raises:
        ValueError: when the text is too long for it.
    """
    return _across(models.current_name(), state.text, state.pair, kind, read(state))


def likeliest(state: State, positions: tuple[int, ...]) -> int:
    """The place whose own token the model is surest of when it is hidden; else the first."""
    try:
        return _likeliest(models.current_name(), state.text, state.pair, positions, state)
    except ValueError:  # a model that answers no masked words
        return positions[0]


def question(state: State, asked: int, answer: str) -> Question:
    """What the model is asked.

    Raises:
        ValueError: when it cannot answer that, in plain words.
    """
    return _question(models.current_name(), state.text, state.pair, asked, answer.strip(), state)


def heads(asked: Question) -> HeadImportance | Work[HeadImportance]:
    """Every head switched off, and measures that may say the same; or what is at it."""
    return background.answer(_key("heads", asked), head_importance, asked)


def tokens(asked: Question) -> TokenImportance | Work[TokenImportance]:
    """Every token taken out, and measures that may say the same; or what is at it."""
    return background.answer(_key("tokens", asked), token_importance, asked)


def stop(asked: Question) -> None:
    """Nobody waits for either any more."""
    for kind in ("heads", "tokens"):
        background.stop(_key(kind, asked))


def _key(kind: str, asked: Question) -> Hashable:
    segments = asked.encoding.segment_ids
    return (
        kind, models.current_name(), asked.shown_ids, segments, asked.position, asked.answer_id
    )  # fmt: skip


def swapped(asked: Question, position: int, word: str) -> TokenChange:
    """The answer with another word in a token's place.

    Raises:
        ValueError: for a word that is no single token.
    """
    return models.ask(swap, asked, position, word)


@st.cache_resource(max_entries=2, show_spinner="Reading the sentence …")
def _read(model: str, text: str, pair: str | None) -> EncoderResult:
    pair = None if pair is None else pair[: models.LONGEST_TEXT]
    return models.ask(encode, text[: models.LONGEST_TEXT], pair, True)


@st.cache_resource(max_entries=8, show_spinner=False)
def _summaries(model: str, text: str, pair: str, _result: EncoderResult) -> tuple[HeadSummary, ...]:
    return head_summaries(_result)


@st.cache_resource(max_entries=6, show_spinner="Following attention through the layers …")
def _across(
    model: str, text: str, pair: str, kind: str, _result: EncoderResult
) -> AttentionMaps:
    if kind == "values":
        weights = models.ask(_values, _result)
    else:
        found = rollout(_result) if kind == "rollout" else flow(_result)
        weights = found.weights[:, None]
    return replace(as_units(_result, False, True), attention=weights)


def _values(checkpoint: Checkpoint, result: EncoderResult) -> FloatArray:
    weights = value_weighted(checkpoint, result.encoding)
    shares: FloatArray = weights / weights.sum(axis=-1, keepdims=True).clip(min=1e-12)
    return shares


@st.cache_resource(max_entries=16, show_spinner=False)
def _likeliest(
    model: str, text: str, pair: str, positions: tuple[int, ...], _state: State
) -> int:
    return models.ask(likeliest_position, read(_state).encoding, positions)


@st.cache_resource(max_entries=16, show_spinner=False)
def _question(
    model: str, text: str, pair: str, asked: int, answer: str, _state: State
) -> Question:
    if asked == NEXT_SENTENCE:
        return models.ask(next_sentence_question, _state.text, _state.pair)
    return models.ask(masked_word_question, read(_state).encoding, asked, answer or None)
