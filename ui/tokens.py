"""State of the page "Tokens": the text, the second text, and the word that is looked into."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from bert_core.outputs import Encoding, NormalisationStep, WordPieceTrace
from bert_core.viz.token_rows import LONGEST_RUN, inline, table, used_text, words
from ui import export, links, models

PAGE = "tokens"
TEXT, PAIR, WORD, CHIPS, EXAMPLE = (
    f"{PAGE}_{name}" for name in ("text", "pair", "word", "chips", "example")
)
STYLE = Path(__file__).resolve().parents[1] / "assets" / "tokens.css"
LONGEST_ARGUMENT = 6_000
"""Characters of a text that the command shows; a longer one is read from a file."""
MOST_REASONS, MOST_TRACES = 6, 8
"""Unknown words explained under the chips; words traced when several were typed."""


@dataclass(frozen=True)
class State:
    """What the page shows, apart from the model."""

    text: str
    pair: str = ""
    """The second text; blank for none."""
    word: str | None = None
    """The word whose split is explained; None for the first that is worth it."""


EXAMPLES = {
    "Pieces, accents, an unknown": State(
        "Embeddings let naïve café-goers find their croissants ☕ at the river bank."
    ),
    "A sentence pair": State(
        "The storm hit the coast on Tuesday.", "Thousands were left without electricity."
    ),
    "Long words": State(
        "Antidisestablishmentarianism is longer than tokenisation, but has no meaning to a baker."
    ),
    "Chinese and Japanese": State("我住在大山中。東京で魚を食べた。"),
    "Arabic, right to left": State("ذهبنا إلى المكتبة لنقرأ كتابا عن اللغات."),
    "Emoji": State("Good morning ☀️, coffee first ☕😀! 👩‍👩‍👧"),
    "Not in the vocabulary": State("The rune ᛗ, and all of ᚠᚢᚦ, are unknown; ツ is not."),
    "Special tokens": State("Paris is the [MASK] of France [SEP] and [mask] is three tokens."),
    "Odd characters": State(
        "A zero\u200bwidth space, a tab\there, a bell \x07, <b>HTML</b> and *stars*."
    ),
}
"""Texts to begin with, written for this project."""


def current() -> State:
    """The state, from the address when that says something new."""
    if (asked := links.read(PAGE)) is not None:
        text, pair = (asked.get(name, "")[: models.LONGEST_TEXT] for name in ("text", "pair"))
        _set(State(text, pair, asked.get("word") or None))
    state: State = st.session_state.setdefault(PAGE, next(iter(EXAMPLES.values())))
    for key, value in ((TEXT, state.text), (PAIR, state.pair)):
        st.session_state.setdefault(key, value)
    return state


def write_address(state: State) -> bool:
    """Put everything the page shows into the address; False when it is too long for one."""
    values = {"text": state.text, "pair": state.pair, "word": state.word or ""}
    return links.write(PAGE, {"text": state.text} | {n: v for n, v in values.items() if v})


def encode(state: State) -> Encoding:
    """The text, or both, as tokens, cut to the model's positions."""
    return models.encode(state.text, state.pair if state.pair.strip() else None)


def word_choices(encoding: Encoding, word: str) -> list[str]:
    """The different words of the text as they were typed, in order, and `word` if it is another.

    Words too long to show are left out.
    """
    typed = (_plain(word) for word, _ in words(encoding))
    shown = [one for one in typed if 0 < len(one) <= LONGEST_RUN]
    return list(dict.fromkeys([*shown, word]))


def chosen_word(state: State, encoding: Encoding) -> str:
    """The word to explain: the one chosen, or the first of several pieces, or the first."""
    if state.word is not None:
        return state.word
    found = [(_plain(word), places) for word, places in words(encoding)]
    several = (word for word, places in found if len(places) > 1)
    return next(several, found[0][0] if found else "embeddings")[:LONGEST_RUN]


def selected(encoding: Encoding, word: str) -> tuple[int, ...]:
    """The tokens of the first place where `word` stands in the text; none if it does not."""
    return next((places for typed, places in words(encoding) if _plain(typed) == word), ())


