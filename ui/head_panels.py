"""The parts of the page "Task heads": a text, its class, which words carry it, how right it is."""

from __future__ import annotations

import json
import shlex
from typing import Any

import streamlit as st

from bert_core.checkpoint.head_file import LoadedHead
from bert_core.outputs.task_heads import HeadAnswer, HeadWords
from bert_core.viz import task_heads as viz
from bert_core.viz.importance import records_html
from bert_core.viz.numbers import counted
from ui import components, export, fields, head_results, head_store, models
from ui import task_heads as th
from ui.background import Work
from ui.fields import dark
from ui.figures import plot

STYLES = fields.styles("bars.css", "contexts.css")
TESTED_AT_ONCE = 160
"""Tokens up to which every word is taken out without being asked to."""
LOOK_AGAIN = 0.5
"""Seconds after which the page looks whether what it waits for is done."""
TITLES = {
    "spam": "Spam", "sentiment": "Sentiment of film reviews", "factual": "True by WordNet?",
}  # fmt: skip


def texts() -> None:
    """The text, the head, and examples."""
    text, side = st.columns([5, 2], vertical_alignment="bottom")
    text.text_area("Your text", key=th.TEXT, height=104, on_change=th.text_changed)
    with side:
        fields.examples_menu(th.EXAMPLES, th.EXAMPLE, th.example_chosen)
        st.selectbox(
            "Head", head_store.names(), key=th.HEAD, on_change=th.head_changed,
            format_func=lambda name: TITLES.get(name, name), placeholder="none yet: train one",
        )


def head_in_use(state: th.State) -> LoadedHead | None:
    """The head that is asked; None, with the reason said, when there is none to ask."""
    if not state.head:
        st.info("There is no head yet. Train one below, or make the bundled ones: `make heads`.")
        return None
    try:
        head = head_store.loaded(state.head)
    except (ValueError, RuntimeError) as error:
        st.error(fields.plain(str(error)))
        return None
    if head.note is not None:
        st.warning(fields.as_sentence(head.note))
    if head.checkpoint.name != models.current_name():
        st.caption(
            "This head answers with the encoder that it was trained with, not with the model in "
            "the sidebar."
        )
    return head


def answer(state: th.State, head: LoadedHead) -> HeadAnswer | None:
    """The class bars; None, with the reason said, when there is nothing to read."""
    try:
        found = head_results.answer(head, state.text)
    except ValueError as error:
        st.info(fields.as_sentence(str(error)))
        return None
    st.html(viz.answer_html(found))
    cut = found.encoding.truncation
    if cut is not None:
        st.caption(
            f"This head reads the first {head.facts.length:,} tokens; the last "
            f"{cut.tokens_dropped:,} are left out. What you typed is kept."
        )
    st.caption(
        "Shares of the softmax over the classes: how sure the head is among these, not how often "
        "it is right. A text of another kind gets a sure answer, too."
    )
    return found


def words(state: th.State, head: LoadedHead, found: HeadAnswer) -> HeadWords | Work[Any] | None:
    """Each word taken out, for the class that is watched; or what is at it."""
    labels = list(found.labels)
    if st.session_state[th.LABEL] not in labels:
        st.session_state[th.LABEL] = None
    st.selectbox(
        "Which words carry", labels, key=th.LABEL, index=None,
        placeholder=f"the answer: {labels[found.best]}",
    )
    chosen = st.session_state[th.LABEL]
    label = found.best if chosen is None else labels.index(chosen)
    asked = (state.text, label)
    if len(found.encoding) > TESTED_AT_ONCE and st.session_state.get(f"{th.PAGE}_long") != asked:
        name = f"Take every word out of these {len(found.encoding):,} tokens"
        st.button(name, on_click=_want, args=(asked,))
        return None
    if st.session_state.get(f"{th.PAGE}_stopped") == asked:
        st.button("Take every word out", on_click=_want, args=(asked,))
        return None
    try:
        without = head_results.words(head, *asked)
    except (ValueError, RuntimeError) as error:
        st.error(fields.plain(str(error)))
        return None
    if isinstance(without, Work):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Taking every word out, one at a time … {without.seconds:.0f} s")
            st.button(
                "Cancel", key=f"{th.PAGE}_stop_words", on_click=_stop, args=(head, asked)
            )
        return without
    st.markdown(fields.plain(viz.words_sentence(without)))
    if without.words:
        plot(
            viz.words_figure(without, dark()),
            "What each word does for the class; the table below has the numbers",
            key=f"{th.PAGE}_words", name="words",
        )
        st.caption(
            "Each word is really taken out. Orange, to the right: without it the class is less "
            "likely; blue: more likely. 0.7 is about a factor of two in the odds. The mark is "
            "gradient × input, which only estimates that. Words share their work: bars do not "
            "add up."
        )
    return without


