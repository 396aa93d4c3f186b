"""Short runs of the recipe that differ in one setting each: what learning rates, share of masked
tokens and mix of sequences are worth.

`python -m benchmarks.sweep [--tokens 1500000] [--only NAME ...] [--device auto] [--json]`

All begin with the MiniLM body, read as many tokens of the same text (the recipe's, fetched once)
and are asked the same of a part of the held-out documents. The first is repeated with another seed:
what differs by less than these two says nothing. A run of more tokens may want other settings.
"""

from __future__ import annotations

import sys
from typing import Any

from benchmarks.table import Result, arguments, machine, report

TOKENS = 1_500_000
FIRST: dict[str, Any] = {
    "body_rate": 4e-4, "head_rate": 1e-3, "mask_rate": 0.2, "length": 128, "short": 0.2,
    "single": 0.25, "seed": 42,
}  # fmt: skip
SETTINGS: dict[str, dict[str, Any]] = {
    "encoder 4e-4, heads 1e-3, 0.2 masked, rows of 128": {},
    "the same, seed 43": {"seed": 43},
    "encoder 2e-4": {"body_rate": 2e-4},
    "encoder 8e-4": {"body_rate": 8e-4},
    "encoder 1.6e-3": {"body_rate": 1.6e-3},
    "heads 5e-4": {"head_rate": 5e-4},
    "heads 2e-3": {"head_rate": 2e-3},
    "embeddings 1e-4": {"embedding_rate": 1e-4},
    "embeddings 1.6e-3": {"embedding_rate": 1.6e-3},
    "masked 0.15": {"mask_rate": 0.15},
    "masked 0.3": {"mask_rate": 0.3},
    "rows of 64": {"length": 64},
    "rows of 256": {"length": 256},
    "half of the rows short": {"short": 0.5},
    "all rows in pairs": {"single": 0.0},
}
"""What each changes of the first."""
ONE_IN = 5
"""Of the held-out documents, that many are asked about."""


def measure(tokens: int = TOKENS, only: list[str] | None = None, device: str = "auto") -> Result:
    """One run after the other, a line on standard error after each."""
    from bert_core.checkpoint.load import Checkpoint, choose_device
    from bert_core.data.packages import minilm_folder
    from bert_core.tokenizer import Tokenizer
    from bert_core.training.arguments import TrainingArguments
    from bert_core.training.engine import find_engine
    from bert_core.training.evaluate import evaluate
    from bert_core.training.loop import Trainer
    from bert_core.training.recipe import corpus_split
    from bert_core.training.start import from_encoder
    from bert_core.training.token_store import stored_tokens

    split, folder = corpus_split("packaged"), minilm_folder()
    text = stored_tokens(split.train, Tokenizer.from_folder(folder))
    result: Result = {"machine": machine(), "tokens": tokens, "device": device}
    for name in only or SETTINGS:
        asked = TrainingArguments(tokens=tokens, **FIRST | SETTINGS[name])
        model, tokenizer = from_encoder(folder, text, asked.seed)
        engine = find_engine(choose_device(device), asked.dropout, asked.precision)
        Trainer(model, tokenizer, text, asked, engine=engine).run()
        found = evaluate(Checkpoint(name, model.eval(), tokenizer, ()), split.heldout[::ONE_IN])
        words, pairs = found.masked_words, found.next_sentence
        assert words is not None and pairs is not None
        result[name] = {
            "loss": words.loss, "top1": words.top1, "top5": words.top5, "places": words.places,
            "next_sentence": pairs.accuracy, "pairs": pairs.pairs,
        }  # fmt: skip
        print("  ".join(row(name, result[name])), file=sys.stderr, flush=True)
    return result


def row(name: str, found: Result) -> tuple[str, ...]:
    """A line of the table."""
    shares = (f"{found[key]:.3f}" for key in ("loss", "top1", "top5", "next_sentence"))
    return (name, *shares)


def rows(result: Result) -> list[tuple[str, ...]]:
    """The result as a table."""
    names = [name for name in SETTINGS if name in result]
    head = (f"{result['tokens']:,} tokens", "loss (nats)", "top-1", "top-5", "next sentence")
    return [head, *(row(name, result[name]) for name in names)]


def main() -> None:
    """Measure and print."""
    from bert_core.training.memory import keep_freed_memory

    keep_freed_memory()
    parser = arguments(__doc__)
    parser.add_argument("--tokens", type=int, default=TOKENS, help="that each run reads")
    parser.add_argument("--only", nargs="+", choices=list(SETTINGS), metavar="NAME")
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    result = measure(options.tokens, options.only, options.device)
    report(result, rows(result), options.json)


if __name__ == "__main__":
    main()
