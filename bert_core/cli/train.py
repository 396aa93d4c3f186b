"""The verbs `train` and `average`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from bert_core.cli.options import add_corpus, add_settings
from bert_core.cli.progress import shown_progress
from bert_core.cli.stopping import stop_between_steps
from bert_core.cli.text import AddVerb, Result

if TYPE_CHECKING:
    from bert_core.training.progress import Progress


def add(verb: AddVerb, common: argparse.ArgumentParser) -> None:
    """Add `train` and `average`, which take no model, to the command line."""
    from bert_core.training.arguments import TrainingArguments

    training = verb("train", train, trained, common)
    add_corpus(training)
    training.add_argument(
        "--start", default="minilm", help="minilm, a checkpoint folder, or scratch:tiny|base|..."
    )
    training.add_argument("--output", type=Path, required=True, help="folder for the checkpoint")
    training.add_argument("--device", default="auto", help="auto, cpu, cuda, ...")
    training.add_argument("--work", type=Path, help="folder for the state to resume from")
    training.add_argument("--tensorboard", type=Path, help="folder for TensorBoard's events")
    state = training.add_mutually_exclusive_group()
    state.add_argument("--resume", action="store_true", help="go on from that state")
    state.add_argument("--anew", action="store_true", help="begin again in spite of that state")
    add_settings(training, TrainingArguments())
    averaging = verb("average", average, trained, common)
    averaging.add_argument("checkpoints", nargs="+", metavar="CHECKPOINT")
    averaging.add_argument("--output", type=Path, required=True, help="folder for the mean")


def train(options: argparse.Namespace) -> Result:
    """Train on masked words and next sentences together."""
    from bert_core.training.memory import keep_freed_memory

    keep_freed_memory()
    from bert_core.training.alone import alone_in
    from bert_core.training.state import Reached, saved_run

    if options.output.exists() and not options.output.is_dir():
        raise ValueError(f"'{options.output}' is a file; give a folder for the checkpoint")
    work = options.work or options.output.with_name(options.output.name + "-training")
    first = os.environ.get("RANK", "0") == "0"  # of several processes the first writes
    with alone_in(work) if first else nullcontext():
        if not options.resume and not options.anew:
            _refuse_to_replace(work)
        saved = saved_run(work) if options.resume else None
        reached, logs = saved[0] if saved else Reached(), []
        if first:
            from bert_core.training.logs import log_to, tensorboard_to

            logs.append(log_to(work / "metrics.jsonl", reached.step))
            if options.tensorboard is not None:
                logs.append(tensorboard_to(options.tensorboard, reached.step))

        def report(progress: Progress) -> None:
            for log in logs:
                log(progress)

        return {"output": str(_trained(options, work, reached.tokens, report))}


def _trained(
    options: argparse.Namespace, work: Path, read: int, report: Callable[[Progress], None]
) -> Path:
    from bert_core.training import recipe
    from bert_core.training.arguments import TrainingArguments
    from bert_core.training.loop import Stopped

    names = (field.name for field in fields(TrainingArguments))
    arguments = TrainingArguments(**{name: getattr(options, name) for name in names})
    try:
        with shown_progress(arguments.tokens, read) as show, stop_between_steps() as stop:

            def told(progress: Progress) -> None:
                report(progress)
                show(progress)

            return recipe.train(
                options.corpus, options.start, options.output, arguments, work, options.resume,
                told, options.column, stop, options.device,
                lambda note: print(f"bert_core train: {note}", file=sys.stderr, flush=True),
            )  # fmt: skip
    except Stopped as stopped:
        raise KeyboardInterrupt(
            f"{stopped}; the state is in '{work}', and --resume goes on from there"
        ) from stopped


def _refuse_to_replace(work: Path) -> None:
    """Not to lose hours to a forgotten --resume; the state of a run that ended may be replaced."""
    from bert_core.training.state import saved_run

    saved = saved_run(work)
    if saved is None:
        return
    reached, run = saved
    if reached.tokens < int(run.get("tokens", 0)):
        raise ValueError(
            f"'{work}' holds the state of a run that stopped at step {reached.step:,}; --resume "
            "goes on with it, --anew begins again and replaces it"
        )


def average(options: argparse.Namespace) -> Result:
    """Average checkpoints that were trained on from the same one."""
    from bert_core.training.average import average as mean

    return {"output": str(mean(options.checkpoints, options.output))}


def trained(result: Result) -> str:
    """Where the checkpoint is."""
    return f"saved to {result['output']}"