def _want(asked: tuple[str, int]) -> None:
    st.session_state[f"{th.PAGE}_long"] = asked
    st.session_state.pop(f"{th.PAGE}_stopped", None)


def _stop(head: LoadedHead, asked: tuple[str, int]) -> None:
    head_results.stop(head, *asked)
    st.session_state[f"{th.PAGE}_stopped"] = asked
    st.session_state.pop(f"{th.PAGE}_long", None)


def look_again(*waiting: object) -> None:
    """Look whether it is done, when something is worked out; to be drawn last."""
    if any(waiting):
        components.look_again(f"{th.PAGE}_waiting", LOOK_AGAIN)


def how_right(state: th.State, head: LoadedHead) -> None:
    """The head's figures on texts it did not learn from, as they were when it was made."""
    training = head.facts.training
    scores = training.get("scores")
    st.header("How right is it?", anchor=False)
    if not scores:
        st.info("This head's folder does not say how right it is; `head evaluate` measures it.")
        return
    st.markdown(fields.plain(_said(head)))
    left, right = st.columns(2)
    with left:
        st.html(viz.scores_html(scores, TITLES.get(state.head, state.head)))
        st.caption(
            "Share of right answers. “commonest class” always says the same; the bag of words "
            "counts words and pairs of words and knows no order."
        )
        st.html(viz.classes_html(scores))
    with right:
        plot(
            viz.confusion_figure(scores, dark()), "What the texts of each class were called",
            key=f"{th.PAGE}_confusion", name="confusion",
        )
        st.caption("Rows: what a text is. Columns: what the head says. Right answers are on the "
                   "diagonal; the lighter, the larger the share of the row.")  # fmt: skip
    if about := training.get("about"):
        st.caption(f"{fields.plain(about)} Licence: {fields.plain(training.get('licence', ''))}.")


def _said(head: LoadedHead) -> str:
    facts, training = head.facts, head.facts.training
    reads = "the vector at [CLS]" if facts.pooling == "cls" else "the mean of all vectors"
    encoder = {0: "the encoder stayed as it was", -1: "the whole encoder learned with it"}.get(
        facts.layers, f"the last {counted(facts.layers, 'layer')} of the encoder learned with it"
    )
    return (
        f"It reads {reads}; {encoder}. Learned from {training['examples']:,} texts, measured on "
        f"{training['scores']['texts']:,} others: {training['heldout']}."
    )


def curves(head: LoadedHead) -> None:
    """How it learned, and what fewer examples would have given."""
    training = head.facts.training
    if training.get("epochs"):
        plot(
            viz.training_figure(training["epochs"], dark()), "Loss and accuracy by pass",
            key=f"{th.PAGE}_epochs", name="training",
        )
        st.caption(
            "Where the held-out loss rises while the other falls, the head learns its examples by "
            "heart."
        )
    if training.get("sizes"):
        plot(
            viz.sizes_figure(training["sizes"], dark()), "Accuracy by number of examples",
            key=f"{th.PAGE}_sizes", name="examples",
        )
        st.caption(
            "The same texts, fewer of them: what the encoder already knows shows on the left, "
            "where the bag of words has seen few words. With few held-out texts the curve is rough."
        )
    elif training.get("epochs"):
        st.caption("The curve over the number of examples is drawn for a frozen encoder.")


def tables(found: HeadAnswer, without: HeadWords | Work[Any] | None) -> None:
    """All numbers as tables."""
    st.html(records_html("Classes", viz.class_rows(found)))
    if isinstance(without, HeadWords):
        st.html(records_html("Words taken out", viz.word_rows(without)))


def exports(
    state: th.State, found: HeadAnswer, without: HeadWords | Work[Any] | None
) -> dict[str, tuple[str, str]]:
    """File name -> (content, kind)."""
    words = viz.word_rows(without) if isinstance(without, HeadWords) else []
    document = {
        "model": models.current_name(), "head": state.head, "text": state.text,
        "classes": viz.class_rows(found), "words": words,
    }  # fmt: skip
    files = {"classes.csv": (export.as_csv(viz.class_rows(found)), "text/csv")}
    if words:
        files["words.csv"] = (export.as_csv(words), "text/csv")
    whole = json.dumps(document, ensure_ascii=False, indent=2)
    return files | {"head.json": (whole, "application/json")}


def command(state: th.State) -> str | None:
    """The command that gives the same numbers; none for a head that is not saved."""
    if state.head == head_store.TRAINED:
        return None
    place = head_store.folder() / state.head
    source = str(place) if place.is_dir() else state.head
    words = ["python", "-m", "bert_core", "head", "apply", "--head", source, "--words", "--json"]
    if models.current_name() != models.BUNDLED:
        words += ["--model", models.current_name()]
    return shlex.join([*words, "--", state.text])
