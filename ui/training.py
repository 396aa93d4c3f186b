"""State of the page "Training": what to learn from, what to begin with, which run is shown."""

from __future__ import annotations

import secrets
import shlex
from dataclasses import dataclass
from typing import Any

import streamlit as st

from bert_core.analysis.watching import Watcher
from bert_core.data.sentence_sets import FIRST_WORD, builtin_sentences
from bert_core.training.arguments import TrainingArguments
from bert_core.training.job import Job
from bert_core.training.job_queue import JobQueue
from bert_core.training.plan import SCRATCH, Plan
from bert_core.training.run_folder import RunFolder, left_behind, runs_folder
from ui import fields, links, models

PAGE = "training"
(
    SOURCE, PASTED, UPLOAD, COLUMN, SENTENCE, HOW, LAYERS, WIDTH, HEADS, MINUTES, LENGTH, BATCH,
    RATE, MASK_RATE, MASKING, SEED, SHOWN, ATTENTION_LAYER, ATTENTION_HEAD,
) = (
    f"{PAGE}_{name}"
    for name in (
        "source", "pasted", "upload", "column", "sentence", "how", "layers", "width", "heads",
        "minutes", "length", "batch", "rate", "mask_rate", "masking", "seed", "shown",
        "attention_layer", "attention_head",
    )
)  # fmt: skip
FRESH, ONWARDS = "From scratch", "Continue"


@dataclass(frozen=True)
class Pace:
    """What is taken where nothing is set."""

    length: int
    batch: int
    rate: float


SCRATCH_PACE, ONWARDS_PACE = Pace(32, 512, 1e-3), Pace(128, 2_048, 2e-4)
"""From scratch many small steps, on short rows: with rows of 64 tokens, which have twice as many
positions to tell apart, a model of 2 layers × 128 needed far longer to look at its neighbours (loss
5.95 after 4,000 steps, where rows of 32 gave 5.30 after 3,100)."""
SETTINGS: dict[str, Any] = {
    SOURCE: "sotu", PASTED: "", COLUMN: "", HOW: FRESH, LAYERS: 2, WIDTH: 128, HEADS: 2,
    SENTENCE: "The government of the United [MASK] must act.", MINUTES: 3.0, LENGTH: None,
    BATCH: None, RATE: None, MASK_RATE: 0.15, MASKING: "tokens", SEED: 42,
}  # fmt: skip
JOB, PROBLEM, NEWEST = f"{PAGE}_job", f"{PAGE}_problem", f"{PAGE}_newest"


@st.cache_resource(show_spinner=False)
def queue() -> JobQueue:
    """All trainings of this server."""
    return JobQueue()


def current() -> Job | None:
    """The run that is shown: that of the address, or the one started or chosen here."""
    if (asked := links.read(PAGE, needed="job")) is not None:
        st.session_state[JOB] = asked["job"]
    fields.keep_settings(PAGE, SETTINGS)
    job = queue().find(st.session_state.get(JOB, ""))
    links.write(PAGE, {} if job is None else {"job": job.id})
    return job


def lost() -> bool:
    """Whether the run that was asked for is not known: the server was started anew."""
    asked = st.session_state.get(JOB, "")
    return bool(asked) and queue().find(asked) is None


def arguments() -> TrainingArguments:
    """The settings of the run.

    Raises:
        ValueError: when one is out of range.
    """
    fresh = st.session_state[HOW] == FRESH
    pace = SCRATCH_PACE if fresh else ONWARDS_PACE
    rate = st.session_state[RATE] or pace.rate
    length = st.session_state[LENGTH] or pace.length
    if not fresh:
        length = min(length, models.config().max_position_embeddings)
    return TrainingArguments(
        length=length, batch_tokens=st.session_state[BATCH] or pace.batch, body_rate=rate,
        head_rate=rate, mask_rate=st.session_state[MASK_RATE], masking=st.session_state[MASKING],
        seed=st.session_state[SEED],
    )  # fmt: skip


def plan() -> Plan:
    """What is asked for on the page.

    Raises:
        ValueError: saying what would be right.
    """
    from ui import training_text

    text, documents = training_text.chosen()
    fresh = st.session_state[HOW] == FRESH
    return Plan(
        text=text, documents=documents, start=SCRATCH if fresh else models.current_name(),
        layers=st.session_state[LAYERS], width=st.session_state[WIDTH],
        heads=st.session_state[HEADS], minutes=st.session_state[MINUTES], arguments=arguments(),
    )  # fmt: skip


def shape_problem() -> str | None:
    """What is wrong with the shape that is set; None when nothing is."""
    if st.session_state[HOW] != FRESH:
        return None
    width, heads = st.session_state[WIDTH], st.session_state[HEADS]
    if width % heads:
        return (
            f"A width of {width} cannot be split evenly over {heads} heads; take a width of "
            f"{width // heads * heads or heads} or {(width // heads + 1) * heads}, or other heads."
        )
    return None


# ----------------------------------------------------------------- what people do (callbacks)


def start() -> None:
    """Start what is asked for, or put it into the queue."""
    st.session_state.pop(PROBLEM, None)
    try:
        sentence = st.session_state[SENTENCE].strip()
        if "[MASK]" not in sentence:
            raise ValueError(
                "your sentence hides nothing; write [MASK] where the model shall guess"
            )
        watcher = Watcher(sentence, FIRST_WORD, builtin_sentences(FIRST_WORD))
        job = Job(plan(), watcher, runs_folder() / secrets.token_hex(4))
        queue().submit(job)
        show(job.id)
    except ValueError as error:
        st.session_state[PROBLEM] = str(error)


def show(id: str) -> None:
    """Show this run."""
    st.session_state[JOB] = id
    for key in (SHOWN, NEWEST, ATTENTION_LAYER, ATTENTION_HEAD):
        st.session_state.pop(key, None)


def pause(job: Job) -> None:
    """Pause it between two steps."""
    job.pause()


def go_on(job: Job) -> None:
    """Go on with what was paused, or put it into the queue."""
    try:
        queue().submit(job)
    except ValueError as error:
        st.session_state[PROBLEM] = str(error)


def cancel(job: Job) -> None:
    """End it; what it has learned is kept."""
    queue().stop(job)


def command(job: Job) -> str:
    """The command that repeats the run on its own text; of a paused one, that goes on with it."""
    return _command(job.files, job.plan.start, job.arguments, job.can_go_on)


def left() -> tuple[int, str] | None:
    """The step that the lost run had reached, and the command that goes on from there."""
    found = left_behind(st.session_state.get(JOB, ""))
    if found is None:
        return None
    return found.step, _command(found.files, found.start, found.arguments, goes_on=True)


def _command(files: RunFolder, start: str, arguments: TrainingArguments, goes_on: bool) -> str:
    plain = TrainingArguments()
    words = ["python", "-m", "bert_core", "train", "--corpus", str(files.text)]
    words += ["--start", str(files.start) if start == SCRATCH else start]
    words += ["--output", "trained"]
    for name in (
        "tokens", "batch_tokens", "length", "mask_rate", "masking", "body_rate", "head_rate",
        "seed",
    ):  # fmt: skip
        value = getattr(arguments, name)
        if value != getattr(plain, name):
            words += [f"--{name.replace('_', '-')}", f"{value}"]
    if goes_on:
        words += ["--work", str(files.state), "--resume"]
    return shlex.join(words)
