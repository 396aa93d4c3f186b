"""The training loop: rows -> masks -> losses -> step, repeatable and resumable."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import nn

from bert_core.data.batching import batch_rows
from bert_core.data.sentence_pairs import RowMaker, TokenisedDocument
from bert_core.model.bert import Bert
from bert_core.tokenizer import Tokenizer
from bert_core.training.ahead import in_order
from bert_core.training.arguments import TrainingArguments
from bert_core.training.engine import Engine
from bert_core.training.memory import return_freed_memory, return_kept_memory
from bert_core.training.objectives import MaskedRows, Pretraining, mask_rows
from bert_core.training.sense_contrast import SenseBatches, sense_loss
from bert_core.training.state import Run, load_state, save_state, saved_step, state_tensors


@dataclass(frozen=True)
class Progress:
    """One line of the log: means over the steps since the line before."""

    step: int
    tokens: int
    """Tokens read so far, padding not counted."""
    mlm_loss: float
    nsp_loss: float
    sense_loss: float
    """0 where senses are not contrasted."""
    rate_factor: float
    """Share of the peak learning rate."""
    tokens_per_second: float
    seconds_left: float

    def line(self) -> str:
        """The same in words."""
        senses = f"senses {self.sense_loss:.3f}  " if self.sense_loss else ""
        return (
            f"step {self.step}  {self.tokens / 1e6:.2f} M tokens  masked words "
            f"{self.mlm_loss:.3f}  next sentence {self.nsp_loss:.3f}  {senses}"
            f"{self.tokens_per_second:,.0f} tokens/s  {self.seconds_left / 60:.0f} min left"
        )


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
        self.senses, self.stop, self.engine = senses, stop, engine or Engine()
        self.step = self.tokens = 0
        self._shape: tuple[int, ...] = ()
        self.losses = self.engine.prepare(Pretraining(model))
        self.optimizer = _optimizer(model, arguments)

    def run(self, resume: bool = False) -> None:
        """Train to the end; with `resume`, from the last saved state if there is one.

        Raises:
            ValueError: when the loss is no longer a number, or the state is that of another run.
            OSError: when the state cannot be written.
            Stopped: when `stop` said so.
        """
        if resume and self.state_folder is not None:
            saved = load_state(
                self.state_folder, self.model, self.optimizer, self._same_run, self.engine
            )
            self.step, self.tokens = saved or (0, 0)
        set_dropout(self.model, self.arguments.dropout)
        self.model.train()
        with closing(in_order(self._one_pass, self.engine.makers)) as batches:
            self._learn(islice(batches, self.step, None), _Meter(self))
        self.model.eval()

    def _learn(self, batches: Iterator[MaskedRows], meter: _Meter) -> None:
        """Take a step with each batch until enough was read."""
        while self.tokens < self.arguments.tokens:
            batch = next(batches)
            meter.add(self._train_on(batch), batch.tokens)
            if self.step % self.arguments.log_every == 0:
                progress = meter.read()
                if self.on_progress is not None and self.engine.rank == 0:
                    self.on_progress(progress)
            if self.step % self.arguments.save_every == 0:
                self._save()
                return_freed_memory()
            if self.stop is not None and self.engine.any_of(self.stop()):
                self._save()
                raise Stopped(f"stopped at step {self.step:,} after {self.tokens:,} tokens")

    def _save(self) -> None:
        if self.state_folder is not None:
            tensors = state_tensors(self.model, self.optimizer, self.engine)
            if self.engine.rank == 0:
                save_state(self.state_folder, tensors, self.step, self.tokens, self._same_run)
        self.engine.wait()

    @cached_property
    def _same_run(self) -> Run:
        """What a run that goes on must have in common: else its batches would be others."""
        sentences = sum(len(document.sentences) for document in self.documents)
        tokens = sum(len(part) for document in self.documents for part in document.sentences)
        documents = len(self.documents)
        return {
            "text": f"{documents:,} documents, {sentences:,} sentences, {tokens:,} tokens",
            "seed": self.arguments.seed,
            "length": self.arguments.length,
            "batch_tokens": self.arguments.batch_tokens,
        }

    def _one_pass(self, epoch: int) -> Iterator[MaskedRows]:
        """The text once, cut, ordered and masked anew by the seed."""
        maker = RowMaker(self.tokenizer.cls_id, self.tokenizer.sep_id, self.arguments.length)
        seed, size = self.arguments.seed, self.arguments.batch_tokens
        rng = np.random.default_rng([seed, epoch])
        rows = maker.rows(self.documents, rng)
        for number, batch in enumerate(batch_rows(rows, size, self.tokenizer.pad_id, rng)):
            chance = np.random.default_rng([seed, epoch, 1 + number])
            yield mask_rows(
                batch, self.tokenizer, chance, self.arguments.mask_rate, self.arguments.masking
            )

    def _train_on(self, batch: MaskedRows) -> tuple[float, float, float]:
        """One step: the losses of masked words, next sentence and senses."""
        factor = self.arguments.rate_factor(self.tokens / self.arguments.tokens)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * factor
        device = self.model.device
        shape = *batch.ids.shape, batch.padding is None
        settling = self.step.bit_count() <= 2  # up to 6 steps, and after 8, 9, 10, 12, 16..
        if settling or shape != self._shape:  # what another shape left free is in the wrong places
            return_kept_memory()
        self._shape = shape
        masked = batch.to(device)
        _seed(device, self.arguments.seed + self.step)  # for dropout, wherever the run began
        part = masked.part(self.engine.rank, self.engine.processes)
        own = self.engine.learn(self.losses, part, masked.counts)
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
        self.step += 1
        self.tokens += batch.tokens
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
        with torch.autocast(self.model.device.type, torch.bfloat16):
            loss = sense_loss(self.model, batch, self.arguments.guide_weight)
        torch.autograd.backward(weight * loss)
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


def _optimizer(model: Bert, arguments: TrainingArguments) -> torch.optim.AdamW:
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        body = name.startswith(("embeddings.", "encoder."))
        peak = arguments.body_rate if body else arguments.head_rate
        decay = arguments.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((peak, decay), []).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": parameters, "lr": peak, "peak": peak, "weight_decay": decay}
            for (peak, decay), parameters in groups.items()
        ],
        betas=(0.9, 0.98),
        eps=1e-6,
        fused=True,
    )


class _Meter:
    """Means of the losses, and the speed, since it was last read."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer, self.losses = trainer, list[tuple[float, float, float]]()
        self.tokens, self.since = 0, time.monotonic()

    def add(self, losses: tuple[float, float, float], tokens: int) -> None:
        self.losses.append(losses)
        self.tokens += tokens

    def read(self) -> Progress:
        trainer, now = self.trainer, time.monotonic()
        speed = self.tokens / max(now - self.since, 1e-9)
        mlm, nsp, sense = np.array(self.losses).mean(axis=0).tolist()
        self.losses, self.tokens, self.since = [], 0, now
        left = max(0, trainer.arguments.tokens - trainer.tokens)
        return Progress(
            trainer.step,
            trainer.tokens,
            mlm,
            nsp,
            sense,
            trainer.arguments.rate_factor(trainer.tokens / trainer.arguments.tokens),
            speed,
            left / speed,
        )
