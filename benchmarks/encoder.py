"""Our encoder beside that of `transformers`: same weights, same sentences.

`python -m benchmarks.encoder [--turns 30] [--json]`

Both run in this process, one after the other in turns, so that whatever else the machine does meets
both. Measured is the encoder with its pooler if there is one, and no head: the app asks its head
about hidden places only, `transformers` asks its own about every token, so a comparison with heads
would flatter us.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor
from transformers import BertModel
from transformers.utils import logging

from benchmarks.table import Result, arguments, machine, report
from bert_core.checkpoint.find import find_folder
from bert_core.checkpoint.load import Checkpoint, load_checkpoint

PRECISIONS = {"fp32": ("float32", torch.float32), "bf16": ("bfloat16", torch.bfloat16)}
TURNS, WARM_UP = 30, 5

SENTENCES = (
    "We walked along the bank of the river.",
    "She opened an account at the bank and saved some money for the winter.",
    "Stop!",
    "The keys to the old cabinet were lying on the table.",
    "When the train had finally left the station, the boy with the red cap put his suitcase down, "
    "looked at the empty platform, and wondered whether anybody would come to fetch him.",
    "Paris is the capital of France.",
    "It rained.",
    "The embeddings of a word depend on the sentence around it, which is why one word has many.",
    "Nobody knew who had written the letter.",
    "Two hundred people were waiting in front of the theatre when the doors opened at eight.",
    "He sold the boat.",
    "After dinner they sat by the fire and told each other stories until it was very late.",
    "Water boils at a lower temperature in the mountains.",
    "Why did you not tell me?",
    "The committee has agreed to publish its report, together with all comments, next spring.",
    "A small dog slept under the chair.",
)
"""Written for this benchmark; of mixed length, like what people type."""

ONE = SENTENCES[1]
Run = Callable[[], Tensor]


def batch(checkpoint: Checkpoint, texts: tuple[str, ...]) -> tuple[Tensor, Tensor, int]:
    """ids (B, T), padding (B, T) and the number of real tokens."""
    rows = [checkpoint.tokenizer.encode(text).ids for text in texts]
    longest = max(map(len, rows))
    pad = checkpoint.tokenizer.pad_id
    ids = torch.tensor([[*row, *[pad] * (longest - len(row))] for row in rows])
    lengths = torch.tensor([len(row) for row in rows])
    return ids, torch.arange(longest) >= lengths[:, None], int(lengths.sum())


def pair(name: str, texts: tuple[str, ...]) -> tuple[Run, Run, int]:
    """The forward of both libraries over the same batch, giving (real tokens, H); the tokens."""
    precision, dtype = PRECISIONS[name]
    checkpoint = load_checkpoint("bundled", "cpu", precision)
    pooler = checkpoint.model.pooler is not None
    theirs = BertModel.from_pretrained(
        find_folder("bundled"), add_pooling_layer=pooler, dtype=dtype
    ).train(False)
    ids, padding, tokens = batch(checkpoint, texts)
    padded = bool(padding.any())
    attention = (~padding).long() if padded else None

    def ours_runs() -> Tensor:
        vectors: Tensor = checkpoint.model(ids, padding=padding if padded else None).last
        return vectors[~padding]

    def theirs_runs() -> Tensor:
        vectors: Tensor = theirs(ids, attention_mask=attention).last_hidden_state
        return vectors[~padding]

    return ours_runs, theirs_runs, tokens


def in_turns(runs: tuple[Run, Run], turns: int) -> tuple[list[float], list[float]]:
    """Seconds of each call of both, called in turns."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for turn in range(WARM_UP + turns):
        for at in (0, 1) if turn % 2 else (1, 0):
            started = time.perf_counter()
            runs[at]()
            if turn >= WARM_UP:
                seconds[at].append(time.perf_counter() - started)
    return seconds


@torch.inference_mode()
def compare(name: str, texts: tuple[str, ...], turns: int) -> Result:
    """Median milliseconds and tokens a second of both, and how far their vectors are apart."""
    ours, theirs, tokens = pair(name, texts)
    apart = float((ours().float() - theirs().float()).abs().max())
    here, there = (median(seconds) for seconds in in_turns((ours, theirs), turns))
    return {
        "precision": name,
        "sentences": len(texts),
        "tokens": tokens,
        "bert_core_ms": here * 1e3,
        "transformers_ms": there * 1e3,
        "bert_core_tokens_per_second": tokens / here,
        "transformers_tokens_per_second": tokens / there,
        "speed_ratio": there / here,
        "largest_difference": apart,
    }


def measure(turns: int = TURNS) -> Result:
    """One sentence and a batch, in each precision."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    inputs = ((ONE,), SENTENCES * 2)
    where = machine()
    cases = [compare(name, texts, turns) for name in PRECISIONS for texts in inputs]
    return {"machine": where, "turns": turns, "cases": cases}


def rows(result: Result) -> list[tuple[str, ...]]:
    """The result as a table."""
    head = ("", "ours ms", "theirs ms", "ours tok/s", "theirs tok/s", "ours/theirs", "apart")
    lines = [
        (
            f"{case['precision']}, {case['sentences']} x, {case['tokens']} tokens",
            f"{case['bert_core_ms']:.2f}",
            f"{case['transformers_ms']:.2f}",
            f"{case['bert_core_tokens_per_second']:,.0f}",
            f"{case['transformers_tokens_per_second']:,.0f}",
            f"{case['speed_ratio']:.2f}",
            f"{case['largest_difference']:.0e}",
        )
        for case in result["cases"]
    ]
    return [head, *lines]


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--turns", type=int, default=TURNS)
    options = parser.parse_args()
    result = measure(options.turns)
    report(result, rows(result), options.json)


if __name__ == "__main__":
    main()
