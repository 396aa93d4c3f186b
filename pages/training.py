"""Training: watch a model learn masked words and next sentences, and look back in time."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ui import fields, trained_models, training_details
from ui import training as tr
from ui import training_panels as panels

st.html(training_details.STYLES)
st.title("Training")
st.write("Choose a text and a shape, press Start, and watch a BERT learn to guess hidden words.")


@st.fragment
def explorer() -> None:
    """Everything below the title; a press reruns this alone."""
    job = tr.current()
    panels.controls(job)
    if job is not None:
        panels.progress(job)
        snapshots = list(job.snapshots)
        if job.text is not None and snapshots:
            at = panels.shown(len(snapshots))
            left, right = st.columns([3, 2], gap="medium")
            with left:
                panels.losses(job, snapshots[at].step)
            with right:
                panels.sentence(snapshots, at)
            left, right = st.columns(2, gap="medium")
            with left:
                st.header("Its attention", anchor=False)
                panels.attention(snapshots[at])
            with right:
                st.header("The word “bank” on a map", anchor=False)
                panels.word_map(snapshots, at)
            training_details.result(job)
            fields.closed("All numbers as tables", partial(training_details.tables, job))
            fields.closed("Save, command line", partial(training_details.save, job))
    elif tr.lost():
        training_details.lost()
    fields.closed("More settings", panels.more_settings)
    fields.closed("Trainings on this server", partial(training_details.others, job))
    fields.closed("Trained here: use, download, delete", trained_models.table)
    panels.look_again(job)


explorer()
