"""A watched training: it learns, is looked at, paused, resumed, ended; and what goes wrong."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from bert_core.analysis.watching import Watcher
from bert_core.checkpoint.load import load_checkpoint
from bert_core.data.documents import Document
from bert_core.outputs import LabelledSentence
from bert_core.training import job as jobs
from bert_core.training.arguments import TrainingArguments
from bert_core.training.background import in_the_background
from bert_core.training.job import DONE, FAILED, PAUSED, QUEUED, RUNNING, STOPPED, Job
from bert_core.training.job_queue import JobQueue
from bert_core.training.loop import Trainer
from bert_core.training.objectives import MaskedRows
from bert_core.training.plan import SCRATCH, Plan
from bert_core.training.recipe import train
from bert_core.training.run_folder import in_parts, runs_folder, trained_here
from tests.training.toy import SENTENCES

SECONDS = 60
SHORT = [sentence for sentence in SENTENCES if len(sentence.split()) < 8]
_DRAWN = np.random.default_rng(7)
TEXT = [
    Document(f"toy/{at}", "toy", tuple(SHORT[i] for i in _DRAWN.integers(len(SHORT), size=9)))
    for at in range(20)
]
BOATS = [LabelledSentence(sentence) for sentence in SENTENCES if "boat " in sentence] * 2


def plan(text: list[Document] = TEXT, **changes: object) -> Plan:
    settings = {
        "tokens": 6_000,
        "batch_tokens": 256,
        "length": 32,
        "body_rate": 5e-3,
        "head_rate": 5e-3,
    }
    settings |= {name: changes.pop(name) for name in list(changes) if name in settings}
    arguments = TrainingArguments(**settings)  # type: ignore[arg-type]
    shape = {"width": 32, "heads": 2, "layers": 1}
    return Plan(text="Toy", documents=lambda: text, arguments=arguments, **shape | changes)  # type: ignore[arg-type]


def job(given: Plan, sentence: str = "the river [MASK] to the sea .") -> Job:
    return Job(given, Watcher(sentence, "boat", BOATS), runs_folder() / f"run{time.monotonic_ns()}")


def until(job: Job, *states: str) -> Job:
    began = time.monotonic()
    while job.state not in states and time.monotonic() - began < SECONDS:
        time.sleep(0.005)
    assert job.state in states, (job.state, job.problem)
    return job


def test_it_learns_below_the_unigram_line_and_is_looked_at_on_the_way() -> None:
    run = job(plan(tokens=15_000))
    run.run()
    assert run.state == DONE and run.text is not None, run.problem
    assert run.points[0].masked_words > run.text.unigram_entropy
    assert run.points[-1].masked_words < run.text.unigram_entropy - 0.2
    steps = [one.step for one in run.snapshots]
    assert steps[0] == 0 and steps[-1] == run.step and 8 <= len(steps) <= jobs.LOOKS + 1
    before, after = (run.snapshots[at].answers.predictions[0].guesses[0] for at in (0, -1))
    assert after.probability > 2 * before.probability
    assert run.snapshots[0].word.vectors.shape == (2, 1, 32)


def test_the_command_line_repeats_it(tmp_path: Path) -> None:
    run = job(plan())
    run.run()
    assert run.checkpoint is not None and run.plan.start == SCRATCH
    with in_the_background():  # as many threads: their number changes how sums are rounded
        again = train(
            str(run.files.text), str(run.files.start), tmp_path / "again", run.arguments,
            tmp_path / "work", device="cpu",
        )  # fmt: skip
    ours, theirs = (load_checkpoint(at).model.state_dict() for at in (run.checkpoint, again))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_paused_and_resumed_it_learns_the_same() -> None:
    whole, halved, queue = job(plan()), job(plan()), JobQueue()
    whole.run()
    paused_at = threading.Event()
    told = halved._told

    def pause_once(*said: object) -> None:
        told(*said)  # type: ignore[arg-type]
        if halved.step >= 5 and not paused_at.is_set():
            paused_at.set()
            halved.pause()

    halved._told = pause_once  # type: ignore[method-assign]
    queue.submit(halved)
    until(halved, PAUSED)
    paused = halved.checkpoint
    assert 5 <= halved.step < whole.step and halved.can_go_on and paused is not None
    queue.submit(halved)
    until(halved, DONE)
    assert paused.is_dir(), "what was there when it was paused is kept"
    assert halved.checkpoint is not None and whole.checkpoint is not None
    ours, theirs = (
        load_checkpoint(at).model.state_dict() for at in (halved.checkpoint, whole.checkpoint)
    )
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    steps = [point.step for point in halved.points]
    assert steps == sorted(set(steps))


def test_one_at_a_time_others_wait_and_see_so() -> None:
    first, second, third = (job(plan(tokens=10**8)) for _ in range(3))
    queue = JobQueue()
    for run in (first, second, third):
        queue.submit(run)
    until(first, RUNNING)
    assert (second.state, third.state) == (QUEUED, QUEUED)
    assert [queue.ahead(run) for run in (first, second, third)] == [0, 1, 2]
    queue.stop(second)
    assert second.state == STOPPED and queue.ahead(third) == 1
    queue.stop(first)
    until(first, STOPPED)
    until(third, RUNNING)
    assert first.checkpoint is None or (first.checkpoint / "model.safetensors").is_file()
    assert not first.files.state.exists(), "a run that is over needs no state"
    queue.stop(third)
    until(third, STOPPED)


def test_a_loss_that_is_no_number_ends_it_and_what_was_saved_is_kept() -> None:
    run = job(plan(tokens=20_000, body_rate=1e30))
    run.run()
    assert run.state == FAILED and "lower the learning rates" in run.problem
    assert not run.can_go_on
    kept = [one.step for one in trained_here()]
    assert kept == ([run.saved_step] if run.saved_step else [])


def test_a_full_disk_is_said_and_it_goes_on_when_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = job(plan(tokens=20_000))
    save, full = run.files.save, True

    def saved(step: int, *others: object) -> Path:
        if full and step > 30:
            raise OSError(28, "No space left on device")
        return save(step, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(run.files, "save", saved)
    run.run()
    assert run.state == FAILED and "No space left" in run.problem
    kept = run.checkpoint
    assert kept is not None and load_checkpoint(kept) and run.can_go_on
    full = False
    run.enqueue()
    run.run()
    assert run.state == DONE and run.points[-1].tokens > 19_000


def test_ten_words_are_too_few_and_how_many_are_needed_is_said() -> None:
    run = job(plan([Document("own/1", "own", ("Ten words are not enough to learn from at all.",))]))
    run.run()
    assert run.state == FAILED
    assert "10 words" in run.problem and "at least 200 words" in run.problem


def test_a_sentence_without_a_mask_is_said_before_a_step_is_taken() -> None:
    run = job(plan(), "the river flows to the sea .")
    run.run()
    assert run.state == FAILED and "[MASK]" in run.problem and run.step == 0


def test_a_width_that_the_heads_do_not_divide_is_refused() -> None:
    with pytest.raises(ValueError, match="choose a multiple of the heads"):
        plan(width=100, heads=3)


def test_one_document_is_cut_into_parts_so_that_something_does_not_follow() -> None:
    whole = [Document("own/1", "own", tuple(f"Sentence {at}." for at in range(64)))]
    parts = in_parts(whole)
    assert len(parts) == 8
    assert tuple(one for part in parts for one in part.sentences) == whole[0].sentences
    assert in_parts(TEXT) == TEXT


def test_minutes_count_what_is_prepared_for_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second before the first step, which serves for the whole text, not for the steps tried.

    By a clock that goes on for nothing else but the steps.
    """
    clock = [0.0]
    monkeypatch.setattr(jobs, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(jobs, "TRIAL_SECONDS", 0.015)
    made, learned = Trainer._one_pass, Trainer._train_on

    def late(trainer: Trainer, epoch: int) -> Iterator[MaskedRows]:
        clock[0] += 1.0
        yield from made(trainer, epoch)

    def timed(trainer: Trainer, batch: MaskedRows) -> tuple[float, float, float]:
        clock[0] += 0.01
        return learned(trainer, batch)

    monkeypatch.setattr(Trainer, "_one_pass", late)
    monkeypatch.setattr(Trainer, "_train_on", timed)
    found = job(plan(minutes=10.0))
    found._prepare()
    assert found.text is not None
    passes = found.arguments.tokens / found.text.tokens
    assert 540 < passes < 590, "each takes a second and some hundredths"
