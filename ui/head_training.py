"""Training a head for one visitor, beside the questions that others ask the model."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import streamlit as st

from bert_core.cancel import Cancelled
from bert_core.checkpoint.head_file import WHOLE
from bert_core.checkpoint.load import Checkpoint
from bert_core.data.sentence_sets import parse_sentences, read_sentences
from bert_core.outputs import LabelledSentence
from bert_core.training.head_arguments import HeadArguments
from bert_core.training.head_recipe import with_facts
from bert_core.training.task_head import TrainedHead, check_examples, train_head
from ui import head_store, models
from ui import task_heads as th

JOB, PROBLEM = f"{th.PAGE}_job", f"{th.PAGE}_problem"
OWN_TITLE = "own"
MOST_EXAMPLES = 20_000


class Job:
    """One training, in a thread of its own."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        examples: Sequence[LabelledSentence],
        arguments: HeadArguments,
    ) -> None:
        self._stop = threading.Event()
        self._began = time.monotonic()
        self.progress = "Waiting for its turn", 0.0
        self.future: Future[TrainedHead] = _worker().submit(
            self._run, checkpoint, examples, arguments
        )

    def _run(
        self,
        checkpoint: Checkpoint,
        examples: Sequence[LabelledSentence],
        arguments: HeadArguments,
    ) -> TrainedHead:
        trained = train_head(
            checkpoint, examples, arguments, title=OWN_TITLE, on_step=self._told,
            cancelled=self._stop.is_set,
        )  # fmt: skip
        return with_facts(trained, None, self.seconds)

    def _told(self, doing: str, share: float) -> None:
        self.progress = doing, min(1.0, max(0.0, share))

    @property
    def seconds(self) -> float:
        """Since it was asked for."""
        return time.monotonic() - self._began

    def stop(self) -> None:
        """It is not wanted any more."""
        self._stop.set()
        self.future.cancel()


@st.cache_resource(show_spinner=False)
def _worker() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="head-training")


def examples() -> list[LabelledSentence]:
    """The examples that are typed or uploaded.

    Raises:
        ValueError: when they cannot be read, or cannot be learned from, saying what would be right.
    """
    if st.session_state[th.SOURCE] == th.FILE:
        upload = st.session_state.get(th.UPLOAD)
        if upload is None:
            return []
        found = _read(upload.getvalue(), upload.name)
    else:
        found = typed_examples(st.session_state[th.TYPED])
    if found:
        check_examples(found)
    if len(found) > MOST_EXAMPLES:
        raise ValueError(
            f"{len(found):,} examples; here at most {MOST_EXAMPLES:,} are learned from: give a "
            "part of them, or use the command line"
        )
    return found


@st.cache_data(max_entries=2, show_spinner="Reading the file …")
def _read(data: bytes, name: str) -> list[LabelledSentence]:
    return read_sentences(data, name)


def typed_examples(text: str) -> list[LabelledSentence]:
    """A line 'label: text' for each example; or a table with the columns text and label.

    Raises:
        ValueError: as `parse_sentences`, for a table that is not well-formed.
    """
    found = parse_sentences(text)
    if any(one.label for one in found):
        return found
    made = []
    for one in found:
        label, colon, said = one.text.partition(":")
        known = bool(colon and label.strip() and said.strip())
        made.append(LabelledSentence(said.strip(), label.strip()) if known else one)
    return made


def arguments() -> HeadArguments:
    """How a head is trained, as set on the page."""
    pooling = "mean" if st.session_state[th.POOLING] == th.MEAN else "cls"
    whole = st.session_state[th.TUNING] == th.WHOLE
    return HeadArguments(pooling=pooling, layers=WHOLE if whole else 0)


def start() -> None:
    """Train on what is typed or uploaded (a callback)."""
    stop()
    st.session_state.pop(PROBLEM, None)
    try:
        found = examples()
        if not found:
            raise ValueError("there are no examples yet; type some, or choose a file")
        st.session_state[JOB] = Job(models.checkpoint(), found, arguments())
    except (ValueError, RuntimeError) as error:
        st.session_state[PROBLEM] = str(error)


def stop() -> None:
    """Stop the training, if there is one (a callback)."""
    if job := st.session_state.pop(JOB, None):
        job.stop()


def look() -> Job | None:
    """The training while it runs; when it is done its head is kept, and asked from now on."""
    job: Job | None = st.session_state.get(JOB)
    if job is None or not job.future.done():
        return job
    st.session_state.pop(JOB)
    try:
        head_store.keep(job.future.result())
        th.use(head_store.TRAINED)
    except Cancelled:
        pass
    except (ValueError, RuntimeError, MemoryError) as error:
        st.session_state[PROBLEM] = str(error) or "there is too little memory for that"
    return None
