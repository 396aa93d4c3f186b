"""Tokens: a text as the pieces BERT reads, where each comes from, and why it was split so."""

from __future__ import annotations

import streamlit as st

from bert_core.outputs import Encoding
from bert_core.viz import tokens_html as html
from bert_core.viz.numbers import counted
from ui import components, export, fields, links
from ui import tokens as tk

st.html(tk.STYLE)
st.title("Tokens")
st.write(
    "Point at a token or at the text to see which belongs to which; press one to see how its word "
    "was split."
)


@st.fragment
def explorer() -> None:
    """Everything below the title; a press reruns this alone."""
    state = tk.current()
    first, second, examples = st.columns([5, 4, 2], vertical_alignment="bottom")
    first.text_area("Your text", key=tk.TEXT, height=72, on_change=tk.text_changed)
    second.text_area(
        "A second text, if you like", key=tk.PAIR, height=72, on_change=tk.text_changed
    )
    with examples:
        fields.examples_menu(tk.EXAMPLES, tk.EXAMPLE, tk.example_chosen)
    encoding = tk.encode(state)
    word = tk.chosen_word(state, encoding)
    components.token_rows(
        encoding, tk.selected(encoding, word), key=tk.CHIPS, rev=tk.revision(),
        on_pick=tk.token_pressed,
    )
    export.truncation_note(encoding)
    notes(encoding)
    split(word, encoding)
    export.link_note(tk.write_address(state))
    details(state, encoding)


def notes(encoding: Encoding) -> None:
    """What is remarkable about the tokens."""
    if not components.own_positions(encoding):
        st.info("There is no word in the text: only the tokens that frame every input are left.")
    if reasons := tk.reasons(encoding):
        st.html(html.unknown_html(reasons[: tk.MOST_REASONS]))
        if (more := len(reasons) - tk.MOST_REASONS) > 0:
            st.caption(f"{counted(more, 'more word')} became [UNK]; press one to see why.")


def split(word: str, encoding: Encoding) -> None:
    """The greedy search for one word, in order."""
    st.header("How this word was split", anchor=False)
    tk.show_word(word)
    st.selectbox(
        "A word of the text, or any other: type it", tk.word_choices(encoding, word), key=tk.WORD,
        accept_new_options=True, on_change=tk.word_chosen, width=380,
    )
    traces = tk.traces(word)
    if len(traces) != 1:
        st.write(f"To the tokenizer this is {counted(len(traces), 'word')}.")
    for trace in traces[: tk.MOST_TRACES]:
        st.html(html.trace_html(trace))
    st.caption(
        "At each place the longest remainder is looked up, then one character less, until the "
        "vocabulary has it; ## marks a piece inside a word. Longest is not always most sensible: "
        "the search never turns back."
    )
    if any(trace.attempts for trace in traces):
        with st.expander("All look-ups as a table", on_change="rerun") as box:
            if box.open:
                for trace in traces[: tk.MOST_TRACES]:
                    st.html(html.attempts_html(trace))


def details(state: tk.State, encoding: Encoding) -> None:
    """What waits in closed expanders."""
    with st.expander("What normalisation did"):
        for segment in range(1 if encoding.pair is None else 2):
            if encoding.pair is not None:
                st.markdown(f"**Text {'AB'[segment]}**")
            st.html(html.normalisation_html(tk.normalisation(encoding, segment)))
    with st.expander("Table, files, link, command line"):
        st.html(html.encoding_html(encoding))
        st.caption(
            "Characters are counted from 0; the end is the first character behind the token."
        )
        export.panel(
            tk.exports(encoding), links.link(), tk.command(state), opens="texts and word"
        )


explorer()
