"""State of the page "Attention": text, units, the head that is looked at, and what is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from bert_core.outputs import Encoding
from ui import fields, links, models

PAGE = "attention"
(
    TEXT, PAIR, WORDS, SPECIAL, VIEW, ASKED, EXAMPLE, COMPARED, COMPARED_PAIR, SORT, ANSWER, FLOW,
    BERTVIZ, SWAP,
) = (
    f"{PAGE}_{name}"
    for name in (
        "text", "pair", "words", "special", "view", "asked", "example", "compared",
        "compared_pair", "sort", "answer", "flow", "bertviz", "swap",
    )
)  # fmt: skip
NEXT_SENTENCE = -1
"""What is asked when it is not a masked word: its position stands for the next sentence."""
LONGEST_ANSWER = 60


@dataclass(frozen=True)
class State:
    """What is read."""

    text: str
    pair: str = ""
    """The second text; blank for none."""


EXAMPLES = {
    "A pronoun": State("The dog chased the ball until it rolled under the sofa."),
    "River bank": State("We walked along the bank of the river and fed the ducks."),
    "A sentence pair": State(
        "The storm hit the coast on Tuesday.", "Thousands were left without electricity."
    ),
    "Word pieces": State("The embeddings of a word depend on the context around it."),
    "Agreement": State("The keys to the old cabinet were lying on the kitchen table."),
    "A repeated word": State("She wrote to him because he never wrote to her."),
    "Right to left": State("ذهبنا إلى المكتبة لنقرأ كتابا عن اللغات."),
}
"""Texts to begin with, written for this project."""
SETTINGS: dict[str, Any] = {
    WORDS: False, SPECIAL: True, ASKED: None, COMPARED: "", COMPARED_PAIR: "",
    SORT: "layer and head", ANSWER: "", FLOW: "rollout", BERTVIZ: "Head view", SWAP: "",
}  # fmt: skip
SHOWN = {"layer": None, "head": None, "view": "heatmap", "row": None, "column": None}
"""What is looked at; layers and heads count from 0, and None is for one that is worth it."""


def current() -> State:
    """The state, from the address when that says something new; before any widget is drawn."""
    if (asked := links.read(PAGE)) is not None:
        _from_address(asked)
    state: State = st.session_state.setdefault(PAGE, next(iter(EXAMPLES.values())))
    for key, value in ((TEXT, state.text), (PAIR, state.pair)):
        st.session_state.setdefault(key, value)
    fields.keep_settings(PAGE, SETTINGS)
    return state


def encoding(state: State) -> Encoding:
    """The text, or both, as tokens, cut to the model's positions."""
    return models.encode(state.text, state.pair if state.pair.strip() else None)


def shown(units: int, worth: tuple[int, int]) -> dict[str, Any]:
    """Layer, head, view, row and column that are looked at, as this model and text allow them.

    Args:
        units: rows of the maps.
        worth: layer and head that are shown until one is chosen.
    """
    config, values = models.config(), st.session_state.get(f"{PAGE}_shown", SHOWN)
    most = {"layer": config.num_hidden_layers, "head": config.num_attention_heads}
    if values["layer"] is None or values["head"] is None:
        values = {**values, "layer": worth[0], "head": worth[1]}
    inside = {name: min(max(0, values[name]), most[name] - 1) for name in most}
    chosen = {
        name: values[name] if values[name] is not None and 0 <= values[name] < units else None
        for name in ("row", "column")
    }
    return {**values, **inside, **chosen}


def revision() -> int:
    """A number that grows when what is looked at is changed by anything but the view itself."""
    number: int = st.session_state.get(f"{PAGE}_rev", 0)
    return number


