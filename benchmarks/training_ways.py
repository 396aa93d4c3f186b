"""The two ways that `benchmarks.train` compares: our loop and the `transformers` Trainer."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from itertools import count as counter
from itertools import islice
from typing import Any

import numpy as np

RATE, WARMUP_SHARE, MASK_RATE, SEED = 1e-4, 0.1, 0.15, 42
LENGTH, HELD_OUT = 128, 4
"""Most tokens of a row; batches for the loss."""

Step = Callable[[], AbstractContextManager[None]]
"""Entered before a step and left after it, and around the losses at the end; what it waits for and
does is not part of the step."""
Learned = tuple[list[tuple[float, Any]], list[float]]
"""Of every step, its seconds and its batch; and the losses of the held-out batches."""


def _text(steps: int, size: int, full: bool) -> tuple[Any, list[Any], list[Any]]:
    """The tokenizer, the rows to learn from, and batches to be held out, masked."""
    from bert_core.checkpoint.load import load_tokenizer

    tokenizer, learned = load_tokenizer("bundled"), steps * size
    rows = _rows(tokenizer, learned + HELD_OUT * size, full)
    held = _as_they_come(rows[learned:], size, tokenizer)
    masked = [_masked(batch, tokenizer, steps + at) for at, batch in enumerate(held)]
    return tokenizer, rows[:learned], masked


def _as_they_come(rows: list[Any], size: int, tokenizer: Any) -> list[Any]:
    """Batches of `size` rows, padded to the longest."""
    from bert_core.data.batching import batch_rows

    parts = (rows[at : at + size] for at in range(0, len(rows), size))
    return [batch for part in parts for batch in batch_rows(part, size * LENGTH, tokenizer.pad_id)]


def _rows(tokenizer: Any, count: int, full: bool) -> list[Any]:
    """As many rows, the same in every process.

    Where the text is too short for so many, it is read again, in another order.
    """
    from bert_core.data.corpora import packaged_documents
    from bert_core.data.sentence_pairs import RowMaker
    from bert_core.training.text import tokenise

    documents = tokenise(packaged_documents(sources=["wikipedia"])[:2_000], tokenizer)
    own = {"short": 0.0, "single": 0.0} if full else {}
    maker = RowMaker(tokenizer.cls_id, tokenizer.sep_id, LENGTH, **own)
    passes = (maker.rows(documents, np.random.default_rng([SEED, number])) for number in counter())
    rows = (row for one in passes for row in one if len(row.ids) == LENGTH or not full)
    return list(islice(rows, count))


def ours(steps: int, size: int, device: str, full: bool, step: Step) -> Learned:
    """Our loop; see `benchmarks.train` for what it is given."""
    import torch

    from bert_core.training.memory import keep_freed_memory

    keep_freed_memory()
    from bert_core.checkpoint.load import load_checkpoint
    from bert_core.data.batching import packed_rows
    from bert_core.data.sentence_pairs import TokenisedDocument
    from bert_core.training.arguments import TrainingArguments
    from bert_core.training.engine import find_engine
    from bert_core.training.loop import Trainer, set_dropout
    from bert_core.training.objectives import pretraining_losses

    tokenizer, rows, held = _text(steps, size, full)
    if full:
        batches = _as_they_come(rows, size, tokenizer)
    else:
        rng = np.random.default_rng(SEED)
        batches = list(packed_rows(rows, size * LENGTH, tokenizer.pad_id, rng))
    model = load_checkpoint("bundled", device=device).model.train().requires_grad_(True)
    settings = TrainingArguments(
        tokens=sum(batch.tokens for batch in batches), body_rate=RATE, head_rate=RATE,
        warmup=WARMUP_SHARE, mask_rate=MASK_RATE, seed=SEED,
    )  # fmt: skip
    set_dropout(model, settings.dropout)
    learner = Trainer(
        model, tokenizer, [TokenisedDocument("", ((5,),))], settings,
        engine=find_engine(torch.device(device)),
    )  # fmt: skip
    ahead = device != "cpu"  # there other processes mask, as the Trainer's loader does
    masked = [_masked(batch, tokenizer, at) for at, batch in enumerate(batches) if ahead]
    done = []
    for number, batch in enumerate(batches):
        with step():
            began = time.perf_counter()
            learner._train_on(masked[number] if ahead else _masked(batch, tokenizer, number))
            done.append((time.perf_counter() - began, batch))
    with step(), torch.no_grad(), torch.autocast(device, torch.bfloat16):
        losses = [
            pretraining_losses(model.eval(), asked.to(model.device)).total.item() for asked in held
        ]
    return done, losses


def _masked(batch: Any, tokenizer: Any, step: int) -> Any:
    from bert_core.training.objectives import mask_rows

    rng = np.random.default_rng([SEED, 0, 1 + step])  # as the loop draws them
    return mask_rows(batch, tokenizer, rng, MASK_RATE)


def trainer(steps: int, size: int, device: str, full: bool, step: Step) -> Learned:
    """The Trainer with BertForPreTraining, given masked rows."""
    import torch
    from torch.utils.data import SequentialSampler
    from transformers import BertForPreTraining, Trainer, TrainerCallback, TrainingArguments

    from bert_core.checkpoint.find import find_folder

    tokenizer, made, held = _text(steps, size, full)
    batches = _as_they_come(made, size, tokenizer)
    inputs = [_inputs(_masked(batch, tokenizer, at)) for at, batch in enumerate(batches)]
    rows = [
        {name: tensor[at] for name, tensor in batch.items()}
        for batch in inputs
        for at in range(size)
    ]

    class InOrder(Trainer):
        def _get_train_sampler(self, *_: Any) -> SequentialSampler:
            return SequentialSampler(rows)

    times, own = list[float](), ExitStack()

    class Clock(TrainerCallback):
        def on_step_begin(self, *_: Any, **__: Any) -> None:
            own.enter_context(step())
            times.append(-time.perf_counter())

        def on_step_end(self, *_: Any, **__: Any) -> None:
            wait(device)
            times[-1] += time.perf_counter()
            own.close()

    model = BertForPreTraining.from_pretrained(
        find_folder("bundled"), dtype=torch.float32, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        settings = TrainingArguments(
            output_dir=folder, per_device_train_batch_size=size, max_steps=steps,
            use_cpu=device == "cpu", bf16=True, learning_rate=RATE,
            warmup_steps=round(WARMUP_SHARE * steps), weight_decay=0.01, adam_beta2=0.98,
            adam_epsilon=1e-6, max_grad_norm=1.0, optim="adamw_torch_fused", logging_steps=1,
            save_strategy="no", report_to=[], disable_tqdm=True, seed=SEED,
            dataloader_drop_last=True,
        )  # fmt: skip
        InOrder(model, settings, train_dataset=rows, callbacks=[Clock()]).train()
    with step(), torch.no_grad(), torch.autocast(device, torch.bfloat16):
        losses = []
        for asked in held:
            there = {name: tensor.to(model.device) for name, tensor in _inputs(asked).items()}
            losses.append(model.eval()(**there).loss.item())
    return list(zip(times, batches, strict=True)), losses


def _inputs(masked: Any) -> dict[str, Any]:
    """A masked batch under the names that `transformers` has."""
    import torch

    asked = masked.to(torch.device("cpu"))
    labels = torch.full(asked.ids.shape, -100)
    labels.view(-1)[asked.places] = asked.targets
    padding = torch.zeros_like(asked.ids) if asked.padding is None else asked.padding
    return {
        "input_ids": asked.ids, "token_type_ids": asked.segment_ids,
        "attention_mask": 1 - padding.long(), "labels": labels,
        "next_sentence_label": asked.next_labels,
    }  # fmt: skip


def wait(device: str) -> None:
    """Until the device has done all it was given."""
    import torch

    if device != "cpu":
        torch.cuda.synchronize()
