"""The training loop: rows -> masks -> losses -> step, repeatable and resumable."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import nn

from bert_core.data.batching import packed_rows
from bert_core.data.sentence_pairs import RowMaker, TokenisedDocument
from bert_core.model.bert import Bert
from bert_core.tokenizer import Tokenizer
from bert_core.training.ahead import in_order
from bert_core.training.arguments import TrainingArguments
from bert_core.training.engine import Engine
from bert_core.training.memory import return_freed_memory, return_kept_memory
from bert_core.training.objectives import MaskedRows, Pretraining, mask_rows
from bert_core.training.optimizer import make_optimizer
from bert_core.training.progress import Meter, Progress
from bert_core.training.sense_contrast import SenseBatches, sense_loss
from bert_core.training.state import (
    Reached,
    Run,
    load_state,
    save_state,
    saved_step,
    state_tensors,
)

Placed = tuple[int, int, MaskedRows]
"""A batch, after the number of its pass over the text and its own in that pass."""


class Stopped(Exception):
    """The run was asked to stop, and did so between two steps, its state saved."""


class Trainer:
    """One run over tokenised documents.

    Args:
        model: trained in place.
        tokenizer: of the documents.
        documents: as ids.
        arguments: the settings.
        state_folder: where the state to go on from is kept; None keeps none.
        on_progress: called with every line of the log.
        senses: for the third objective.
        stop: asked between steps whether to stop.
        engine: one process or several; one when left out.
        on_note: told in words where a run that goes on differs from what it was.

    Raises:
        ValueError: when the documents hold no text.
    """

    def __init__(
        self,
        model: Bert,
        tokenizer: Tokenizer,
        documents: Sequence[TokenisedDocument],
        arguments: TrainingArguments,
        state_folder: Path | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        senses: SenseBatches | None = None,
        stop: Callable[[], bool] | None = None,
        engine: Engine | None = None,
        on_note: Callable[[str], None] | None = None,
    ) -> None:
        if not any(document.sentences for document in documents):
            raise ValueError("the training text is empty; give at least one document")
        if not _has_words(documents, tokenizer):
            raise ValueError(
                "no word of the training text is in the vocabulary; give text in the language of "
                "the tokenizer"
            )
        self.model, self.tokenizer, self.documents = model, tokenizer, documents
        self.arguments, self.state_folder, self.on_progress = arguments, state_folder, on_progress
        self.senses, self.stop, self.on_note = senses, stop, on_note
        self.engine = engine or Engine(precision=arguments.precision)
        self.reached = Reached()
        self._shape: tuple[int, ...] = ()
        self.losses = self.engine.prepare(Pretraining(model))
        self.optimizer = make_optimizer(model, arguments)

    @property
    def step(self) -> int:
        """Steps taken."""
        return self.reached.step

    @property
    def tokens(self) -> int:
        """Tokens read, padding not counted."""
        return self.reached.tokens

    def run(self, resume: bool = False) -> None:
        """Train to the end; with `resume`, from the last saved state if there is one.

        Raises:
            ValueError: when the loss is no longer a number, the state is that of another run, or
                more was read than is asked for.
            OSError: when the state cannot be written.
            Stopped: when `stop` said so.
        """
        if resume and self.state_folder is not None:
            self._go_on(self.state_folder)
        set_dropout(self.model, self.arguments.dropout)
        self.model.train()
        with closing(in_order(self._one_pass, self.engine.makers, self.reached.epoch)) as batches:
            self._learn(batches, Meter())
        self.model.eval()

    def _go_on(self, folder: Path) -> None:
        saved = load_state(folder, self.model, self.optimizer, self._run, self.engine)
        notes = [f"there is no state in '{folder}': the run begins anew"]
        if saved is not None:
            self.reached, notes = saved
        if self.tokens > self.arguments.tokens:
            raise ValueError(
                f"{self.tokens:,} tokens were read already; give more with --tokens, not "
                f"{self.arguments.tokens:,}"
            )
        for note in notes:
            if self.on_note is not None and self.engine.rank == 0:
                self.on_note(note)

    def _learn(self, batches: Iterator[Placed], meter: Meter) -> None:
        """Take a step with each batch until enough was read."""
        saved = self.step
        while self.tokens < self.arguments.tokens:
            epoch, number, batch = next(batches)
            meter.add(self._train_on(batch), batch.tokens)
            self.reached = replace(self.reached, epoch=epoch, batch=number + 1)
            if self.step % self.arguments.log_every == 0:
                self._tell(meter)
            if self.step % self.arguments.save_every == 0:
                self._save()
                return_freed_memory()
                saved = self.step
            if self.stop is not None and self.engine.any_of(self.stop()):
                self._save()
                raise Stopped(f"stopped at step {self.step:,} after {self.tokens:,} tokens")
        if meter.losses:
            self._tell(meter)
        if saved < self.step:  # what is done with the model may fail
            self._save()

    def _tell(self, meter: Meter) -> None:
        progress = meter.read(self.step, self.tokens, self.arguments)
        if self.on_progress is None or self.engine.rank:
            return
        try:
            self.on_progress(progress)
        except OSError:  # the log's disk is full, which need not be that of the state
            if self.engine.processes == 1:
                self._save()
            raise

    def _save(self) -> None:
        if self.state_folder is not None:
            tensors = state_tensors(self.model, self.optimizer, self.engine)
            if self.engine.rank == 0:
                save_state(self.state_folder, tensors, self.reached, self._run)
        self.engine.wait()

    @cached_property
    def _run(self) -> Run:
        """What the run was given: the text, in numbers, and all settings."""
        sentences = tokens = sum_of_ids = 0
        for document in self.documents:
            for sentence in document.sentences:
                sentences, tokens = sentences + 1, tokens + len(sentence)
                sum_of_ids += sum(sentence)
        documents = len(self.documents)
        counts = f"{documents:,} documents, {sentences:,} sentences, {tokens:,} tokens"
        return {"text": f"{counts}, ids {sum_of_ids:,} in sum", **asdict(self.arguments)}

    def _one_pass(self, epoch: int) -> Iterator[Placed]:
        """The text once, cut, ordered and masked anew by the seed; what was read is left out."""
        read = self.reached.batch if epoch == self.reached.epoch else 0
        asked, tokenizer = self.arguments, self.tokenizer
        maker = RowMaker(
            tokenizer.cls_id, tokenizer.sep_id, asked.length, asked.short, asked.single
        )
        seed, size = asked.seed, asked.batch_tokens
        rng = np.random.default_rng([seed, epoch])
        rows = maker.rows(self.documents, rng)
        batches = enumerate(packed_rows(rows, size, tokenizer.pad_id, rng))
        for number, batch in islice(batches, read, None):
            chance = np.random.default_rng([seed, epoch, 1 + number])
            masked = mask_rows(batch, tokenizer, chance, asked.mask_rate, asked.masking)
            yield epoch, number, masked

    def _train_on(self, batch: MaskedRows) -> tuple[float, float, float]:
        """One step: the losses of masked words, next sentence and senses."""
        factor = self.arguments.rate_factor(self.tokens / self.arguments.tokens)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * factor
        device = self.model.device
        shape = batch.ids.shape
        if shape != self._shape:  # what another shape left free is in the wrong places
            return_kept_memory()
        # lines of several rows ask for another number of places each time
        self._shape = shape if batch.rows is None else ()
        masked = batch.to(device)
        _seed(device, self.arguments.seed + self.step)  # for dropout, wherever the run began
        part = masked.part(self.engine.rank, self.engine.processes)
        own = self.engine.learn(self.losses, part, masked.counts, self.arguments.accumulate)
        mlm_loss, nsp_loss = self.engine.total(own)
        said = mlm_loss, nsp_loss, self._contrast_senses()
        norm = self.engine.whole(
            nn.utils.clip_grad_norm_(self.model.parameters(), self.arguments.clip)
        )
        if not math.isfinite(sum(said) + norm.item()):
            raise ValueError(
                f"the loss is no longer a number at step {self.step:,}; lower the learning rates"
                f"{self._last_good()}"
            )
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.reached = replace(self.reached, step=self.step + 1, tokens=self.tokens + batch.tokens)
        return said

    def _last_good(self) -> str:
        step = None if self.state_folder is None else saved_step(self.state_folder)
        if step is None:
            return ""
        return f". The state of step {step:,}, before that, is in '{self.state_folder}'"

    def _contrast_senses(self) -> float:
        """Add the gradient of the third objective, if there is one; its loss, unweighted."""
        weight = self.arguments.sense_weight
        begun = self.tokens >= self.arguments.sense_start * self.arguments.tokens
        if self.senses is None or not weight or not begun:
            return 0.0
        batch = self.senses.draw(np.random.default_rng([self.arguments.seed, 2, self.step]))
        with self.engine.products():
            loss = sense_loss(self.model, batch, self.arguments.guide_weight)
        torch.autograd.backward(weight * loss)
        self._shape = ()  # this batch has another shape each time
        return loss.item()


def _seed(device: torch.device, number: int) -> None:
    """`torch.manual_seed` for one device; that, without a GPU, notes its caller for later."""
    if device.type == "cuda":
        torch.cuda.manual_seed(number)
    else:
        torch.default_generator.manual_seed(number)


def _has_words(documents: Sequence[TokenisedDocument], tokenizer: Tokenizer) -> bool:
    """Whether there is anything to hide."""
    special = tokenizer.special_ids
    return any(
        not special.issuperset(sentence)
        for document in documents
        for sentence in document.sentences
    )


def set_dropout(model: nn.Module, probability: float) -> None:
    """Set every dropout of the model, in place."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = probability
