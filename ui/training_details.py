"""The rest of the page "Training": the result, other runs, tables and files."""

from __future__ import annotations

import json

import streamlit as st

from bert_core.training.job import DONE, FAILED, PAUSED, RUNNING, STOPPED, Job
from bert_core.viz import training as viz
from bert_core.viz.importance import records_html
from ui import export, fields, links, models, trained_models
from ui import training as tr

STYLES = fields.styles("bars.css", "contexts.css")


def result(job: Job) -> None:
    """What can be done with what it has learned, whenever it does not change."""
    folder = job.checkpoint
    if folder is None or job.state not in (DONE, FAILED, PAUSED, STOPPED) or not folder.is_dir():
        return
    used = models.current_name() == str(folder)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"The model of step {job.saved_step:,}:")
        st.button(
            "In use on all pages" if used else "Use it on all pages", key=f"{tr.PAGE}_use",
            on_click=trained_models.use, args=(folder,), disabled=used,
        )  # fmt: skip
        st.download_button(
            "Download it", lambda: trained_models.packed(folder), f"bert-step-{job.saved_step}.zip",
            "application/zip", on_click="ignore", key=f"{tr.PAGE}_download",
            help="A folder in float16 that transformers opens as BertForPreTraining.",
        )  # fmt: skip


def others(shown: Job | None) -> None:
    """All runs of this server, each of which can be looked at."""
    jobs = tr.queue().jobs
    if not jobs:
        st.write("Nobody has trained anything since the app was started.")
        return
    st.caption(
        "One trains at a time; others wait. Whoever opens a training can pause it, too: nothing "
        "is lost by that, it goes on where it was."
    )
    for job in jobs:
        name, press = st.columns([5, 1], vertical_alignment="center")
        where = f"step {job.step:,}" if job.state == RUNNING else job.state
        name.markdown(f"{fields.plain(job.plan.title)}: {where}")
        press.button(
            "Shown" if job is shown else "Show", key=f"{tr.PAGE}_show_{job.id}",
            on_click=tr.show, args=(job.id,), disabled=job is shown,
        )  # fmt: skip


def tables(job: Job) -> None:
    """Losses and guesses as tables."""
    if job.text is not None:
        st.markdown(fields.plain(viz.text_sentence(job.text)))
    st.html(records_html("Guesses", viz.guess_rows(job.snapshots)))
    st.html(records_html("Losses", viz.loss_rows(job.points)))


def save(job: Job) -> None:
    """Files, the address, and the command that repeats the run."""
    assert job.text is not None
    document = {
        "title": job.plan.title, "text": job.text.name, "tokens": job.text.tokens,
        "vocabulary": job.text.vocabulary, "unigram_entropy": job.text.unigram_entropy,
        "losses": viz.loss_rows(job.points), "guesses": viz.guess_rows(job.snapshots),
    }  # fmt: skip
    export.panel(
        {
            "training-losses.csv": (export.as_csv(viz.loss_rows(job.points)), "text/csv"),
            "training-guesses.csv": (export.as_csv(viz.guess_rows(job.snapshots)), "text/csv"),
            "training.json": (json.dumps(document, ensure_ascii=False, indent=2), "text/json"),
        },
        links.link(), None, opens="training, while the app runs",
    )  # fmt: skip
    st.markdown(
        "On the command line it goes on from here with:" if job.can_go_on
        else "The same run on the command line, with the same text, beginning and settings:"
    )  # fmt: skip
    st.code(tr.command(job), language=None, wrap_lines=True)


def lost() -> None:
    """The run of the address is not one of this server's: what is left of it."""
    left = tr.left()
    if left is None:
        goes_on = "and nothing is left that it could go on from."
    else:
        goes_on = f"but it can go on from step {left[0]:,}, on the command line."
    st.warning(
        "The training that this address names ended with the app, which was started anew, "
        f"{goes_on} Its last checkpoint, if it has one, is among those trained here, below."
    )
    if left is not None:
        st.code(left[1], language=None, wrap_lines=True)