def write_address(state: State, looked_at: dict[str, Any]) -> bool:
    """Put what the page shows into the address; False when it is too long for one."""
    value = st.session_state
    values = {"text": state.text}
    if state.pair.strip():
        values["pair"] = state.pair
    chosen = value.get(f"{PAGE}_shown", SHOWN)["layer"] is not None
    values |= {
        name: str(looked_at[name] + 1)
        for name in ("layer", "head", "row", "column")
        if looked_at[name] is not None and (chosen or name in ("row", "column"))
    }
    if looked_at["view"] != SHOWN["view"]:
        values["view"] = looked_at["view"]
    if value[WORDS]:
        values["units"] = "words"
    if not value[SPECIAL]:
        values["special"] = "no"
    if value[ASKED] is not None:
        values["asked"] = "next" if value[ASKED] == NEXT_SENTENCE else str(value[ASKED])
    if value[ANSWER].strip():
        values["answer"] = value[ANSWER]
    if value[COMPARED].strip():
        values["compared"] = value[COMPARED]
        if value[COMPARED_PAIR].strip():
            values["compared_pair"] = value[COMPARED_PAIR]
    return links.write(PAGE, values)


# ----------------------------------------------------------------- what people do (callbacks)


def text_changed() -> None:
    """A text was edited."""
    _set(State(st.session_state[TEXT], st.session_state[PAIR]))


def example_chosen() -> None:
    """An example was chosen."""
    name = st.session_state.get(EXAMPLE)
    if name in EXAMPLES:
        _set(EXAMPLES[name])
    st.session_state[EXAMPLE] = None


def units_changed() -> None:
    """Rows and columns are others: none is chosen."""
    look_at(row=None, column=None)


def view_changed() -> None:
    """Another head, row or column is looked at."""
    if looked_at := (st.session_state.get(VIEW) or {}).get("shown"):
        whole = {
            name: None if looked_at[name] is None else int(looked_at[name])
            for name in ("layer", "head", "row", "column")
        }
        st.session_state[f"{PAGE}_shown"] = {**whole, "view": str(looked_at["view"])}


def head_pressed(key: str) -> None:
    """A head was pressed in another figure: (layer, head), counted from 0."""
    if at := (st.session_state.get(key) or {}).get("pick"):
        look_at(layer=int(at[0]), head=int(at[1]))


def look_at(**change: int | None) -> None:
    """Change what is looked at, from outside the view."""
    st.session_state[f"{PAGE}_shown"] = st.session_state.get(f"{PAGE}_shown", SHOWN) | change
    st.session_state[f"{PAGE}_rev"] = revision() + 1


# ------------------------------------------------------------------------------------------


def _set(state: State) -> None:
    old: State | None = st.session_state.get(PAGE)
    st.session_state[PAGE] = state
    st.session_state[TEXT], st.session_state[PAIR] = state.text, state.pair
    if old != state:
        look_at(row=None, column=None)
        st.session_state[ASKED], st.session_state[ANSWER] = None, ""


def _from_address(values: dict[str, str]) -> None:
    """Take over what an address says; parts that make no sense are left out."""
    text, pair = (values.get(name, "")[: models.LONGEST_TEXT] for name in ("text", "pair"))
    _set(State(text, pair))
    state = st.session_state
    for key, value in SETTINGS.items():
        state[key] = value
    numbers = {name: _number(values.get(name, "")) for name in ("layer", "head", "row", "column")}
    view = "lines" if values.get("view") == "lines" else "heatmap"
    state[f"{PAGE}_shown"] = {**SHOWN, **numbers, "view": view}
    state[WORDS], state[SPECIAL] = values.get("units") == "words", values.get("special") != "no"
    asked = values.get("asked", "")
    state[ASKED] = NEXT_SENTENCE if asked == "next" else fields.whole_number(asked) or None
    state[ANSWER] = values.get("answer", "")[:LONGEST_ANSWER]
    for key, name in ((COMPARED, "compared"), (COMPARED_PAIR, "compared_pair")):
        state[key] = values.get(name, "")[: models.LONGEST_TEXT]
    state[f"{PAGE}_rev"] = revision() + 1


def _number(typed: str) -> int | None:
    """One less than the whole number that was typed, from 1 on; None when it is none."""
    number = fields.whole_number(typed)
    return number - 1 if number else None
