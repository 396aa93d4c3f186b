"""Training on both objectives: our loop beside the `transformers` Trainer, each in its own process.

`python -m benchmarks.train [--full] [--steps 20] [--rows 64] [--device cpu] [--json]`

Both go on from the bundled model on the same rows with the same settings: batches of at most
64 x 128 tokens (or --rows), bf16, AdamW, no dropout. Rows are those of the recipe, long and short:
the Trainer takes 64 of them as they come and pads them, as it does unless told otherwise; in our
loop short ones share a line. With --full all have 128 tokens, so that nobody pads and batches
are the same. Speed is that of tokens that are not padding; the loss is that of held-out rows. They
take four steps each in turns, since the speed of a shared machine changes from minute to minute;
the first eight do not count. Beside the speeds stands what a plain matrix product in bf16 reaches,
measured between the steps. On a GPU, rows are masked before they are needed, and the memory is that
of the GPU. The text is part of the recipe's (fetched once).
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

import numpy as np

from benchmarks.table import Result, arguments, machine, report
from benchmarks.training_ways import MASK_RATE, ours, trainer, wait
from bert_core.data.batching import RowBatch
from bert_core.data.masking import IntArray

STEPS, WARM_UP, TOGETHER, ROWS = 20, 8, 4, 64
PRODUCT = {"cpu": 2_048, "cuda": 8_192}
"""Rows and columns of the matrix product."""
WAYS = {
    "ours": ("our loop", ours),
    "trainer": ("transformers Trainer, BertForPreTraining", trainer),
}
TAKEN = "steps are taken"


class _Turns:
    """A few steps, then the other process, which says by a line on standard input when it is done.

    After every step, it notes the most memory so far, in gigabytes, of the process or of what it
    has on the GPU, and the speed of a matrix product at that time.
    """

    def __init__(self, device: str) -> None:
        import torch

        size = PRODUCT[device]
        self.device, self.peak, self._left = device, 0.0, 0
        self._given = torch.ones(size, size, dtype=torch.bfloat16, device=device)
        self._found = torch.empty_like(self._given)
        self._seconds: list[float] = []

    @contextmanager
    def step(self) -> Iterator[None]:
        """Entered before a step and left after it."""
        import torch

        if not self._left:
            sys.stdin.readline()
            self._left = TOGETHER
        yield
        self.peak = max(self.peak, _peak(self.device))
        wait(self.device)
        began = time.perf_counter()
        torch.mm(self._given, self._given, out=self._found)
        wait(self.device)
        self._seconds.append(time.perf_counter() - began)
        self._left -= 1
        if not self._left:
            print(TAKEN, flush=True)

    def end(self) -> None:
        """Wait for a turn to answer in."""
        if self._left:
            print(TAKEN, flush=True)
        sys.stdin.readline()

    def operations_per_second(self) -> float:
        """Of the matrix product in bf16, the median."""
        return 2 * PRODUCT[self.device] ** 3 / median(self._seconds)


def _peak(device: str) -> float:
    import torch

    if device != "cpu":
        return torch.cuda.max_memory_allocated() / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def operations(lengths: IntArray) -> float:
    """Of the matrix products that the losses need for rows of these lengths, forward (2 a weight)
    and backward (4).

    The encoder's weights work for every token, its attention for all pairs of tokens of a row; in
    the last layer all but keys and values work for the masked places and [CLS] alone, as the
    masked-word head and the pooler do.
    """
    from bert_core.checkpoint.config_file import read_config
    from bert_core.checkpoint.find import find_folder

    config = read_config(find_folder("bundled"))
    wide, before = config.hidden_size, config.num_hidden_layers - 1
    tokens, rows = lengths.sum(), len(lengths)
    read, masked = MASK_RATE * tokens + rows, MASK_RATE * tokens
    weights = (before * tokens + read) * 2 * (wide**2 + wide * config.intermediate_size)
    weights += (before + 1) * tokens * 2 * wide**2  # keys and values
    attention = 2 * wide * (before * lengths**2 + (MASK_RATE * lengths + 1) * lengths).sum()
    head = masked * (wide**2 + wide * config.vocab_size) + rows * wide**2
    return float(6 * (weights + attention + head))


def _lengths(batch: RowBatch) -> IntArray:
    """Of the rows, padding not counted."""
    kept = ~batch.padding
    if batch.rows is None:
        found: IntArray = kept.sum(1)
        return found
    lines = zip(batch.rows, kept, strict=True)
    return np.concatenate([np.bincount(numbers[of_line]) for numbers, of_line in lines])


def _child(way: str, steps: int, size: int, device: str, full: bool) -> Result:
    turns = _Turns(device)
    done, losses = WAYS[way][1](WARM_UP + steps, size, device, full, turns.step)
    turns.end()
    seconds = [taken for taken, _ in done[WARM_UP:]]
    lengths = np.concatenate([_lengths(batch) for _, batch in done[WARM_UP:]])
    work = operations(lengths) / sum(seconds)
    return {
        "tokens_per_second": int(lengths.sum()) / sum(seconds),
        "padding": float(np.mean([batch.padding.mean() for _, batch in done])),
        "peak_gb": turns.peak,
        "loss": sum(losses) / len(losses),
        "operations_per_second": work,
        "of_a_product": work / turns.operations_per_second(),
        "seconds": seconds,
    }


def measure(
    steps: int = STEPS, size: int = ROWS, device: str = "cpu", full: bool = False
) -> Result:
    """Each in a process of its own, a few steps each in turns."""
    given = ["--steps", str(steps), "--rows", str(size), "--device", device]
    given += ["--full"] if full else []
    result: Result = {
        "machine": machine(), "steps": steps, "rows": size, "device": device, "full": full,
    }  # fmt: skip
    with ExitStack() as open_ones:
        learning = {
            way: open_ones.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "benchmarks.train", "--only", way, *given],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for way in WAYS
        }
        while learning:
            for way, process in list(learning.items()):
                assert process.stdin is not None and process.stdout is not None
                process.stdin.write("\n")
                process.stdin.flush()
                line = process.stdout.readline()
                while line and line.strip() != TAKEN and not line.startswith('{"tokens'):
                    line = process.stdout.readline()  # what the Trainer says
                if line.strip() != TAKEN:
                    result[way] = json.loads(line)
                    del learning[way]
    return result


def rows(result: Result) -> list[tuple[str, ...]]:
    """The result as a table."""
    which = "full rows" if result["full"] else "rows of the recipe"
    table: list[tuple[str, ...]] = [
        (f"{result['rows']} x 128 tokens a step, {which}, bf16", "tokens/s", "padding",
         "peak GB", f"loss after {WARM_UP + result['steps']}", "of a matrix product"),
    ]  # fmt: skip
    for way, (name, _) in WAYS.items():
        found = result[way]
        table.append((
            name, f"{found['tokens_per_second']:,.0f}", f"{found['padding']:.0%}",
            f"{found['peak_gb']:.1f}", f"{found['loss']:.3f}", f"{found['of_a_product']:.0%}",
        ))  # fmt: skip
    speed, memory = (
        result["ours"][key] / result["trainer"][key] for key in ("tokens_per_second", "peak_gb")
    )
    table.append(("ours beside it", f"{speed:.2f} x", "", f"{memory:.2f} x", "", ""))
    return table


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--full", action="store_true", help="rows of 128 tokens alone")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--rows", type=int, default=ROWS, help="of a step")
    parser.add_argument("--device", choices=list(PRODUCT), default="cpu")
    parser.add_argument("--only", choices=list(WAYS), help="one of the two, in this process")
    options = parser.parse_args()
    given = options.steps, options.rows, options.device, options.full
    if options.only:
        print(json.dumps(_child(options.only, *given)))
        return
    result = measure(*given)
    report(result, rows(result), options.json)


if __name__ == "__main__":
    main()
