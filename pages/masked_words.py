"""Masked words: type a sentence, hide words by pressing them, see what BERT guesses."""

from __future__ import annotations

import streamlit as st

from bert_core.outputs import MaskedWords, MaskPrediction
from bert_core.viz.numbers import counted, percent
from bert_core.viz.rows import answer_rows, filled_in, place_title
from bert_core.viz.steps_html import sentence_html, steps_html
from ui import components, export, guessing, links
from ui import masked_words as mw

BESIDE = 3
"""Most places whose bars stand side by side; with more, one is chosen from a list."""

st.title("Masked words")
st.write("Click a word to hide it. BERT reads both sides and guesses.")


@st.fragment
def explorer() -> None:
    """Everything below the title; a press reruns this alone."""
    state = mw.current()
    sentence, examples = st.columns([5, 1], vertical_alignment="bottom")
    sentence.text_area("Your sentence", key=mw.TEXT, height=72, on_change=mw.text_changed)
    examples.selectbox(
        "Examples", mw.EXAMPLES, index=None, placeholder="Examples", key=f"{mw.PAGE}_example",
        on_change=mw.example_chosen, label_visibility="collapsed",
    )
    encoding = mw.encode(state.text)
    if not components.own_positions(encoding):
        st.info("The sentence is empty. Type one, or choose an example.")
        mw.write_address(state)
        return
    hidden = mw.valid_hidden(encoding, state.hidden)
    typed = mw.typed_masks(encoding)
    components.token_chips(
        encoding, guessing.shown_states(encoding, hidden), typed, key=mw.CHIPS, rev=mw.revision(),
        whole=st.session_state[mw.WHOLE], on_change=mw.chip_pressed,
    )
    export.truncation_note(encoding)
    tools(state)
    if not hidden and not typed:
        st.info("Nothing is hidden yet. Click a word above, or press “Mask 15% for me”.")
    else:
        try:
            answer(guessing.predict(encoding, hidden))
        except ValueError as error:
            st.error(str(error))
    if not mw.write_address(state):
        st.caption("The text is too long for a link; save it as JSON instead.")


def tools(state: mw.State) -> None:
    """What can be done with the whole sentence."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Undo", on_click=mw.undo, disabled=not mw.can_undo())
        seed = 1 if state.seed is None else state.seed + 1
        st.button("Mask 15% for me", on_click=mw.mask_some, args=(seed,))
        st.button("Clear", on_click=mw.clear, disabled=not state.hidden)
        st.toggle("Whole words", key=mw.WHOLE, help="Off: a click hides a single word piece.")
    if state.seed is not None:
        st.caption(guessing.masking_story(state))
    if problem := st.session_state.get(f"{mw.PAGE}_problem"):
        st.error(problem)


def answer(result: MaskedWords) -> None:
    """Bars for the hidden places, and what can be asked about them."""
    places = result.predictions
    shown = places
    if len(places) > BESIDE:
        chosen = guessing.chosen_place(result)
        rows = [(p.position, place_title(result.encoding, p), _best(p)) for p in places]
        left, right = st.columns([2, 3])
        with left.container(height=420 if len(places) > 12 else "content", border=False):
            components.place_list(
                f"{len(places)} hidden places", rows, chosen, key=f"{mw.PAGE}_places",
                on_pick=lambda: mw.choose_place(f"{mw.PAGE}_places"),
            )
        shown, columns = tuple(p for p in places if p.position == chosen), [right]
    else:
        columns = st.columns(len(places))
    for at, (column, prediction) in enumerate(zip(columns, shown, strict=True)):
        with column:
            bars(result, prediction, f"{mw.PAGE}_bars_{at}")
    ask, count = st.columns([3, 1])
    ask.text_input(
        "How likely is …", key=mw.ASKED, placeholder="a word, or several with commas between"
    )
    count.number_input("Guesses shown", mw.FEWEST, mw.MOST, step=5, key=mw.COUNT)
    st.caption(
        f"Each bar is a share of the softmax over all {places[0].vocabulary:,} tokens. Striped "
        "orange: the word that was hidden. Outlined: a word you asked for. Click a bar to put its "
        "word into the sentence."
    )
    details(result, shown[0])


def bars(result: MaskedWords, prediction: MaskPrediction, key: str) -> None:
    """The bars of one place."""
    title = place_title(result.encoding, prediction)
    components.guess_bars(
        title, answer_rows(prediction), key=key, label=f"{title}; guesses at this place",
        pick=lambda row: [prediction.position, row.word], on_pick=lambda: mw.put_in(key),
    )


def details(result: MaskedWords, prediction: MaskPrediction) -> None:
    """What waits in closed expanders."""
    with st.expander("From logits to word"):
        st.html(steps_html(result, prediction))
    if len(result.predictions) > 1:
        with st.expander("Several hidden words: one by one or together", on_change="rerun") as box:
            if box.open:
                together(result)
    with st.expander("Save, link, command line"):
        export.panel(guessing.exports(result), links.link(), guessing.command(result))


def together(result: MaskedWords) -> None:
    """Independent fills beside a joint fill."""
    alone = [(p.position, p.guesses[0].token) for p in result.predictions]
    steps = guessing.fill_jointly(result)
    joint = [(step.position, step.guess.token) for step in steps]
    st.markdown("**Each by itself**, all guessed in one pass:")
    st.html(sentence_html(filled_in(result.encoding, alone)))
    st.markdown("**One at a time**, most certain first, each seen by the next:")
    st.html(sentence_html(filled_in(result.encoding, joint)))
    order = (f"{s.guess.token} ({percent(s.guess.probability)})" for s in steps)
    st.caption(f"Order of the {counted(len(steps), 'fill')}: " + ", then ".join(order))


def _best(prediction: MaskPrediction) -> str:
    guess = prediction.guesses[0]
    return f"{guess.token} {percent(guess.probability)}"


explorer()