def show_word(word: str) -> None:
    """Let the field for the word show `word`."""
    st.session_state[WORD] = word


def revision() -> int:
    """A number that grows when text or word is changed by anything but a press on a token."""
    number: int = st.session_state.get(f"{PAGE}_rev", 0)
    return number


# ----------------------------------------------------------------- what people do (callbacks)


def text_changed() -> None:
    """A text was edited: the word stays if it still stands there, or never did."""
    state: State = st.session_state[PAGE]
    new = replace(state, text=st.session_state[TEXT], pair=st.session_state[PAIR])
    gone = selected(encode(state), state.word or "") and not selected(encode(new), state.word or "")
    _set(replace(new, word=None) if gone else new)


def word_chosen() -> None:
    """A word was chosen from the list, or typed."""
    _set(replace(st.session_state[PAGE], word=(st.session_state[WORD] or "").strip() or None))


def token_pressed() -> None:
    """A token was pressed: its word is the one to explain."""
    position = (st.session_state.get(CHIPS) or {}).get("pick")
    state: State = st.session_state[PAGE]
    encoding = encode(state)
    if position is None or not 0 < position < len(encoding):
        return
    places = encoding.word_positions(int(position))
    word = _plain(encoding.typed(places[0], places[-1]))
    if word and len(word) <= LONGEST_RUN:
        st.session_state[PAGE] = replace(state, word=word)


def example_chosen() -> None:
    """An example was chosen."""
    name = st.session_state.get(EXAMPLE)
    if name in EXAMPLES:
        _set(EXAMPLES[name])
    st.session_state[EXAMPLE] = None


def _set(state: State) -> None:
    st.session_state[PAGE] = state
    st.session_state[TEXT], st.session_state[PAIR] = state.text, state.pair
    st.session_state[f"{PAGE}_rev"] = revision() + 1


def _plain(word: str) -> str:
    """The word without characters that cannot be seen, which the tokenizer drops anyway."""
    return "".join(char for char in word if inline(char) == char).strip()


# ----------------------------------------------------------------- what the tokenizer says


def traces(word: str) -> tuple[WordPieceTrace, ...]:
    """How the word was split; a trace for each if it is several words to the tokenizer."""
    return models.tokenizer().traces(word[: models.LONGEST_TEXT])


def reasons(encoding: Encoding) -> list[tuple[str, str]]:
    """Every different word that became [UNK], with the reason."""
    found = {}
    for place in range(len(encoding)):
        if reason := models.tokenizer().unknown_reason(encoding, place):
            found.setdefault(encoding.source(place), reason)
    return list(found.items())


def normalisation(encoding: Encoding, segment: int) -> tuple[NormalisationStep, ...]:
    """What was done to the part of a text that was used, before it was split."""
    return models.tokenizer().normalisation_steps(used_text(encoding, segment))


def command(state: State) -> str:
    """The command that gives the same tokens; a long text is read from a file there."""
    words = ["python", "-m", "bert_core", "tokenize", "--json"]
    if models.current_name() != models.BUNDLED:
        words += ["--model", models.current_name()]
    command = shlex.join(words)
    if state.pair.strip():
        command += f" --pair={_argument(state.pair, 'second.txt')}"
    dashes = " --" if state.text.startswith("-") else ""
    return f"{command}{dashes} {_argument(state.text, 'first.txt')}"


def _argument(text: str, file: str) -> str:
    return shlex.quote(text) if len(text) <= LONGEST_ARGUMENT else f'"$(cat {file})"'


def exports(encoding: Encoding) -> dict[str, tuple[str, str]]:
    """File name -> (content, kind) of the table."""
    names = ("tokens", "ids", "offsets", "word_ids", "segment_ids")
    texts = {"text": used_text(encoding, 0)}
    if encoding.pair is not None:
        texts["pair"] = used_text(encoding, 1)
    document = {
        "model": models.current_name(), **texts, **{n: getattr(encoding, n) for n in names}
    }
    return {
        "tokens.csv": (export.as_csv(table(encoding)), "text/csv"),
        "tokens.json": (json.dumps(document, ensure_ascii=False, indent=2), "application/json"),
    }
