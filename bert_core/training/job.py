"""A training that somebody watches: it is looked at on the way, and can be paused and stopped.

text -> (vocabulary) -> ids -> Trainer, and between its steps: losses, a look, a checkpoint
"""

from __future__ import annotations

import contextlib
import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from safetensors import SafetensorError

from bert_core.checkpoint.find import find_folder
from bert_core.checkpoint.load import Checkpoint, choose_device
from bert_core.checkpoint.save import save_checkpoint
from bert_core.data.batching import WINDOW
from bert_core.data.documents import Document
from bert_core.data.packages import PackageError
from bert_core.data.sentence_pairs import TokenisedDocument
from bert_core.outputs import LossPoint, Snapshot, TrainingText
from bert_core.tokenizer import Tokenizer
from bert_core.training.arguments import TrainingArguments
from bert_core.training.background import in_the_background
from bert_core.training.engine import Engine
from bert_core.training.loop import Stopped, Trainer
from bert_core.training.plan import SCRATCH, Plan
from bert_core.training.progress import Progress
from bert_core.training.recipe import corpus_split
from bert_core.training.run_folder import RunFolder, check_text, in_parts
from bert_core.training.start import from_encoder, from_scratch
from bert_core.training.state import saved_step
from bert_core.training.text import tokenise
from bert_core.training.vocabulary import small_tokenizer, unigram_entropy

QUEUED, PREPARING, RUNNING, PAUSED = "queued", "preparing", "running", "paused"
STOPPED, DONE, FAILED = "stopped", "done", "failed"
LOOKS = 16
"""Looks at the model in a run, the first before it; early ones lie closer together."""
POINTS = 150
"""Of the loss curve."""
SAVES = 8
"""Times that the state is saved in a run, besides when it is paused."""
STEADY = 10
"""Points whose mean speed is shown."""
TRIAL_SECONDS = 2.0
"""How long the speed is measured, where a run is given minutes."""

Watch = Callable[[Checkpoint, int, int], Snapshot]
"""(model, step, tokens read) -> what it makes of the sentence."""


@dataclass(frozen=True)
class Ready:
    """What is kept while a run is paused."""

    checkpoint: Checkpoint
    documents: Sequence[TokenisedDocument]


