"""Masked words: type a sentence, hide words by pressing them, see what BERT guesses."""

from __future__ import annotations

import streamlit as st

from bert_core.outputs import MaskedWords, MaskPrediction
from bert_core.viz.numbers import counted, percent
from bert_core.viz.rows import answer_rows, filled_in, place_title
from bert_core.viz.steps_html import sentence_html, steps_html
from ui import components, export, fields, guessing, lens, links
from ui import masked_words as mw

st.title("Masked words")
st.write("Click a word to hide it. BERT reads both sides and guesses.")


@st.fragment
def explorer() -> None:
    """Everything below the title; a press reruns this alone."""
    state = mw.current()
    sentence, examples = st.columns([5, 1], vertical_alignment="bottom")
    sentence.text_area("Your sentence", key=mw.TEXT, height=72, on_change=mw.text_changed)
    with examples:
        fields.examples_menu(mw.EXAMPLES, mw.EXAMPLE, mw.example_chosen)
    encoding = mw.encode(state.text)
    if not components.own_positions(encoding):
        st.info("The sentence is empty. Type one, or choose an example.")
        mw.write_address(state)
        return
    hidden, typed = mw.valid_hidden(encoding, state.hidden), mw.typed_masks(encoding)
    components.token_chips(
        encoding, guessing.shown_states(encoding, hidden), typed, key=mw.CHIPS, rev=mw.revision(),
        whole=mw.whole_words(), on_change=mw.chip_pressed,
    )
    export.link_note(mw.write_address(state))
    export.truncation_note(encoding)
    tools(state)
    if not hidden and not typed:
        st.info("Nothing is hidden yet. Click a word above, or press “Mask 15% for me”.")
    else:
        try:
            answer(guessing.predict(encoding, hidden))
        except ValueError as error:
            st.error(fields.plain(str(error)))


def tools(state: mw.State) -> None:
    """What can be done with the whole sentence."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Undo", on_click=mw.undo, disabled=not mw.can_undo())
        st.button("Mask 15% for me", on_click=mw.mask_some)
        st.button("Clear", on_click=mw.clear, disabled=not state.hidden)
        st.toggle("Whole words", key=mw.WHOLE, help="Off: a click hides a single word piece.")
    if state.seed is not None:
        st.caption(guessing.masking_story(state))
    if problem := mw.problem():
        st.error(fields.plain(problem))


def answer(result: MaskedWords) -> None:
    """Bars for the hidden places, and what can be asked about them."""
    places = guessing.places_shown(result)
    if len(places) < len(result.predictions):
        left, right = st.columns([2, 3])
        with left:
            guessing.place_list(result, places[0].position)
        columns = [right]
    else:
        columns = st.columns(len(places))
    for at, (column, prediction) in enumerate(zip(columns, places, strict=True)):
        with column:
            bars(result, prediction, f"{mw.PAGE}_bars_{at}")
    ask, count = st.columns([3, 1])
    ask.text_input("How likely is …", key=mw.ASKED, placeholder="a word, or several: dog, cat")
    count.number_input("Guesses shown", mw.FEWEST, mw.MOST, step=5, key=mw.COUNT)
    st.caption(
        f"A bar is a share of the softmax over all {places[0].vocabulary:,} tokens. Striped: the "
        "hidden word. Outlined: a word you asked for. Click a bar to put its word in the sentence."
    )
    details(result, places[0])


def bars(result: MaskedWords, prediction: MaskPrediction, key: str) -> None:
    """The bars of one place."""
    components.guess_bars(
        place_title(result.encoding, prediction), answer_rows(prediction), key=key,
        pick=lambda row: [prediction.position, row.word, row.kind], on_pick=lambda: mw.put_in(key),
    )


def details(result: MaskedWords, prediction: MaskPrediction) -> None:
    """What waits in closed expanders."""
    with st.expander("From logits to word"):
        st.html(steps_html(result, prediction))
    lens.expander(result, prediction)
    if len(result.predictions) > 1:
        with st.expander("Several hidden words: one by one or together", on_change="rerun") as box:
            if box.open:
                together(result)
    with st.expander("Save, link, command line"):
        export.panel(guessing.exports(result), links.link(), guessing.command(result))


def together(result: MaskedWords) -> None:
    """Independent fills beside a joint fill."""
    steps = guessing.fill_jointly(result)
    alone = [(p.position, p.guesses[0].token) for p in result.predictions]
    joint = [(step.position, step.guess.token) for step in steps]
    for title, fills in (
        ("**Each by itself**, all guessed in one pass:", alone),
        ("**One at a time**, most certain first, each seen by the next:", joint),
    ):
        st.markdown(title)
        st.html(sentence_html(filled_in(result.encoding, fills)))
    order = (f"{fields.plain(s.guess.token)} ({percent(s.guess.probability)})" for s in steps)
    st.caption(f"Order of the {counted(len(steps), 'fill')}: " + ", then ".join(order))


explorer()
