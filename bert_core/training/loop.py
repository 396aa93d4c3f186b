"""The training loop: rows -> masks -> losses -> step, repeatable and resumable."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from bert_core.data.batching import RowBatch, batch_rows
from bert_core.data.sentence_pairs import RowMaker, TokenisedDocument
from bert_core.model.bert import Bert
from bert_core.tokenizer import Tokenizer
from bert_core.training.arguments import TrainingArguments
from bert_core.training.memory import return_freed_memory
from bert_core.training.objectives import mask_rows, pretraining_losses
from bert_core.training.state import load_state, save_state


@dataclass(frozen=True)
class Progress:
    """One line of the log: means over the steps since the line before."""

    step: int
    tokens: int
    """Tokens read so far, padding not counted."""
    mlm_loss: float
    nsp_loss: float
    rate_factor: float
    """Share of the peak learning rate."""
    tokens_per_second: float
    seconds_left: float

    def line(self) -> str:
        """The same in words."""
        return (
            f"step {self.step}  {self.tokens / 1e6:.2f} M tokens  masked words "
            f"{self.mlm_loss:.3f}  next sentence {self.nsp_loss:.3f}  "
            f"{self.tokens_per_second:,.0f} tokens/s  {self.seconds_left / 60:.0f} min left"
        )


class Trainer:
    """One run over tokenised documents.

    Raises:
        ValueError: when the documents hold no text, or the loss is no longer a number.
    """

    def __init__(
        self,
        model: Bert,
        tokenizer: Tokenizer,
        documents: Sequence[TokenisedDocument],
        arguments: TrainingArguments,
        state_folder: Path | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None:
        if not any(document.sentences for document in documents):
            raise ValueError("the training text is empty; give at least one document")
        self.model, self.tokenizer, self.documents = model, tokenizer, documents
        self.arguments, self.state_folder, self.on_progress = arguments, state_folder, on_progress
        self.step = self.tokens = 0
        self.optimizer = _optimizer(model, arguments)

    def run(self, resume: bool = False) -> None:
        """Train to the end; with `resume`, from the last saved state if there is one."""
        if resume and self.state_folder is not None:
            saved = load_state(self.state_folder, self.model, self.optimizer)
            self.step, self.tokens = saved or (0, 0)
        set_dropout(self.model, self.arguments.dropout)
        self.model.train()
        meter = _Meter(self)
        for number, batch in enumerate(self._batches()):
            if number < self.step:
                continue
            if self.tokens >= self.arguments.tokens:
                break
            meter.add(*self._train_on(batch), batch.tokens)
            if self.step % self.arguments.log_every == 0 and self.on_progress is not None:
                self.on_progress(meter.read())
            if self.state_folder is not None and self.step % self.arguments.save_every == 0:
                save_state(self.state_folder, self.model, self.optimizer, self.step, self.tokens)
                return_freed_memory()
        self.model.eval()

    def _batches(self) -> Iterator[RowBatch]:
        """Passes over the text, each cut and ordered anew by the seed; endless."""
        maker = RowMaker(self.tokenizer.cls_id, self.tokenizer.sep_id, self.arguments.length)
        epoch = 0
        while True:
            rng = np.random.default_rng([self.arguments.seed, epoch])
            rows = maker.rows(self.documents, rng)
            yield from batch_rows(rows, self.arguments.batch_tokens, self.tokenizer.pad_id, rng)
            epoch += 1

    def _train_on(self, batch: RowBatch) -> tuple[float, float]:
        factor = self.arguments.rate_factor(self.tokens / self.arguments.tokens)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * factor
        rng = np.random.default_rng([self.arguments.seed, 1, self.step])
        device = self.model.device
        masked = mask_rows(batch, self.tokenizer, rng, self.arguments.mask_rate, device)
        torch.manual_seed(self.arguments.seed + self.step)  # for dropout, wherever the run began
        with torch.autocast(device.type, torch.bfloat16):
            losses = pretraining_losses(self.model, masked)
        mlm, nsp = losses.mlm.item(), losses.nsp.item()
        if not math.isfinite(mlm + nsp):
            raise ValueError(
                f"the loss is no longer a number at step {self.step}; lower the learning rate"
            )
        torch.autograd.backward(losses.total)
        nn.utils.clip_grad_norm_(self.model.parameters(), self.arguments.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.tokens += batch.tokens
        return mlm, nsp


def set_dropout(model: nn.Module, probability: float) -> None:
    """Set every dropout of the model, in place."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = probability


def log_to(path: Path) -> Callable[[Progress], None]:
    """A callback that adds one JSON document a line to `path`."""

    def write(progress: Progress) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(progress)) + "\n")

    return write


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
        self.trainer, self.rows = trainer, list[tuple[float, float, int]]()
        self.since = time.monotonic()

    def add(self, mlm: float, nsp: float, tokens: int) -> None:
        self.rows.append((mlm, nsp, tokens))

    def read(self) -> Progress:
        trainer, now = self.trainer, time.monotonic()
        mlm, nsp, tokens = (np.array(column) for column in zip(*self.rows, strict=True))
        speed = float(tokens.sum() / max(now - self.since, 1e-9))
        self.rows, self.since = [], now
        left = max(0, trainer.arguments.tokens - trainer.tokens)
        return Progress(
            trainer.step,
            trainer.tokens,
            float(mlm.mean()),
            float(nsp.mean()),
            trainer.arguments.rate_factor(trainer.tokens / trainer.arguments.tokens),
            speed,
            left / speed,
        )
