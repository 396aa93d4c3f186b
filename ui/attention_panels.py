"""The parts of the page "Attention" that are always seen: text, heads, and whether they matter."""

from __future__ import annotations

from typing import Any

import streamlit as st

from bert_core.outputs import Encoding, HeadImportance, Question, TokenImportance
from bert_core.viz import importance as viz
from bert_core.viz.attention_view import legend, limit_note, view_data
from bert_core.viz.token_rows import inline, shortened
from ui import attention as at
from ui import attention_results as results
from ui import components, export, fields
from ui.background import Work
from ui.fields import dark
from ui.figures import attention_view, plot

STYLES = fields.styles("attention.css", "contexts.css")
TESTED_AT_ONCE = 128
"""Tokens up to which heads are switched off without being asked to."""
LOOK_AGAIN = 0.5
"""Seconds after which the page looks whether what it waits for is done."""
READ_TO_CHOOSE = 2_048
"""Tokens that are read at most, a text for each place, to find one that is worth asking about."""
LONG_WORD = 4
"""Letters from which a word is likely to be one of content."""
HEADS, TOKENS = f"{at.PAGE}_heads_map", f"{at.PAGE}_tokens_map"


def texts() -> None:
    """The text, a second one, and in what units they are shown."""
    first, second, side = st.columns([5, 4, 2], vertical_alignment="bottom")
    first.text_area("Your sentence", key=at.TEXT, height=72, on_change=at.text_changed)
    second.text_area(
        "A second sentence, if you like", key=at.PAIR, height=72, on_change=at.text_changed
    )
    with side:
        fields.examples_menu(at.EXAMPLES, at.EXAMPLE, at.example_chosen)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.toggle(
            "Whole words", key=at.WORDS, on_change=at.units_changed,
            help="What goes to the pieces of a word is summed, what comes from them averaged.",
        )
        st.toggle(
            "Special tokens", key=at.SPECIAL, on_change=at.units_changed,
            help="Off: [CLS] and [SEP] are left out, and what is left of each row is scaled to "
            "100% again.",
        )


def heads(state: at.State) -> dict[str, Any]:
    """All heads small, one large; what is looked at.

    Raises:
        ValueError: when there is nothing to read.
    """
    words, special = st.session_state[at.WORDS], st.session_state[at.SPECIAL]
    export.truncation_note(at.encoding(state))
    maps, summaries = results.maps(state, words, special), results.summaries(state)
    looked_at = results.looked_at(state)
    attention_view(
        view_data(maps, summaries, dark()), looked_at, key=at.VIEW,
        rev=f"{hash((state, words, special))} {at.revision()}", on_shown=at.view_changed,
    )
    scaled = "" if special else " [CLS] and [SEP] are left out and rows scaled to 100% again."
    st.caption(
        "Rows look, columns are looked at; each row sums to 100%. Small maps show the square root "
        f"of the weights. {legend(summaries)}{scaled} {limit_note(maps) or ''}"
    )
    return looked_at


def forget_other(state: at.State) -> None:
    """Stop what is worked out about another text: the model has one thread, and it may wait."""
    other, asked = st.session_state.get(f"{at.PAGE}_tested", (state, None))
    if asked is not None and other != state:
        results.stop(asked)
        st.session_state.pop(f"{at.PAGE}_tested")


def does_it_matter(state: at.State) -> Work[Any] | None:
    """Every head switched off, every token taken out, beside what attention would say.

    Returns what is still worked out, if anything is.
    """
    st.header("Does it matter?", anchor=False)
    encoding = at.encoding(state)
    options = _options(state, encoding)
    if not options:
        st.info("There is no word to hide. Type one.")
        return None
    if st.session_state[at.ASKED] not in options:
        st.session_state[at.ASKED] = _first(state, options, encoding)
    what, answer = st.columns([3, 2], vertical_alignment="bottom")
    what.selectbox(
        "The model is asked", options, key=at.ASKED,
        format_func=lambda place: _option(encoding, place),
    )
    if st.session_state[at.ASKED] != at.NEXT_SENTENCE:
        answer.text_input(
            "Watch the probability of", key=at.ANSWER, max_chars=at.LONGEST_ANSWER,
            placeholder="the true word, or any other",
        )
    try:
        asked = results.question(state, st.session_state[at.ASKED], st.session_state[at.ANSWER])
    except ValueError as error:
        st.error(fields.plain(str(error)))
        return None
    st.markdown(fields.plain(viz.asked_sentence(asked)))
    if not _wanted(asked):
        name = f"Switch off every head on these {len(encoding):,} tokens"
        st.button(name, on_click=_want, args=(asked,))
        return None
    st.session_state[f"{at.PAGE}_tested"] = state, asked
    if isinstance(heads_off := results.heads(asked), Work):
        _waiting(asked, heads_off, "Switching every head off, one at a time")
        return heads_off
    _heads_off(state, heads_off)
    if isinstance(tokens_out := results.tokens(asked), Work):
        _waiting(asked, tokens_out, "Taking every token out, one at a time")
        return tokens_out
    _tokens_out(asked, tokens_out)
    return None


