"""Task heads: a small network on the vectors puts a text into a class; train one of your own."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ui import export, fields, head_own, head_training, links
from ui import head_panels as panels
from ui import task_heads as th

st.html(panels.STYLES)
st.title("Task heads")
st.write(
    "Type a text: a small network on BERT's vectors says what it is, and which words say so. "
    "Choose another head, or train your own below."
)


@st.fragment
def explorer() -> None:
    """Everything below the title; a press reruns this alone."""
    th.current()
    running = head_training.look()
    state = th.current()
    panels.texts()
    head = panels.head_in_use(state)
    found = without = None
    if head is not None:
        left, right = st.columns([2, 3], gap="medium")
        with left:
            found = panels.answer(state, head)
        with right:
            without = panels.words(state, head, found) if found is not None else None
        panels.how_right(state, head)
        fields.closed("How it learned, and from how many examples", partial(panels.curves, head))
    head_own.train(running)
    if head is not None:
        head_own.keep(head)
    export.link_note(th.write_address(state))
    if found is not None:
        fields.closed("All numbers as tables", partial(panels.tables, found, without))
        fields.closed("Save, link, command line", lambda: export.panel(
            panels.exports(state, found, without), links.link(), panels.command(state),
            opens="text and head",
        ))  # fmt: skip
    panels.look_again(running, not isinstance(without, panels.HeadWords) and without)


explorer()
