"""Words in context: one word in many sentences, one dot each, layer by layer."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ui import context_details as more
from ui import context_panels as panels
from ui import context_results as results
from ui import contexts as cx
from ui import export, fields, links
from ui.corpus_panel import corpus

st.html(panels.STYLE)
st.title("Words in context")
st.write("One word, many vectors. Each dot is the word in one sentence; press a dot to read it.")


@st.fragment
def explorer() -> None:
    """Everything below the title; a press reruns this alone."""
    cx.begin()
    panels.choose_word()
    try:
        question = cx.question()
        found = results.contexts(question) if question.word and question.sentences else None
        if isinstance(found, results.Reading):
            panels.reading(question, found)
        elif found is not None:
            shown(found, question)
        else:
            panels.nothing_to_show(question)
    except (ValueError, RuntimeError) as error:
        st.error(fields.plain(str(error)))
        panels.read_again()
    export.link_note(cx.write_address())


def shown(found: results.Found, question: cx.Question) -> None:
    """The map beside the sentences, then what can be asked about them."""
    panels.notes(found, question)
    left, right = st.columns([3, 2])
    with left:
        panels.map_of(found)
    with right:
        panels.sentences(found)
    left, right = st.columns([1, 1])
    with left:
        st.header("Is it real?", anchor=False)
        panels.accuracy(found)
    with right:
        st.header("Every pair", anchor=False)
        panels.similarity(found)
    panels.pair(found)
    details(found, question)


def details(found: results.Found, question: cx.Question) -> None:
    """What waits in closed expanders."""
    for title, draw in (
        ("Word2Vec has one vector", more.one_against_many),
        ("Nearest contexts in a corpus", corpus),
        ("Definitions from WordNet", more.definitions),
        ("Map settings", more.map_settings),
    ):
        fields.closed(title, partial(draw, found))
    fields.closed("Save, link, command line", partial(save, found, question))


def save(found: results.Found, question: cx.Question) -> None:
    """What can be taken away."""
    export.panel(
        more.exports(found, question), links.link(), more.command(question),
        opens="word, sentences and settings",
    )


explorer()