class Job:
    """One run, from its place in the queue to its last checkpoint.

    Args:
        plan: what is asked for.
        watch: looks at the model.
        folder: for the run's files.
    """

    def __init__(self, plan: Plan, watch: Watch, folder: Path) -> None:
        self.plan, self.files, self._watch = plan, RunFolder(folder), watch
        self.id = folder.name
        self.state, self.doing, self.problem = QUEUED, "", ""
        self.arguments = plan.arguments
        self.text: TrainingText | None = None
        self.points: list[LossPoint] = []
        self.snapshots: list[Snapshot] = []
        self.step, self.tokens, self.speed, self.seconds_left = 0, 0, 0.0, 0.0
        self._model: Ready | None = None
        self._saved: int | None = None
        self._passing: int | None = None  # the step of a checkpoint that the next one replaces
        self._wanted = RUNNING
        self._speeds: list[float] = []

    # ------------------------------------------------------------------ from outside

    @property
    def over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in (STOPPED, DONE, FAILED) and not self.can_go_on

    @property
    def can_go_on(self) -> bool:
        """Whether it can go on where it was left."""
        return self._model is not None and self.state in (PAUSED, FAILED)

    @property
    def checkpoint(self) -> Path | None:
        """The latest checkpoint; None before the first."""
        return None if self._saved is None else self.files.folder / f"step-{self._saved}"

    @property
    def saved_step(self) -> int:
        """The step of the latest checkpoint."""
        return self._saved or 0

    def pause(self) -> None:
        """Save between two steps, and let others train."""
        self._wanted = PAUSED

    def stop(self) -> None:
        """End it; what it has learned is kept."""
        self._wanted = STOPPED

    def end(self) -> None:
        """It does not run, and will not any more."""
        self.state, self._model = STOPPED, None
        self.files.forget(everything=self._saved is None)

    def enqueue(self) -> None:
        """It waits for its turn, from the beginning or where it was left."""
        self.state, self._wanted, self.problem = QUEUED, RUNNING, ""

    # ------------------------------------------------------------------ in the worker's thread

    def run(self) -> None:
        """Train; what goes wrong is kept in `problem`, and nothing is raised."""
        try:
            with in_the_background():
                if self._model is None:
                    self.state = PREPARING
                    self._model = self._prepare()
                self._learn(self._model)
            self.state = DONE
        except Stopped:
            self.state = self._wanted if self._wanted != RUNNING else STOPPED
        except (ValueError, PackageError, MemoryError) as error:
            self._failed(error, resumable=False)
        except (OSError, SafetensorError, RuntimeError) as error:  # the disk may have room later
            self._failed(error, resumable=saved_step(self.files.state) is not None)
        except Exception as error:  # the queue lives on, and the page says so
            self._failed(error, resumable=False)
            self.problem = f"that should not happen ({type(error).__name__}: {error})"
        if self.state in (STOPPED, DONE):
            self.end_with(self.state)

    def end_with(self, state: str) -> None:
        """As `end`, in another state."""
        self.end()
        self.state = state

    def _failed(self, error: BaseException, resumable: bool) -> None:
        self.problem = str(error) or "there is too little memory for that"
        if not resumable:
            self.end()
        self.state = FAILED

    def _prepare(self) -> Ready:
        self._begin("Reading the text")
        documents = self.plan.documents()
        check_text(documents)
        self.files.write_text(in_parts(documents))
        self.files.write_facts(self.plan.title, self.plan.start)
        documents = corpus_split(str(self.files.text)).train  # as the command line does
        source = self._source(documents)
        self._begin("Splitting the text into tokens")
        tokenizer = Tokenizer.from_folder(source)
        ids = tokenise(documents, tokenizer)
        self._begin("Loading the model")
        model, tokenizer = from_encoder(source, ids, self.plan.arguments.seed)
        model.to(choose_device("auto"))
        entropy = unigram_entropy(ids, model.config.vocab_size)
        tokens = sum(len(part) for document in ids for part in document.sentences)
        self.text = TrainingText(self.plan.text, len(ids), tokens, tokenizer.vocab_size, entropy)
        found = Ready(Checkpoint(self.plan.title, model, tokenizer, ()), ids)
        self.arguments = self._paced(found)
        return found

    def _source(self, documents: Sequence[Document]) -> Path:
        """The folder of the checkpoint to begin with."""
        if self.plan.start != SCRATCH:
            return find_folder(self.plan.start)
        self._begin("Learning a vocabulary from the text")
        tokenizer = small_tokenizer(documents)
        fresh = from_scratch(self.plan.config(tokenizer.vocab_size), self.plan.arguments.seed)
        save_checkpoint(self.files.start, fresh, tokenizer)
        return self.files.start

    def _begin(self, doing: str) -> None:
        if self._wanted != RUNNING:
            self._wanted = STOPPED  # there is nothing yet that could be paused
            raise Stopped("stopped before the first step")
        self.doing = doing

    def _paced(self, found: Ready) -> TrainingArguments:
        """The arguments with the tokens that fit into the minutes, and how often to say so."""
        arguments = self.plan.arguments
        if self.plan.minutes is not None:
            self._begin("Measuring the speed")
            tokens = 60 * self.plan.minutes * self._measured_speed(found)
            rounded = max(1, round(tokens / 10_000)) * 10_000
            arguments = replace(arguments, tokens=rounded)
        steps = max(1, arguments.tokens // arguments.batch_tokens)
        return replace(
            arguments, log_every=max(1, steps // POINTS), save_every=max(20, steps // SAVES)
        )

    def _measured_speed(self, found: Ready) -> float:
        """Tokens a second, of a copy that is thrown away.

        What is prepared before the first step serves for many, and counts for its share.
        """
        model = copy.deepcopy(found.checkpoint.model)
        assert self.text is not None
        prepared = min(self.text.tokens, WINDOW * self.plan.arguments.length)
        steps = [(time.monotonic(), 0)]  # when each ended, and the tokens read by then

        def enough() -> bool:
            steps.append((time.monotonic(), trial.tokens))
            return steps[-1][0] - steps[1][0] > TRIAL_SECONDS or self._wanted != RUNNING

        trial = Trainer(
            model, found.checkpoint.tokenizer, found.documents,
            replace(self.plan.arguments, tokens=10**12, save_every=10**9),
            stop=enough, engine=Engine(model.device),
        )  # fmt: skip
        with contextlib.suppress(Stopped):
            trial.run()
        (start, _), (began, before), (ended, after) = steps[0], steps[1], steps[-1]
        seconds = (ended - began) / max(1, after - before)  # a token
        return 1 / (seconds + (began - start) / prepared)

    def _learn(self, found: Ready) -> None:
        reached = saved_step(self.files.state) or 0
        self.points = [point for point in self.points if point.step <= reached]
        self.snapshots = [one for one in self.snapshots if one.step <= reached]
        self._begin("Learning")
        if not self.snapshots:
            self._look(found, 0, 0)
        self.state = RUNNING
        trainer = Trainer(
            found.checkpoint.model, found.checkpoint.tokenizer, found.documents, self.arguments,
            self.files.state, lambda progress: self._told(found, progress),
            stop=lambda: self._wanted != RUNNING, engine=Engine(found.checkpoint.model.device),
        )  # fmt: skip
        try:
            trainer.run(resume=True)
        except Stopped:
            self._last_look(found, trainer)
            self._passing = None
            raise
        self._last_look(found, trainer)

    def _last_look(self, found: Ready, trainer: Trainer) -> None:
        self.step, self.tokens, self.seconds_left = trainer.step, trainer.tokens, 0.0
        if self.snapshots[-1].step != trainer.step:
            self._look(found, trainer.step, trainer.tokens)

    def _told(self, found: Ready, said: Progress) -> None:
        self.step, self.tokens = said.step, said.tokens
        self._speeds = [*self._speeds, said.tokens_per_second][-STEADY:]
        self.speed = sum(self._speeds) / len(self._speeds)
        self.seconds_left = max(0, self.arguments.tokens - said.tokens) / self.speed
        self.points.append(LossPoint(said.step, said.tokens, said.mlm_loss, said.nsp_loss))
        due = (len(self.snapshots) / (LOOKS - 1)) ** 1.5
        if said.tokens >= due * self.arguments.tokens:
            self._look(found, said.step, said.tokens)

    def _look(self, found: Ready, step: int, tokens: int) -> None:
        """Ask the model, which stands still meanwhile, and save it."""
        model = found.checkpoint.model
        learning = model.training
        model.eval()
        try:
            seen = self._watch(found.checkpoint, step, tokens)
            if not np.isfinite(seen.word.vectors).all():  # the next loss would say so
                raise ValueError(
                    f"the model's numbers are no longer finite after step {step:,}; lower the "
                    "learning rates"
                )
            self.snapshots.append(seen)
            if step:
                self.files.save(step, model, found.checkpoint.tokenizer, self._passing)
                self._saved = self._passing = step
        finally:
            model.train(learning)