def _waiting(asked: Question, work: Work[Any], doing: str) -> None:
    """Says what is being done and for how long, and how to stop it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{doing} … {work.seconds:.0f} s")
        st.button("Cancel", key=f"{at.PAGE}_stop", on_click=_stop, args=(asked,))


def look_again(work: Work[Any] | None) -> None:
    """Look whether it is done; to be drawn last, so that every field has been drawn before."""
    if work is not None:
        components.look_again(f"{at.PAGE}_waiting", LOOK_AGAIN)


def _stop(asked: Question) -> None:
    results.stop(asked)
    st.session_state[f"{at.PAGE}_stopped"] = asked.shown_ids
    st.session_state.pop(f"{at.PAGE}_long", None)


def _heads_off(state: at.State, found: HeadImportance) -> None:
    looked_at = results.looked_at(state)
    left, right = st.columns([3, 2])
    with left:
        plot(
            viz.ablation_figure(found.ablation, (looked_at["layer"], looked_at["head"]), dark()),
            "Change of the answer's probability with each head off; the table of heads has it too",
            key=HEADS, name="heads-off", on_pick=lambda: at.head_pressed(HEADS),
        )
    with right:
        st.markdown("**Heads switched off**, one at a time.")
        st.markdown(fields.plain(viz.ablation_sentence(found.ablation)))
        st.markdown(fields.plain(viz.agreement_sentence(found.rank_correlation)))
        st.caption(
            "Blue: the answer loses probability without the head; orange: it gains. One head off "
            "can be made up for by others. Press a cell to open its head above."
        )


def _tokens_out(asked: Question, found: TokenImportance) -> None:
    if not found.deleted:
        st.info("There is no other token that could be taken out.")
        return
    plot(
        viz.importance_figure(found, dark()),
        "What each token does for the answer, by several measures; the table has the numbers",
        key=TOKENS, name="tokens",
    )
    st.caption(
        "First row: what really happens when the token is taken out; orange tokens spoke for the "
        "answer, blue ones against it. Below: what attention and gradients would say, each row at "
        "its own scale; ρ is its rank correlation with the first row. Where ρ is near 0, the "
        "measure does not explain this answer."
    )
    with st.expander("As tables; swap a token"):
        _swap(asked, found)
        st.html(viz.records_html("Tokens taken out", viz.token_rows(found)))


def _swap(asked: Question, found: TokenImportance) -> None:
    token, word, answer = st.columns([2, 2, 3], vertical_alignment="bottom")
    places = [one.position for one in found.deleted]
    place = token.selectbox(
        "Swap", places, key=f"{at.PAGE}_swap_place",
        format_func=lambda place: inline(asked.encoding.tokens[place]),
    )
    word.text_input("for", key=at.SWAP, placeholder="another word")
    if (typed := st.session_state[at.SWAP].strip()) and place is not None:
        try:
            change = results.swapped(asked, place, typed)
        except ValueError as error:
            answer.error(fields.plain(str(error)))
            return
        answer.markdown(
            fields.plain(f"The answer then has {viz.percent(change.probability)}, not "
                         f"{viz.percent(asked.probability)}.")
        )


def _options(state: at.State, encoding: Encoding) -> list[int]:
    places = components.own_positions(encoding)
    return [*([at.NEXT_SENTENCE] if state.pair.strip() else []), *places]


def _first(state: at.State, options: list[int], encoding: Encoding) -> int:
    """A typed [MASK], the next sentence, or a longer word that the model can guess."""
    masks = [place for place in options if place >= 0 and encoding.tokens[place] == "[MASK]"]
    if masks or options[0] == at.NEXT_SENTENCE:
        return (masks or options)[0]
    words = [encoding.word_ids[place] for place in options]
    whole = [place for place in options if words.count(encoding.word_ids[place]) == 1]
    long = [place for place in whole if len(encoding.tokens[place]) >= LONG_WORD]
    chosen = (long or whole or options)[: max(1, READ_TO_CHOOSE // len(encoding))]
    return results.likeliest(state, tuple(chosen)) if len(chosen) > 1 else chosen[0]


def _option(encoding: Encoding, place: int) -> str:
    if place == at.NEXT_SENTENCE:
        return "Does the second sentence follow the first?"
    return f"What stands at “{inline(shortened(encoding.tokens[place], 30))}” (token {place})?"


def _wanted(asked: Question) -> bool:
    """Whether heads and tokens are to be tested: short texts always, long ones when asked for."""
    short = len(asked.shown_ids) <= TESTED_AT_ONCE
    stopped = st.session_state.get(f"{at.PAGE}_stopped") == asked.shown_ids
    return (short and not stopped) or st.session_state.get(f"{at.PAGE}_long") == asked.shown_ids


def _want(asked: Question) -> None:
    st.session_state[f"{at.PAGE}_long"] = asked.shown_ids
