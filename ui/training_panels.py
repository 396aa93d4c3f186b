"""The parts of the page "Training": what to learn, how far it is, what the model makes of it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from bert_core.analysis.projection import project
from bert_core.data.masking import MASKINGS
from bert_core.outputs import ProjectionSettings, Snapshot
from bert_core.training.job import FAILED, PAUSED, PREPARING, QUEUED, RUNNING, STOPPED, Job
from bert_core.viz import training as viz
from bert_core.viz.context_map import map_alt, map_figure
from bert_core.viz.head_figure import head_figure
from ui import components, fields, models, training_text
from ui import training as tr
from ui.fields import dark
from ui.figures import plot

LOOK_AGAIN = 1.5
"""Seconds after which the page looks how far the training is."""
ACTIVE = (QUEUED, PREPARING, RUNNING)


def controls(job: Job | None) -> None:
    """Text, sentence, shape, Start."""
    text, sentence = st.columns([2, 3], vertical_alignment="bottom")
    text.selectbox(
        "Text to learn from", training_text.CHOICES, key=tr.SOURCE,
        format_func=training_text.title,
    )  # fmt: skip
    sentence.text_input(
        "Your sentence, to be looked at on the way",
        key=tr.SENTENCE,
        help="With [MASK] where the model shall guess. A run keeps the one it was started with.",
    )
    _own_text()
    how, layers, width, heads, minutes, press = st.columns(
        [2.6, 1, 1, 1, 1.1, 1], vertical_alignment="bottom"
    )
    how.segmented_control(
        "Begin",
        [tr.FRESH, tr.ONWARDS],
        key=tr.HOW,
        required=True,
        help="From scratch: a new model of the shape you choose. Continue: a copy of the model in "
        "the sidebar, which itself stays as it is.",
    )
    fixed = st.session_state[tr.HOW] == tr.ONWARDS
    layers.number_input("Layers", 1, 12, step=1, key=tr.LAYERS, disabled=fixed)
    width.number_input("Width", 8, 768, step=16, key=tr.WIDTH, disabled=fixed)
    heads.number_input("Heads", 1, 16, step=1, key=tr.HEADS, disabled=fixed)
    minutes.number_input("Minutes", 0.05, 600.0, step=1.0, key=tr.MINUTES, format="%g")
    busy = job is not None and job.state in ACTIVE
    press.button("Start", type="primary", on_click=tr.start, disabled=busy, width="stretch")
    _shape()
    running = tr.queue().current
    if running is not None and running is not job and not busy:
        st.info(
            "Somebody else's training is running: yours would be number "
            f"{tr.queue().waiting + 1} in the queue, and begin by itself."
        )
    if problem := st.session_state.get(tr.PROBLEM):
        st.error(fields.as_sentence(problem))


def _own_text() -> None:
    choice = st.session_state[tr.SOURCE]
    if choice == training_text.PASTE:
        st.text_area(
            "The text",
            key=tr.PASTED,
            height=110,
            placeholder="At least 200 words; a novel has 100,000.",
        )
    elif choice == training_text.FILE:
        upload, column = st.columns([4, 1], vertical_alignment="bottom")
        upload.file_uploader(
            f"A text, a table or JSON lines, up to {training_text.MOST_BYTES // 10**6} MB",
            list(training_text.KINDS),
            key=tr.UPLOAD,
        )
        column.text_input("Column", key=tr.COLUMN, placeholder="text")


def _shape() -> None:
    """What the shape means; what is wrong with it."""
    if problem := tr.shape_problem():
        st.error(problem)
    elif st.session_state[tr.HOW] == tr.FRESH:
        width = st.session_state[tr.WIDTH]
        st.caption(
            f"Every vector of this model has {width} numbers, fixed by this choice for good: all "
            f"weights are made for {width}. Its vocabulary, up to 4,000 pieces, is learned from "
            f"the text; it reads {st.session_state[tr.LENGTH] or tr.SCRATCH_PACE.length} tokens at "
            "most."
        )
    else:
        config = models.config()
        st.caption(
            f"A copy of the model in the sidebar: {config.num_hidden_layers} layers, and vectors "
            f"of {config.hidden_size} numbers, which training cannot change any more."
        )


def more_settings() -> None:
    """What need not be set."""
    fresh, onwards = tr.SCRATCH_PACE, tr.ONWARDS_PACE
    one, two, three = st.columns(3)
    one.number_input(
        "Longest row, in tokens",
        16,
        128,
        value=None,
        step=16,
        key=tr.LENGTH,
        placeholder=f"{fresh.length} from scratch, {onwards.length} else",
    )
    one.number_input(
        "Tokens in a batch",
        256,
        16_384,
        value=None,
        step=256,
        key=tr.BATCH,
        placeholder=f"{fresh.batch:,} from scratch, {onwards.batch:,} else",
    )
    two.number_input(
        "Peak learning rate",
        1e-6,
        1e3,
        value=None,
        key=tr.RATE,
        format="%g",
        placeholder=f"{fresh.rate:g} from scratch, {onwards.rate:g} else",
    )
    two.number_input("Random seed", 0, 10**6, step=1, key=tr.SEED)
    three.number_input("Share of tokens hidden", 0.05, 0.6, step=0.05, key=tr.MASK_RATE)
    three.selectbox("Hidden are", list(MASKINGS), key=tr.MASKING)


def progress(job: Job) -> None:
    """How far it is, and how to pause and end it."""
    total = max(1, job.arguments.tokens)
    if job.state == QUEUED:
        ahead = tr.queue().ahead(job)
        said = "Waiting for its turn"
        if ahead:
            said = (
                f"Somebody else's training is running; yours is number {ahead} in the queue, and "
                "begins by itself"
            )
    elif job.state == PREPARING:
        said = f"{job.doing} …"
    elif job.state == RUNNING:
        said = (
            f"{job.step:,} steps · {job.speed:,.0f} tokens/s · {viz.left(job.seconds_left)}"
            if job.points else "Taking the first steps …"
        )  # fmt: skip
    else:
        said = f"{_OUTCOMES.get(job.state, 'Done')} at step {job.step:,}"
    bar, buttons = st.columns([3, 2], vertical_alignment="center")
    bar.progress(min(1.0, job.tokens / total), said)
    with buttons.container(horizontal=True):
        if job.state == RUNNING:
            st.button("Pause", on_click=tr.pause, args=(job,), key=f"{tr.PAGE}_pause")
        if job.can_go_on:
            st.button("Resume", on_click=tr.go_on, args=(job,), key=f"{tr.PAGE}_go_on")
        if job.state in ACTIVE or job.can_go_on:
            st.button("Cancel", on_click=tr.cancel, args=(job,), key=f"{tr.PAGE}_cancel")
    if job.state == FAILED:
        kept = (
            f" What it had learned by step {job.saved_step:,} is kept, and can be used below."
            if job.checkpoint is not None else ""
        )  # fmt: skip
        st.error(fields.as_sentence(job.problem) + kept)


_OUTCOMES = {PAUSED: "Paused", STOPPED: "Ended", FAILED: "Stopped by a problem"}


def losses(job: Job, step: int) -> None:
    """The curves."""
    text = job.text
    assert text is not None
    points = list(job.points)
    plot(
        viz.loss_figure(points, text, step, dark()),
        "Loss of masked words and of next sentence by step; the table has the numbers",
        key=f"{tr.PAGE}_losses", name="losses",
    )  # fmt: skip
    st.caption(
        fields.plain(viz.learned_sentence(points, text))
        + " Below the dashed line it uses what stands around. The loss is on the text it reads: on "
        "a short text it falls by learning by heart."
    )


def shown(count: int) -> int:
    """The index of the look that is shown: the newest, until somebody goes back in time."""
    newest, before = count - 1, st.session_state.get(tr.NEWEST)
    at: int | None = st.session_state.get(tr.SHOWN)
    if at is None or at == before or at > newest:
        at = newest
    if before != newest or tr.SHOWN not in st.session_state:  # a slider with another end is new
        st.session_state[tr.SHOWN], st.session_state[tr.NEWEST] = at, newest
    return at


def sentence(snapshots: list[Snapshot], at: int) -> None:
    """The slider back in time, and the guesses then."""
    if len(snapshots) > 1:
        st.select_slider(
            "Back in time: step", range(len(snapshots)), key=tr.SHOWN,
            format_func=lambda which: f"{snapshots[which].step:,}",
        )  # fmt: skip
    one = snapshots[at]
    st.markdown(f"**{fields.plain(one.answers.encoding.text)}**")
    st.html(viz.guesses_html(one))
    st.caption(
        f"What the model puts for [MASK] after {one.step:,} steps; every token of its vocabulary "
        "has a share, these have the most. " + fields.plain(viz.guess_story(snapshots))
    )


def attention(one: Snapshot) -> None:
    """One head on the sentence."""
    layers, heads = one.attention.attention.shape[:2]
    layer, head = st.columns(2)
    at_layer = layer.selectbox("Layer", range(1, layers + 1), key=tr.ATTENTION_LAYER)
    at_head = head.selectbox("Head", range(1, heads + 1), key=tr.ATTENTION_HEAD)
    plot(
        head_figure(one.attention, at_layer, at_head, dark()),
        f"Attention of layer {at_layer}, head {at_head} at step {one.step}",
        key=f"{tr.PAGE}_head", name="attention",
    )  # fmt: skip
    st.caption(
        f"Rows look, columns are looked at, at step {one.step:,}. An untrained head looks at all "
        "tokens nearly alike."
    )


def word_map(snapshots: list[Snapshot], at: int) -> None:
    """The sentences of one word on a map, all looks with the same axes."""
    vectors = np.stack([one.word.vectors[:, 0] for one in snapshots])  # (looks, N, H)
    layers = tuple(range(len(snapshots)))
    projection = project(vectors, ProjectionSettings(method="pca"), layers)
    word = snapshots[at].word
    groups = [label or "no label" for label in word.labels]
    plot(
        map_figure(word, projection, at, groups, dark=dark()), map_alt(word, at, groups),
        key=f"{tr.PAGE}_map", name="map",
    )  # fmt: skip
    st.caption(
        f"“{word.word}” in {len(groups)} sentences, one dot each, by the last layer's vectors at "
        f"step {snapshots[at].step:,} (PCA, each look turned onto the next, one scale). That "
        "senses part takes far more text than a few minutes read: dots that move are not yet "
        "senses that part."
    )


def look_again(job: Job | None) -> None:
    """Come back while something goes on."""
    if job is not None and job.state in ACTIVE:
        components.look_again(f"{tr.PAGE}_waiting", LOOK_AGAIN)
