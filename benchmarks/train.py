"""Training on both objectives: our loop beside the `transformers` Trainer, each in its own process.

`python -m benchmarks.train [--rounds 3] [--steps 8] [--rows 64] [--device cpu] [--json]`

Both go on from the bundled model on the same rows, all of 128 tokens, so that neither pads; the
same masks, 64 rows a step (or --rows), bf16, AdamW with the same settings, no dropout. The text is
part of the recipe's (fetched once). They take turns, and figures are medians of the rounds, since
the speed of a shared machine changes from minute to minute. Beside the speeds stands what a plain
matrix product in bf16 reaches, measured between the steps. On a GPU, rows are masked before they
are needed, and the memory is that of the GPU.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from itertools import count, islice
from statistics import median
from typing import Any

import numpy as np

from benchmarks.table import Result, arguments, machine, report

ROUNDS, STEPS, WARM_UP, ROWS, LENGTH = 3, 8, 20, 64, 128
RATE, WARMUP_SHARE, MASK_RATE, SEED = 1e-4, 0.1, 0.15, 42
PRODUCT = {"cpu": 2_048, "cuda": 8_192}
"""Rows and columns of the matrix product."""
WAYS = {"ours": "our loop", "trainer": "transformers Trainer, BertForPreTraining"}


def _batches(steps: int, size: int) -> tuple[Any, list[Any]]:
    """The tokenizer, and as many batches of full rows, the same in every process.

    Where the text is too short for so many, it is read again, in another order.
    """
    from bert_core.checkpoint.load import load_tokenizer
    from bert_core.data.batching import RowBatch
    from bert_core.data.corpora import packaged_documents
    from bert_core.data.sentence_pairs import RowMaker
    from bert_core.training.text import tokenise

    tokenizer = load_tokenizer("bundled")
    documents = tokenise(packaged_documents(sources=["wikipedia"])[:2_000], tokenizer)
    maker = RowMaker(tokenizer.cls_id, tokenizer.sep_id, LENGTH, short=0.0, single=0.0)
    passes = (maker.rows(documents, np.random.default_rng([SEED, number])) for number in count())
    full = (row for one in passes for row in one if len(row.ids) == LENGTH)
    rows = list(islice(full, steps * size))
    batches = []
    for at in range(0, len(rows), size):
        part = rows[at : at + size]
        ids, segments = (np.array([getattr(row, name) for row in part]) for name in (
            "ids", "segment_ids"
        ))  # fmt: skip
        labels = np.array([row.next_label for row in part])
        batches.append(RowBatch(ids, segments, np.zeros(ids.shape, bool), labels))
    return tokenizer, batches


def _ours(steps: int, size: int, device: str, between: _Between) -> list[tuple[float, float]]:
    """(seconds, loss) of every step."""
    import torch

    from bert_core.training.memory import keep_freed_memory

    keep_freed_memory()
    from bert_core.checkpoint.load import load_checkpoint
    from bert_core.data.sentence_pairs import TokenisedDocument
    from bert_core.training.arguments import TrainingArguments
    from bert_core.training.engine import find_engine
    from bert_core.training.loop import Trainer, set_dropout

    tokenizer, batches = _batches(steps, size)
    model = load_checkpoint("bundled", device=device).model.train().requires_grad_(True)
    settings = TrainingArguments(
        tokens=steps * size * LENGTH, body_rate=RATE, head_rate=RATE, warmup=WARMUP_SHARE,
        mask_rate=MASK_RATE, seed=SEED,
    )  # fmt: skip
    set_dropout(model, settings.dropout)
    trainer = Trainer(
        model, tokenizer, [TokenisedDocument("", ((5,),))], settings,
        engine=find_engine(torch.device(device)),
    )  # fmt: skip
    ahead = device != "cpu"  # there other processes mask, as the Trainer's loader does
    masked = [_masked(batch, tokenizer, step) for step, batch in enumerate(batches) if ahead]
    done = []
    for step, batch in enumerate(batches):
        began = time.perf_counter()
        rows = masked[step] if ahead else _masked(batch, tokenizer, step)
        mlm, nsp, _ = trainer._train_on(rows)
        done.append((time.perf_counter() - began, mlm + nsp))
        between.measure()
    return done


def _masked(batch: Any, tokenizer: Any, step: int) -> Any:
    from bert_core.training.objectives import mask_rows

    rng = np.random.default_rng([SEED, 0, 1 + step])  # as the loop draws them
    return mask_rows(batch, tokenizer, rng, MASK_RATE)


def _trainer(steps: int, size: int, device: str, between: _Between) -> list[tuple[float, float]]:
    import torch
    from torch.utils.data import SequentialSampler
    from transformers import BertForPreTraining, Trainer, TrainerCallback, TrainingArguments

    from bert_core.checkpoint.find import find_folder

    tokenizer, batches = _batches(steps, size)
    rows: list[dict[str, Any]] = []
    for step, batch in enumerate(batches):
        masked = _masked(batch, tokenizer, step).to(torch.device("cpu"))
        labels = torch.full((size * LENGTH,), -100)
        labels[masked.places] = masked.targets
        for at in range(size):
            rows.append({
                "input_ids": masked.ids[at], "token_type_ids": masked.segment_ids[at],
                "attention_mask": torch.ones(LENGTH, dtype=torch.long),
                "labels": labels.view(size, LENGTH)[at],
                "next_sentence_label": int(masked.next_labels[at]),
            })  # fmt: skip

    class InOrder(Trainer):
        def _get_train_sampler(self, *_: Any) -> SequentialSampler:
            return SequentialSampler(rows)

    times: list[float] = []

    class Clock(TrainerCallback):
        def on_step_begin(self, *_: Any, **__: Any) -> None:
            times.append(-time.perf_counter())

        def on_step_end(self, *_: Any, **__: Any) -> None:
            _wait(device)
            times[-1] += time.perf_counter()
            between.measure()

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
        trainer = InOrder(model, settings, train_dataset=rows, callbacks=[Clock()])
        trainer.train()
        losses = [line["loss"] for line in trainer.state.log_history if "loss" in line]
    return list(zip(times, map(float, losses), strict=True))


class _Between:
    """What is measured after every step: most memory so far, in gigabytes, of the process or of
    what it has on the GPU, and the speed of a matrix product at that time."""

    def __init__(self, device: str) -> None:
        import torch

        size = PRODUCT[device]
        self.device, self.peak = device, 0.0
        self._given = torch.ones(size, size, dtype=torch.bfloat16, device=device)
        self._found = torch.empty_like(self._given)
        self._seconds: list[float] = []

    def measure(self) -> None:
        import torch

        self.peak = max(self.peak, _peak(self.device))
        _wait(self.device)
        began = time.perf_counter()
        torch.mm(self._given, self._given, out=self._found)
        _wait(self.device)
        self._seconds.append(time.perf_counter() - began)

    def operations_per_second(self) -> float:
        """Of the matrix product in bf16, the median."""
        return 2 * PRODUCT[self.device] ** 3 / median(self._seconds)


def _peak(device: str) -> float:
    import torch

    if device != "cpu":
        return torch.cuda.max_memory_allocated() / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _wait(device: str) -> None:
    import torch

    if device != "cpu":
        torch.cuda.synchronize()


def operations_a_token() -> float:
    """Of the matrix products that the losses need, forward (2 a weight) and backward (4), a token.

    The encoder's weights work for every token, its attention for all pairs of tokens; in the last
    layer all but keys and values work for the masked places and [CLS] alone, as the masked-word
    head and the pooler do.
    """
    from bert_core.checkpoint.config_file import read_config
    from bert_core.checkpoint.find import find_folder

    config = read_config(find_folder("bundled"))
    wide, layers = config.hidden_size, config.num_hidden_layers
    read = MASK_RATE + 1 / LENGTH
    weights = (layers - 1 + read) * 2 * (wide**2 + wide * config.intermediate_size)
    weights += layers * 2 * wide**2  # keys and values
    attention = (layers - 1 + read) * 2 * LENGTH * wide
    head = MASK_RATE * (wide**2 + wide * config.vocab_size) + wide**2 / LENGTH
    return 6 * (weights + attention + head)


def _child(way: str, steps: int, size: int, device: str) -> Result:
    between = _Between(device)
    learn = {"ours": _ours, "trainer": _trainer}[way]
    done = learn(WARM_UP + steps, size, device, between)
    seconds = median(taken for taken, _ in done[WARM_UP:])
    return {
        "tokens_per_second": size * LENGTH / seconds,
        "peak_gb": between.peak,
        "loss": sum(loss for _, loss in done[-5:]) / 5,
        "operations_per_second": operations_a_token() * size * LENGTH / seconds,
        "product_operations_per_second": between.operations_per_second(),
    }


def measure(
    rounds: int = ROUNDS, steps: int = STEPS, size: int = ROWS, device: str = "cpu"
) -> Result:
    """Each in turn, in a process of its own: a list of what was measured in every round."""
    result: Result = {"machine": machine(), "steps": steps, "rows": size, "device": device}
    given = ["--steps", str(steps), "--rows", str(size), "--device", device]
    for _ in range(rounds):
        for way in WAYS:
            command = [sys.executable, "-m", "benchmarks.train", "--only", way, *given]
            output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            result.setdefault(way, []).append(json.loads(output.splitlines()[-1]))
    return result


def rows(result: Result) -> list[tuple[str, ...]]:
    """The result as a table."""
    table: list[tuple[str, ...]] = [
        (f"{result['rows']} x 128 tokens a step, bf16, medians", "tokens/s", "peak GB",
         f"loss after {WARM_UP + result['steps']}", "of a matrix product"),
    ]  # fmt: skip
    for way, name in WAYS.items():
        done = result[way]
        speed, peak, loss = (
            median(one[key] for one in done) for key in ("tokens_per_second", "peak_gb", "loss")
        )
        share = median(
            one["operations_per_second"] / one["product_operations_per_second"] for one in done
        )
        table.append((name, f"{speed:,.0f}", f"{peak:.1f}", f"{loss:.3f}", f"{share:.0%}"))
    pairs = list(zip(result["ours"], result["trainer"], strict=True))
    times, memory = (
        [one[key] / other[key] for one, other in pairs] for key in ("tokens_per_second", "peak_gb")
    )
    spread = f"{min(times):.1f} to {max(times):.1f}"
    table.append((
        f"ours beside it, {len(pairs)} rounds ({spread})", f"{median(times):.2f} x",
        f"{median(memory):.2f} x", "", "",
    ))  # fmt: skip
    return table


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--rows", type=int, default=ROWS, help="of a step")
    parser.add_argument("--device", choices=list(PRODUCT), default="cpu")
    parser.add_argument("--only", choices=list(WAYS), help="one of the two, in this process")
    options = parser.parse_args()
    if options.only:
        given = options.steps, options.rows, options.device
        print(json.dumps(_child(options.only, *given)))
        return
    result = measure(options.rounds, options.steps, options.rows, options.device)
    report(result, rows(result), options.json)


if __name__ == "__main__":
    main()
