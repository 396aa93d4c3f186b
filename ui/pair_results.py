"""What is worked out for the page "Sentence pairs", each thing once for all visitors."""

from __future__ import annotations

from collections.abc import Hashable

import streamlit as st

from bert_core.analysis.sentence_pairs import (
    against_random,
    judge_pairs,
    pair_changes,
    pair_words,
)
from bert_core.data.heldout_pairs import game_pairs, random_sentences
from bert_core.outputs import AgainstRandom, GamePair, HeldOutSentence, PairChanges, PairWords
from bert_core.outputs.sentence_pairs import sigmoid
from ui import background, models
from ui.background import Work

RANDOM = 200
"""Random sentences that B is held against."""
Pair = tuple[str, str]


def changes(pair: Pair) -> PairChanges:
    """The answer for the pair, swapped, and with every segment id 0.

    Raises:
        ValueError: in plain words, when the model or the pair cannot be asked about.
    """
    return _changes(models.current_name(), *_cut(pair))


def against(pair: Pair, seed: int) -> AgainstRandom | Work[AgainstRandom]:
    """The given B among random sentences; or what is at it."""
    first, second = _cut(pair)
    sentences = _drawn(first, second, seed)
    return background.answer(_key("random", pair, seed), against_random, first, second, sentences)


def words(pair: Pair) -> PairWords | Work[PairWords]:
    """Each word taken out; or what is at it."""
    return background.answer(_key("words", pair), pair_words, *_cut(pair))


def stop(pair: Pair, seed: int) -> None:
    """Nobody waits for either any more."""
    background.stop(_key("random", pair, seed))
    background.stop(_key("words", pair))


def can_answer() -> bool:
    """Whether the model has a next-sentence head."""
    return models.checkpoint().model.nsp is not None


def game(seed: int) -> tuple[GamePair, ...]:
    """The pairs of one game."""
    return _game(seed)


def judged(seed: int) -> tuple[float, ...]:
    """The model's probability that B follows A, for each pair of a game, if it `can_answer`."""
    return _judged(models.current_name(), seed)


def _key(kind: str, pair: Pair, seed: int = 0) -> Hashable:
    return f"pairs {kind}", models.current_name(), *_cut(pair), seed


def _cut(pair: Pair) -> Pair:
    first, second = (text[: models.LONGEST_TEXT] for text in pair)
    return first, second


@st.cache_resource(max_entries=16, show_spinner="Reading the pair …")
def _changes(model: str, first: str, second: str) -> PairChanges:
    return models.ask(pair_changes, first, second)


@st.cache_resource(max_entries=16, show_spinner=False)
def _drawn(first: str, second: str, seed: int) -> tuple[HeldOutSentence, ...]:
    return random_sentences(seed, RANDOM, (first, second))


@st.cache_resource(max_entries=16, show_spinner=False)
def _game(seed: int) -> tuple[GamePair, ...]:
    return game_pairs(seed)


@st.cache_resource(max_entries=16, show_spinner="The model guesses …")
def _judged(model: str, seed: int) -> tuple[float, ...]:
    logits = models.ask(judge_pairs, [(pair.first, pair.second) for pair in _game(seed)])
    return tuple(sigmoid(follows - random) for follows, random in logits.tolist())
