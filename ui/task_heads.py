"""State of the page "Task heads": a text, a head, the class that is watched, own examples."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from ui import fields, head_store, links, models

PAGE = "task_heads"
(
    TEXT, HEAD, LABEL, EXAMPLE, SOURCE, TYPED, UPLOAD, POOLING, TUNING, BEGIN, NAME, FOLDER,
) = (
    f"{PAGE}_{name}"
    for name in (
        "text", "head", "label", "example", "source", "typed", "upload", "pooling", "tuning",
        "begin", "name", "folder",
    )
)  # fmt: skip
TYPE, FILE = "Type examples", "CSV file"
CLS, MEAN = "[CLS]", "Mean of all"
FROZEN, WHOLE = "Frozen (seconds)", "Fine-tune all (minutes)"
SETTINGS: dict[str, Any] = {
    LABEL: None, SOURCE: TYPE, TYPED: "", POOLING: CLS, TUNING: FROZEN, NAME: "", FOLDER: "",
}  # fmt: skip


@dataclass(frozen=True)
class State:
    """What is asked."""

    text: str
    head: str
    """A head's name: one that comes with the project, one saved, a folder, or the one trained."""


EXAMPLES = {
    "An offer": State(
        "Congratulations, you have won a free holiday! Click the link and pay only the fees "
        "today.", "spam",
    ),
    "A mail to a list": State(
        "The new version does not compile here: the linker cannot find the library.", "spam"
    ),
    "A film, praised": State(
        "A warm and funny film, beautifully acted from the first scene to the last.", "sentiment"
    ),
    "A film, with a but": State(
        "The actors do their best, but the story is dull and far too long.", "sentiment"
    ),
    "True": State("A robin is a kind of bird.", "factual"),
    "False": State("A robin is a kind of furniture.", "factual"),
}  # fmt: skip
"""Texts to begin with, written for this project."""
TO_BEGIN = {
    "Travel or food": """travel: The train leaves at nine.
travel: We booked a flight to Rome.
travel: The hotel is near the station.
travel: Our bus was late again.
travel: A ferry crosses the bay every hour.
food: She boiled the pasta for ten minutes.
food: The soup needs more salt.
food: He baked bread this morning.
food: They ate fish and rice.
food: The cake was far too sweet.""",
    "Weather or sport": """weather: It rained all afternoon.
weather: The fog lifted before noon.
weather: A cold wind blew from the north.
weather: Tomorrow will be sunny and warm.
sport: Our team scored in the last minute.
sport: She won the race by two metres.
sport: The goalkeeper was injured.
sport: They lost the final again.""",
}
"""Examples to learn from, written for this project."""


def current() -> State:
    """The state, from the address when that says something new; before any widget is drawn."""
    if (asked := links.read(PAGE)) is not None:
        _from_address(asked)
    state: State = st.session_state.setdefault(PAGE, next(iter(EXAMPLES.values())))
    known = head_store.names()
    if state.head not in known:
        state = replace(state, head=known[0] if known else "")
        st.session_state[PAGE] = state
    st.session_state.setdefault(TEXT, state.text)
    if st.session_state.get(HEAD) not in known:
        st.session_state[HEAD] = state.head or None
    fields.keep_settings(PAGE, SETTINGS)
    return state


def write_address(state: State) -> bool:
    """Put what the page shows into the address; False when it is too long for one."""
    values = {"text": state.text}
    if state.head != head_store.TRAINED:
        values["head"] = state.head
    if st.session_state[LABEL] is not None:
        values["label"] = st.session_state[LABEL]
    return links.write(PAGE, values)


# ----------------------------------------------------------------- what people do (callbacks)


def text_changed() -> None:
    """The text was edited."""
    _set(replace(st.session_state[PAGE], text=st.session_state[TEXT]))


def head_changed() -> None:
    """Another head was chosen."""
    _set(replace(st.session_state[PAGE], head=st.session_state[HEAD] or ""))
    st.session_state[LABEL] = None


def example_chosen() -> None:
    """An example was chosen."""
    name = st.session_state.get(EXAMPLE)
    if name in EXAMPLES:
        known = EXAMPLES[name].head in head_store.names()
        head = EXAMPLES[name].head if known else st.session_state[PAGE].head
        _set(State(EXAMPLES[name].text, head))
        st.session_state[LABEL] = None
    st.session_state[EXAMPLE] = None


def begin_chosen() -> None:
    """Examples to learn from were chosen: they go into the field, where they can be changed."""
    name = st.session_state.get(BEGIN)
    if name in TO_BEGIN:
        st.session_state[TYPED], st.session_state[SOURCE] = TO_BEGIN[name], TYPE
    st.session_state[BEGIN] = None


def use(head: str) -> None:
    """Ask this head from now on."""
    state: State = st.session_state[PAGE]
    st.session_state[PAGE] = replace(state, head=head)
    st.session_state.pop(HEAD, None)
    st.session_state[LABEL] = None


# ------------------------------------------------------------------------------------------


def _set(state: State) -> None:
    st.session_state[PAGE] = state
    st.session_state[TEXT], st.session_state[HEAD] = state.text, state.head or None


def _from_address(values: dict[str, str]) -> None:
    """Take over what an address says; parts that make no sense are left out."""
    asked = values.get("head", "")
    if asked and asked not in head_store.names():
        with suppress(ValueError, RuntimeError, OSError):
            asked = head_store.open_folder(asked)
    known = head_store.names()
    head = asked if asked in known else (known[0] if known else "")
    _set(State(values["text"][: models.LONGEST_TEXT], head))
    st.session_state[LABEL] = values.get("label", "")[:200] or None
