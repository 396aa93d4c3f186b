"""Training a head of one's own on the page "Task heads", and keeping it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from bert_core.checkpoint.head_file import LoadedHead
from bert_core.data.sentence_sets import MOST_BYTES
from bert_core.viz import task_heads as viz
from bert_core.viz.numbers import counted, percent
from ui import fields, head_store, head_training
from ui import task_heads as th
from ui.head_training import Job

SAVED = f"{th.PAGE}_saved"


def train(running: Job | None) -> None:
    """Examples, how to learn, the button; how far the training is, if there is one."""
    st.header("Train one of your own", anchor=False)
    source, begin = st.columns([3, 2], vertical_alignment="bottom")
    source.segmented_control(
        "Examples", [th.TYPE, th.FILE], key=th.SOURCE, required=True, label_visibility="collapsed"
    )
    with begin:
        st.selectbox(
            "Examples to begin with", list(th.TO_BEGIN), index=None, key=th.BEGIN,
            on_change=th.begin_chosen, placeholder="Examples to begin with",
            label_visibility="collapsed",
        )
    if st.session_state[th.SOURCE] == th.FILE:
        st.file_uploader(
            f"CSV with the columns text and label, up to {MOST_BYTES // 10**6} MB",
            ["csv", "tsv"], key=th.UPLOAD,
        )
    else:
        st.text_area(
            "A line for each, 'label: text'; four or more, of two classes or more", key=th.TYPED,
            height=160, placeholder="travel: The train leaves at nine.\nfood: The soup is cold.",
        )
    _said()
    reads, tuned, press = st.columns([2, 3, 1], vertical_alignment="bottom")
    reads.segmented_control(
        "The head reads", [th.CLS, th.MEAN], key=th.POOLING, required=True,
        help="The vector at [CLS], which transformers' BertForSequenceClassification reads too, "
        "or the mean of all tokens' vectors.",
    )
    tuned.segmented_control(
        "The encoder", [th.FROZEN, th.WHOLE], key=th.TUNING, required=True,
        help="Frozen: the vectors are worked out once. Or all weights learn with the head.",
    )
    press.button(
        "Train", type="primary", on_click=head_training.start, disabled=running is not None
    )
    if running is not None:
        doing, share = running.progress
        st.progress(share, f"{doing} … {running.seconds:.0f} s")
        st.button("Cancel", key=f"{th.PAGE}_stop_training", on_click=head_training.stop)
    trained = head_store.trained()
    if running is None and trained is not None and st.session_state[th.HEAD] == head_store.TRAINED:
        facts, scores = trained.head.facts.training, trained.scores
        st.success(
            f"Done in {facts['seconds']} s: right on {percent(scores.accuracy)} of "
            f"{counted(scores.texts, 'example')} it did not learn from. It is asked above."
        )
    if problem := st.session_state.get(head_training.PROBLEM):
        st.error(fields.as_sentence(problem))


def _said() -> None:
    """How many examples there are, or what is wrong with them."""
    try:
        found = head_training.examples()
    except ValueError as error:
        st.error(fields.as_sentence(str(error)))
        return
    if found:
        counts: dict[str, int] = {}
        for one in found:
            counts[one.label or ""] = counts.get(one.label or "", 0) + 1
        few = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:8]
        shown = ", ".join(f"{fields.plain(label)} {count:,}" for label, count in few)
        more = f" and {len(counts) - 8} more" if len(counts) > 8 else ""
        st.caption(f"{counted(len(found), 'example')}: {shown}{more}.")


def keep(head: LoadedHead) -> None:
    """Mistakes of the head that was just trained; save, download, open."""
    trained = head_store.trained()
    if trained is not None and trained.head is head and trained.scores.mistakes:
        st.markdown("**Worst mistakes** on examples it did not learn from:")
        st.html(viz.mistakes_html(trained.scores.mistakes))
    fields.closed("Keep this head: save, download; open one from a folder", partial(_keep, head))


def _keep(head: LoadedHead) -> None:
    name, press = st.columns([3, 1], vertical_alignment="bottom")
    name.text_input("Save it here under the name", key=th.NAME, max_chars=60)
    press.button("Save", key=f"{th.PAGE}_save", on_click=_save, args=(head,))
    with st.container(horizontal=True):
        st.download_button(
            "Download (our layout)", lambda: head_store.packed(head, False), "head.zip",
            "application/zip", on_click="ignore", key=f"{th.PAGE}_zip",
        )
        if head.facts.pooling == "cls":
            st.download_button(
                "Download for transformers", lambda: head_store.packed(head, True),
                "head-transformers.zip", "application/zip", on_click="ignore",
                key=f"{th.PAGE}_transformers",
            )
    if head.facts.pooling == "cls":
        st.caption(
            "The second holds the whole encoder (float16) and opens with "
            "`BertForSequenceClassification.from_pretrained`, with the same logits."
        )
    else:
        st.caption(
            "A head on the mean is no BertForSequenceClassification, which reads [CLS]: it can be "
            "kept in our layout alone. Train one on [CLS] for a folder that transformers opens."
        )
    place, opening = st.columns([3, 1], vertical_alignment="bottom")
    place.text_input("Open a head from the folder", key=th.FOLDER)
    opening.button("Open", key=f"{th.PAGE}_open", on_click=_open)
    kind, said = st.session_state.pop(SAVED, (None, ""))
    if kind is not None:
        (st.success if kind else st.error)(fields.as_sentence(said))


def _save(head: LoadedHead) -> None:
    try:
        name = head_store.save(head, st.session_state[th.NAME])
    except ValueError as error:
        st.session_state[SAVED] = False, str(error)
        return
    th.use(name)
    place = head_store.folder() / name
    st.session_state[SAVED] = True, f"saved as '{name}' in '{place}'"


def _open() -> None:
    try:
        th.use(head_store.open_folder(st.session_state[th.FOLDER]))
    except (ValueError, RuntimeError, OSError) as error:
        st.session_state[SAVED] = False, str(error)
