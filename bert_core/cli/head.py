"""The verb `head`: train a task head, apply it to a text, evaluate it on labelled texts."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bert_core.cli.model import asked_model, say_what_was_cut
from bert_core.cli.options import add_settings
from bert_core.cli.stopping import stop_between_steps
from bert_core.cli.text import AddVerb, Result

if TYPE_CHECKING:
    from bert_core.checkpoint.head_file import LoadedHead
    from bert_core.training.head_arguments import HeadArguments

SETS = "spam, sentiment, factual, or a CSV file with the columns text and label"
SAY_EVERY = 5.0
"""Seconds between lines that say how far a training is."""


def add(verb: AddVerb) -> None:
    """Add `head` with its verbs to the command line."""
    from bert_core.training.head_arguments import HeadArguments

    parser = verb("head", head, shown)
    verbs = parser.add_subparsers(dest="what", metavar="train|apply|evaluate|export", required=True)

    def under(name: str, run: Callable[[argparse.Namespace], Result]) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = verbs.add_parser(
            name, help=run.__doc__, description=run.__doc__
        )
        added.set_defaults(doing=run)
        for option in ("--json", "--model", "--device", "--precision"):  # also behind the verb
            kind: Any = {"action": "store_true"} if option == "--json" else {}
            added.add_argument(option, default=argparse.SUPPRESS, **kind)
        return added

    training = under("train", train)
    training.add_argument("--data", required=True, help=SETS)
    training.add_argument("--output", type=Path, required=True, help="folder for the head")
    training.add_argument("--fine-tune", action="store_true", help="train the whole encoder too")
    add_settings(training, HeadArguments(), before="the set's own, or ")
    applying = under("apply", apply)
    _named(applying)
    applying.add_argument("text")
    applying.add_argument("--words", action="store_true", help="also which words carry the answer")
    applying.add_argument("--label", help="the class that words are watched for; the likeliest")
    evaluating = under("evaluate", evaluate)
    _named(evaluating)
    evaluating.add_argument("--data", required=True, help=SETS)
    exporting = under("export", export)
    _named(exporting)
    exporting.add_argument("--output", type=Path, required=True, help="folder for transformers")


def _named(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--head", required=True, help="spam, sentiment, factual, or a folder of `head train`"
    )


def head(options: argparse.Namespace) -> Result:
    """Put texts into classes with a small head on the vectors: train, apply, evaluate, export."""
    done: Result = options.doing(options)
    return done


def train(options: argparse.Namespace) -> Result:
    """Train a head on labelled texts, and measure it on texts it did not learn from."""
    from bert_core.training.memory import keep_freed_memory

    keep_freed_memory()
    from bert_core.cancel import Cancelled
    from bert_core.training.head_recipe import scores_dict, train_and_save

    arguments, checkpoint = _arguments(options), asked_model(options)
    last = time.monotonic()

    def report(doing: str, share: float) -> None:
        nonlocal last
        if time.monotonic() - last > SAY_EVERY:
            last = time.monotonic()
            print(f"{doing}: {share:.0%}", file=sys.stderr, flush=True)

    try:
        with stop_between_steps() as stop:
            trained = train_and_save(
                checkpoint, options.data, options.output, arguments, report, stop
            )
    except Cancelled as stopped:
        raise KeyboardInterrupt(f"{stopped}; nothing was saved") from stopped
    sizes = trained.sizes
    return {
        "output": str(options.output),
        "labels": trained.head.facts.labels,
        "heldout": trained.heldout,
        **scores_dict(trained.scores),
        "epochs": [asdict(one) for one in trained.epochs],
        "sizes": None if sizes is None else asdict(sizes),
        "arguments": asdict(arguments),
        "seconds": trained.head.facts.training["seconds"],
    }


def _arguments(options: argparse.Namespace) -> HeadArguments:
    from bert_core.checkpoint.head_file import WHOLE
    from bert_core.training.head_arguments import HeadArguments
    from bert_core.training.head_recipe import RECIPES

    usual = RECIPES.get(options.data, HeadArguments())
    given = {one.name: getattr(options, one.name) for one in fields(HeadArguments)}
    given = {name: value for name, value in given.items() if value is not None}
    if options.fine_tune:
        given = {"epochs": 0, "layers": WHOLE, **given}
    return replace(usual, **given)


def apply(options: argparse.Namespace) -> Result:
    """Say how likely each class is for a text."""
    from bert_core.analysis.task_head import classify, head_words

    loaded = _load(options)
    answer = classify(loaded, options.text)
    say_what_was_cut(answer.encoding)
    chances = dict(zip(answer.labels, answer.probabilities, strict=True))
    result: Result = {
        "head": loaded.name, "encoder_fits": loaded.fits, "label": answer.labels[answer.best],
        "probabilities": chances, "logits": answer.logits,
    }  # fmt: skip
    if options.words or options.label is not None:
        if options.label is not None and options.label not in answer.labels:
            raise ValueError(f"no class {options.label!r}; there are {', '.join(answer.labels)}")
        watched = None if options.label is None else answer.labels.index(options.label)
        found = head_words(loaded, options.text, watched)
        result["watched"] = answer.labels[found.label]
        result["words"] = [asdict(word) for word in found.words]
        result["rank_correlation"] = found.rank_correlation
    return result


def evaluate(options: argparse.Namespace) -> Result:
    """Measure a head on the test part of a set, or on a table, beside simpler answers."""
    from bert_core.training.head_recipe import evaluate as measured
    from bert_core.training.head_recipe import scores_dict

    loaded = _load(options)
    scores = scores_dict(measured(loaded, options.data))
    return {"head": loaded.name, "encoder_fits": loaded.fits, "data": options.data, **scores}


def export(options: argparse.Namespace) -> Result:
    """Write a head on [CLS] with its encoder as a folder that transformers opens."""
    from bert_core.checkpoint.head_file import save_for_transformers

    return {"output": str(save_for_transformers(options.output, _load(options)))}


def _load(options: argparse.Namespace) -> LoadedHead:
    from bert_core.checkpoint.head_file import load_head

    loaded = load_head(options.head, asked_model(options))
    if loaded.note is not None:
        print(f"note: {loaded.note}", file=sys.stderr)
    return loaded


def shown(result: Result) -> str:
    """A few lines: the classes of a text, or how right a head is."""
    if "probabilities" in result:
        lines = [f"{chance:7.2%}  {label}" for label, chance in result["probabilities"].items()]
        if "words" in result:
            lines.append(f"for {result['watched']!r}, log-odds lost without the word:")
            lines += [f"  {word['lost']:+.3f}  {word['word']}" for word in result["words"]]
        return "\n".join(lines)
    if "accuracy" not in result:
        return f"saved to {result['output']}"
    lines = [f"saved to {result['output']}"] if "output" in result else []
    lines.append(f"accuracy {result['accuracy']:.3f} on {result['texts']:,} texts")
    lines += [f"  {name}: {value:.3f}" for name, value in result["baselines"].items()]
    lines += [
        f"  {one['label']}: precision {one['precision']:.3f}, recall {one['recall']:.3f}, "
        f"{one['texts']:,} texts"
        for one in result["classes"]
    ]
    return "\n".join(lines)
