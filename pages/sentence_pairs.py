"""Sentence pairs: does B follow A, and what the answer hangs on."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ui import export, fields, links, models, pair_game, pairs
from ui import pair_panels as panels

st.html(panels.STYLES)
st.title("Sentence pairs")
st.write("Type two sentences, or cut a paragraph anywhere: does the model think that B follows A?")


@st.fragment
def explorer() -> None:
    """Everything below the title; a press reruns this alone."""
    state = pairs.current()
    panels.forget_other(state)
    left, right = st.columns([5, 4], gap="medium")
    with left:
        panels.texts(state)
    with right:
        found = panels.answer(state)
        beside = st.container()
    encoding = models.encode(*state.pair) if found is None else found.given.encoding
    panels.rows(encoding)
    more = panels.what_moves_it(state, encoding, beside) if found is not None else None
    st.markdown(panels.NOT_MEASURED)
    pair_game.panel()
    export.link_note(pairs.write_address(state))
    if isinstance(more, tuple):
        fields.closed("All numbers as tables", partial(panels.tables, more))
    if found is not None:
        fields.closed("Save, link, command line", lambda: export.panel(
            panels.exports(state, found, more), links.link(), panels.command(state),
            opens="pair, settings and game",
        ))  # fmt: skip
    panels.look_again(more)


explorer()
