"""The parts of the page "Sentence pairs": what is typed, the answer, and what moves it."""

from __future__ import annotations

import json
import shlex
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from bert_core.outputs import AgainstRandom, Encoding, PairChanges, PairWords
from bert_core.viz import sentence_pairs as viz
from bert_core.viz.importance import records_html
from bert_core.viz.token_rows import inline, shortened, table
from ui import components, export, fields, models, pair_results, pairs
from ui.background import Work
from ui.fields import dark
from ui.figures import plot

STYLES = fields.styles("bars.css", "pairs.css", "contexts.css")
TESTED_AT_ONCE = 128
"""Tokens up to which random sentences and words are tried without being asked to."""
LOOK_AGAIN = 0.5
"""Seconds after which the page looks whether what it waits for is done."""
Moves = tuple[AgainstRandom, PairWords]
"""What moves the answer."""
SEAM_WORDS, SEAM_CHARACTERS = 6, 60
"""At most so much is shown of either side of a cut."""
LONGEST_ARGUMENT = 6_000
"""Characters of a text that the command shows."""
NOT_MEASURED = (
    "**What this does not measure.** Not truth and not logic: a sentence that contradicts A may "
    "well follow it. Not much of order: in training a wrong B came from another document, so a "
    "change of topic gives it away, and the swapped pair, which has the same topic, often does as "
    "well (Lan et al. 2019). And not how likely B is in the world: half of all pairs in training "
    "followed, and 97% says only how sure the head is between these two. Later models left the "
    "task out without loss (Liu et al. 2019)."
)


def texts(state: pairs.State) -> None:
    """Two fields, or a paragraph and its cut."""
    mode, examples = st.columns([3, 2], vertical_alignment="bottom")
    mode.segmented_control(
        "How to type", [pairs.TWO, pairs.ONE], key=pairs.MODE, on_change=pairs.mode_changed,
        required=True, label_visibility="collapsed",
    )
    with examples:
        fields.examples_menu(pairs.EXAMPLES, pairs.EXAMPLE, pairs.example_chosen)
    if not state.whole:
        st.text_area("A", key=pairs.FIRST, height=72, on_change=pairs.text_changed)
        st.text_area("B", key=pairs.SECOND, height=72, on_change=pairs.text_changed)
        return
    st.text_area(
        "The paragraph", key=pairs.PARAGRAPH, height=104, on_change=pairs.paragraph_changed
    )
    last = len(pairs.places_to_cut(state.paragraph))
    if last < 1:
        st.info("There is nothing to cut. Type two words or more.")
    elif last > 1:
        st.slider(
            "Cut after word", 1, last, key=pairs.CUT, on_change=pairs.cut_changed,
            help="Left and right arrows move it by one.",
        )
    first, second = state.pair
    if second:
        st.markdown(f"A ends {_quoted(first, last=True)} and B begins {_quoted(second)}")


def _quoted(text: str, last: bool = False) -> str:
    """The last words of a text, or the first, shown as they stand."""
    words = text.split()
    few = " ".join(words[-SEAM_WORDS:] if last else words[:SEAM_WORDS])
    few = few[-SEAM_CHARACTERS:] if last else few[:SEAM_CHARACTERS]
    more = len(few) < len(" ".join(words))
    shown = f"\u2068{fields.plain(inline(few))}\u2069"
    return f"“{'… ' if more and last else ''}{shown}{' …' if more and not last else ''}”"


def answer(state: pairs.State) -> PairChanges | None:
    """Yes or no; None, with the reason said, when the pair cannot be asked about."""
    st.markdown("**Does B follow A?**")
    try:
        found = pair_results.changes(state.pair)
    except (ValueError, RuntimeError) as error:
        said = str(error)
        if state.whole and "is empty" in said:
            said = "one side of the cut is empty; move the cut, or type more"
        st.error(fields.plain(said))
        return None
    st.html(viz.answer_html(found))
    if pairs_equal(state.pair):
        st.caption(
            "A and B are the same. No pair in training was like that: the answer is a guess "
            "about something never seen."
        )
    return found


def pairs_equal(pair: tuple[str, str]) -> bool:
    """Whether A and B are the same but for spaces."""
    first, second = (" ".join(text.split()) for text in pair)
    return first == second


def rows(encoding: Encoding) -> None:
    """Tokens, ids, positions and segments, aligned; and what was cut."""
    export.truncation_note(encoding)
    cut = encoding.truncation
    if cut is not None and cut.kept_characters[0] < len(encoding.text):
        st.caption(
            "The longer text is cut first, at its end. A's end is what B would follow: the "
            "answer is about what is left."
        )
    components.token_rows(
        encoding, (), key=pairs.TOKENS, rev=pairs.revision(), on_pick=lambda: None, texts=False
    )


def forget_other(state: pairs.State) -> None:
    """Stop what is worked out about another pair: the model has one thread, and it may wait."""
    own = (state.pair, st.session_state[pairs.SEED])
    other = st.session_state.get(f"{pairs.PAGE}_tested", own)
    if other != own:
        pair_results.stop(*other)
    st.session_state[f"{pairs.PAGE}_tested"] = own


def what_moves_it(
    state: pairs.State, encoding: Encoding, beside: DeltaGenerator
) -> Moves | Work[Any] | None:
    """B against random sentences, and each word taken out; or what is at it; None if not asked for.

    Args:
        state: what is typed.
        encoding: the pair as tokens.
        beside: the place below the answer, for where B stands among random sentences.
    """
    pair, seed = state.pair, st.session_state[pairs.SEED]
    if not _wanted(pair, encoding):
        st.button(
            f"Try random sentences, and every word, on these {len(encoding):,} tokens",
            on_click=_want, args=(pair,),
        )
        return None
    left, right = st.columns(2)
    with left:
        st.header("Against random sentences", anchor=False)
        found = pair_results.against(pair, seed)
        if isinstance(found, Work):
            _waiting(pair, seed, found, f"Putting {pair_results.RANDOM} other sentences behind A")
            return found
        beside.markdown(fields.plain(viz.random_sentence(found)))
        _random(found)
    with right:
        st.header("Which words carry the answer", anchor=False)
        without = pair_results.words(pair)
        if isinstance(without, Work):
            _waiting(pair, seed, without, "Taking every word out, one at a time")
            return without
        _words(without)
    return found, without


