"""Reading the command line, and running one verb."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from bert_core.cli import (
    ablate,
    attention,
    corpora,
    head,
    index,
    lens,
    pairs,
    projection,
    senses,
    static,
    text,
    train,
    verbs,
)
from bert_core.cli.options import add_corpus
from bert_core.cli.text import Result


class _Parser(argparse.ArgumentParser):
    """Errors as one line."""

    def error(self, message: str) -> NoReturn:
        said = " ".join(message.split())
        print(f"{self.prog}: {said}; --help lists what can be given", file=sys.stderr)
        sys.exit(2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; 0 when it worked, 2 when what was given cannot be used."""
    options = _parser().parse_args(arguments)
    try:
        result = options.run(options)
        # ASCII and without NaN: the same JSON on every terminal, and JSON to every reader
        shown = json.dumps(result, allow_nan=False) if options.json else options.show(result)
    except (ValueError, RuntimeError, OSError) as error:
        print(f"bert_core {options.verb}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stopped:
        print(f"bert_core {options.verb}: {str(stopped) or 'stopped'}", file=sys.stderr)
        return 130
    encoding = sys.stdout.encoding or "utf-8"
    if os.environ.get("RANK", "0") == "0":  # of several processes the first answers
        print(shown.encode(encoding, "backslashreplace").decode(encoding))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m bert_core", description="See how BERT reads.")
    subparsers = parser.add_subparsers(dest="verb", required=True, parser_class=_Parser)
    common = _Parser(add_help=False)
    common.add_argument("--json", action="store_true", help="print one JSON document")
    model = _Parser(add_help=False, parents=[common])
    model.add_argument("--model", default="bundled", help="bundled, a folder or a hub id")
    model.add_argument("--device", default="auto", help="auto, cpu, cuda, ...")
    model.add_argument("--precision", default="float32", help="float32, bfloat16 or float16")

    def verb(
        name: str,
        run: Callable[[argparse.Namespace], Result],
        show: Callable[[Result], str],
        parent: _Parser = model,
    ) -> _Parser:
        said = run.__doc__
        added = subparsers.add_parser(name, parents=[parent], help=said, description=said)
        added.set_defaults(run=run, show=show)
        return added

    tokenize = verb("tokenize", verbs.tokenize, text.tokens)
    tokenize.add_argument("text")
    tokenize.add_argument("--pair", help="a second text")
    fill = verb("fill-mask", verbs.fill_mask, text.masks)
    fill.add_argument("text", help="text with [MASK] where a word is hidden")
    fill.add_argument("--top-k", type=int, default=10, help="guesses for each place")
    fill.add_argument("--words", default="", help="words to look up, with commas between")
    pairs.add(verb)
    attention.add(verb)
    _add_embedding(verb("embed", verbs.embed, text.embedded))
    _add_evaluation(verb("evaluate", verbs.evaluate, text.evaluation))
    for without_model in (train, corpora):
        without_model.add(verb, common)
    for more in (head, senses, projection, static, index, ablate, lens):
        more.add(verb)
    return parser


def _add_embedding(embed: _Parser) -> None:
    embed.epilog = (
        'A line of the input is {"words": ["the", "bank"], "index": 1} or '
        '{"sentence": "the bank", "start": 4, "end": 8}, in characters.'
    )
    embed.add_argument("--input", type=Path, required=True, help="a JSONL file")
    embed.add_argument("--output", type=Path, required=True, help="a .npy file")
    embed.add_argument("--layer", type=int, help="one layer, 0 being the embeddings; else all")


def _add_evaluation(evaluate: _Parser) -> None:
    add_corpus(evaluate)
    evaluate.add_argument("--mask-rate", type=float, default=0.15)
    evaluate.add_argument(
        "--more-rates", type=float, nargs="*", default=[], metavar="RATE",
        help="masked words at these rates, too",
    )  # fmt: skip
    evaluate.add_argument("--seed", type=int, default=42)
    evaluate.add_argument(
        "--all", action="store_true", help="score the whole corpus, not its held-out part"
    )
