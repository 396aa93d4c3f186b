"""Attention: what each token looks at in every head, and whether it matters."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ui import attention as at
from ui import attention_details as more
from ui import attention_panels as panels
from ui import export, fields, links

st.html(panels.STYLES)
st.title("Attention")
st.write(
    "What each token looks at. A map of weights, not yet an explanation: test it below. "
    "Press a small map to open its head."
)


@st.fragment
def explorer() -> None:
    """Everything below the title; a press reruns this alone."""
    state = at.current()
    panels.forget_other(state)
    panels.texts()
    fits, waiting = True, None
    try:
        looked_at = panels.heads(state)
        fits = at.write_address(state, looked_at)
        waiting = panels.does_it_matter(state)
        details(state)
    except (ValueError, RuntimeError) as error:
        st.error(fields.plain(str(error)))
    export.link_note(fits)
    panels.look_again(waiting)


def details(state: at.State) -> None:
    """What waits in closed expanders."""
    for title, draw in (
        ("Across the layers: rollout, flow, size of what is passed on", more.across_layers),
        ("BertViz: head, model and neuron view", more.bertviz),
        ("Compare two sentences", more.compare),
        ("Table of heads", more.table_of_heads),
    ):
        fields.closed(title, partial(draw, state))
    fields.closed("Save, link, command line", partial(save, state))


def save(state: at.State) -> None:
    """What can be taken away."""
    export.panel(
        more.exports(state), links.link(), more.command(state), opens="sentence, head and settings"
    )


explorer()