def _random(found: AgainstRandom) -> None:
    st.markdown(fields.plain(viz.fooled_sentence(found)))
    plot(
        viz.random_figure(found, dark()),
        f"{len(found.sentences)} random sentences by how likely each follows A; the table has "
        "them all",
        key=pairs.DOTS, name="random-sentences",
    )
    chosen = (st.session_state.get(pairs.DOTS) or {}).get("pick")
    if isinstance(chosen, int) and 0 <= chosen < len(found.sentences):
        one = found.sentences[chosen]
        st.markdown(
            fields.plain(
                f"Pressed: “{inline(shortened(one.sentence))}” has "
                f"{viz.percent(float(found.probability[chosen]))}."
            )
        )
    st.caption(
        "A dot is a sentence from held-out addresses of presidents, Moby Dick and WordNet, put "
        "behind A in place of B; further right it fits better. Most have another topic and style "
        "than yours: a high place says that B fits better than those, not that it is the next one. "
        "Press a dot to read it."
    )
    st.number_input(
        "Drawn with seed", 0, pairs.MOST_SEED, key=pairs.SEED, width=180,
        help="The same seed draws the same sentences.",
    )


def _words(found: PairWords) -> None:
    st.markdown(fields.plain(viz.words_sentence(found)))
    if not found.words:
        return
    plot(
        viz.words_figure(found, dark()),
        "What each word adds to the answer; the table has the numbers",
        key=f"{pairs.PAGE}_words", name="words",
    )
    st.caption(
        "Each word is really taken out, with all its pieces. Orange, to the right: without it B is "
        "less likely to follow; blue, to the left: more likely. 0.7 is about a factor of two in "
        "the odds. Words share their work, so the bars do not add up to the answer."
    )


def _waiting(pair: tuple[str, str], seed: int, work: Work[Any], doing: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{doing} … {work.seconds:.0f} s")
        st.button("Cancel", key=f"{pairs.PAGE}_stop", on_click=_stop, args=(pair, seed))


def look_again(more: Moves | Work[Any] | None) -> None:
    """Look whether it is done; to be drawn last.

    What is drawn behind it may be drawn anew before the browser has seen it, and a field then
    loses the value that it was to begin with.
    """
    if isinstance(more, Work):
        components.look_again(f"{pairs.PAGE}_waiting", LOOK_AGAIN)


def _wanted(pair: tuple[str, str], encoding: Encoding) -> bool:
    """Whether all is to be tried: short pairs always, long ones when asked for."""
    stopped = st.session_state.get(f"{pairs.PAGE}_stopped") == pair
    short = len(encoding) <= TESTED_AT_ONCE
    return (short and not stopped) or st.session_state.get(f"{pairs.PAGE}_long") == pair


def _want(pair: tuple[str, str]) -> None:
    st.session_state[f"{pairs.PAGE}_long"] = pair


def _stop(pair: tuple[str, str], seed: int) -> None:
    pair_results.stop(pair, seed)
    st.session_state[f"{pairs.PAGE}_stopped"] = pair
    st.session_state.pop(f"{pairs.PAGE}_long", None)


def tables(more: Moves) -> None:
    """All numbers behind the figures."""
    st.html(viz.random_html(more[0]))
    st.html(records_html("Words taken out", viz.word_rows(more[1])))


def exports(
    state: pairs.State, found: PairChanges, more: Moves | Work[Any] | None
) -> dict[str, tuple[str, str]]:
    """File name -> (content, kind)."""
    document: dict[str, Any] = {
        "model": models.current_name(), "a": state.pair[0], "b": state.pair[1],
        "is_next_probability": found.given.is_next_probability, "logits": found.given.logits,
        "swapped": found.swapped.is_next_probability, "zero_segments": found.zeroed_probability,
        "tokens": table(found.given.encoding),
    }  # fmt: skip
    files = {"tokens.csv": (export.as_csv(table(found.given.encoding)), "text/csv")}
    if isinstance(more, tuple):
        against, words = more
        document |= {
            "seed": st.session_state[pairs.SEED], "below": against.below,
            "percentile": against.percentile, "random": viz.random_rows(against),
            "words": viz.word_rows(words),
        }  # fmt: skip
        files["random-sentences.csv"] = (export.as_csv(viz.random_rows(against)), "text/csv")
        files["words.csv"] = (export.as_csv(viz.word_rows(words)), "text/csv")
    return {**files, "pair.json": (json.dumps(document, ensure_ascii=False), "text/json")}


def command(state: pairs.State) -> str:
    """The command that gives the same numbers; a long text is read from a file there."""
    words = ["python", "-m", "bert_core", "next-sentence", "--compare", "--words"]
    if st.session_state[pairs.SEED] != pairs.FIRST_SEED:
        words += ["--seed", str(st.session_state[pairs.SEED])]
    if models.current_name() != models.BUNDLED:
        words += ["--model", models.current_name()]
    typed = [
        shlex.quote(text) if len(text) <= LONGEST_ARGUMENT else f'"$(cat {name}.txt)"'
        for name, text in zip("ab", state.pair, strict=True)
    ]
    return f"{shlex.join([*words, '--json'])} -- {' '.join(typed)}"
