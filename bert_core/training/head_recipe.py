"""From the name of a set, or a table, to a saved head with its figures and its card.

The three heads that come with the project are made by `make heads`, one command each.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from bert_core.cancel import Asked, stop_if
from bert_core.checkpoint.head_file import FACTS_FILE, WHOLE, HeadFacts, LoadedHead, save_head
from bert_core.checkpoint.load import Checkpoint
from bert_core.data.task_sets import TASK_SETS, TaskSet, read_table, task_set
from bert_core.model.task_head import class_logits
from bert_core.outputs import LabelledSentence
from bert_core.outputs.task_heads import HeadScores
from bert_core.training.head_arguments import HeadArguments
from bert_core.training.head_body import STOPPED
from bert_core.training.head_report import MAJORITY, baselines
from bert_core.training.task_head import (
    OnStep,
    TrainedHead,
    check_examples,
    make_folds,
    train_head,
)

RECIPES: dict[str, HeadArguments] = {
    "spam": HeadArguments(pooling="cls", layers=1, epochs=4, length=384),
    "sentiment": HeadArguments(pooling="mean", layers=1, epochs=2, length=64),
    "factual": HeadArguments(pooling="mean", layers=1, epochs=2, length=32, batch=64),
}
"""How each bundled head is trained: with the last layer of the encoder, in a few passes; the mean
where frozen vectors did better with it, [CLS] for spam, where a mail has 270 tokens on average:
with 128 of them the head is right for 0.962 to 0.969 of the held-out mails, with 256 to 512 for
0.970 to 0.977."""


def data_for(name: str) -> tuple[Sequence[LabelledSentence], TaskSet | None]:
    """The examples of a CSV file, or one of the three sets.

    Raises:
        ValueError: when it is neither.
        PackageError: when a package of a set cannot be had.
    """
    if name in TASK_SETS:
        found = task_set(name)
        return found.train, found
    return read_table(Path(name)), None


def train_and_save(
    checkpoint: Checkpoint,
    data: str,
    output: Path,
    arguments: HeadArguments,
    on_step: OnStep | None = None,
    cancelled: Asked = None,
) -> TrainedHead:
    """Train a head on spam, sentiment, factual or a table, and save it to `output` with its card.

    Raises:
        ValueError: for examples that cannot be used, or a loss that is no number any more.
        PackageError: when a package cannot be had.
        OSError: when it cannot be written.
    """
    examples, known = data_for(data)
    check_examples(examples)
    output.mkdir(parents=True, exist_ok=True)  # what cannot be written to is known before the work
    started = time.monotonic()
    title = known.title if known is not None else Path(data).stem
    heldout = known.test if known is not None else ()
    trained = train_head(checkpoint, examples, arguments, heldout, title, on_step, cancelled)
    if known is not None:
        scores = replace(trained.scores, baselines=trained.scores.baselines | known.baselines)
        trained = replace(trained, scores=scores)
    trained = with_facts(trained, known, time.monotonic() - started)
    save_head(output, trained.head, card=card(trained.head.facts, data))
    return trained


def with_facts(trained: TrainedHead, known: TaskSet | None, seconds: float) -> TrainedHead:
    """The head with what it learned from, and what it is worth, in what is saved of it."""
    sizes = trained.sizes
    facts = trained.head.facts
    training = {
        **facts.training,
        "heldout": trained.heldout,
        "scores": scores_dict(trained.scores, mistakes=False),
        "epochs": [asdict(one) for one in trained.epochs],
        "sizes": None if sizes is None else asdict(sizes),
        "seconds": round(seconds),
    }
    if known is not None:
        training |= {"data": known.name, "about": known.about, "licence": known.licence}
    return replace(trained, head=replace(trained.head, facts=replace(facts, training=training)))


def scores_dict(scores: HeadScores, mistakes: bool = True) -> dict[str, Any]:
    """The scores as plain values, as the command line prints them."""
    support = scores.confusion.sum(axis=1).tolist()
    found: dict[str, Any] = {
        "texts": scores.texts,
        "accuracy": scores.accuracy,
        "loss": scores.loss,
        "classes": [
            {"label": label, "precision": precision, "recall": recall, "texts": count}
            for label, precision, recall, count in zip(
                scores.labels, scores.precision, scores.recall, support, strict=True
            )
        ],
        "confusion": scores.confusion.tolist(),
        "baselines": scores.baselines,
    }
    return found | ({"mistakes": [asdict(one) for one in scores.mistakes]} if mistakes else {})


def evaluate(head: LoadedHead, data: str, cancelled: Asked = None) -> HeadScores:
    """How right a head is: on the test part of one of the three sets, or on a whole table.

    Baselines learn from the set's other part; of a table, from the other parts of five.

    Raises:
        ValueError: for a table that cannot be used, or with labels that the head does not know.
    """
    examples, known = data_for(data)
    tested = list(examples if known is None else known.test)
    labels = head.facts.labels
    unknown = sorted({one.label or "" for one in tested} - set(labels))
    if unknown:
        raise ValueError(
            f"the data have the label {unknown[0]!r}, and the head knows {', '.join(labels)}"
        )
    tokenizer = head.checkpoint.tokenizer
    rows = [tokenizer.encode(one.text, None, head.facts.length).ids for one in tested]
    logits = class_logits(head.model, rows, tokenizer.pad_id, lambda: stop_if(cancelled, STOPPED))
    everything = [*examples, *tested] if known is not None else tested
    truths = [labels.index(one.label or "") for one in everything]
    counted = len(tested) if known is not None else 0
    folds, _ = make_folds(truths[: len(everything) - counted], counted, HeadArguments(), True)
    base = baselines(folds, everything, truths)
    if known is not None:
        base |= known.baselines
    own = truths[len(everything) - len(tested) :]
    return HeadScores.from_logits(labels, [one.text for one in tested], own, logits, base)


def card(facts: HeadFacts, data: str) -> str:
    """README.md of a head's folder, made from its facts: `facts.training` has every figure."""
    training = facts.training
    scores, arguments = training["scores"], training["arguments"]
    reads = "the vector at [CLS]" if facts.pooling == "cls" else "the mean of all tokens' vectors"
    which = "layer" if facts.layers == 1 else f"{facts.layers} layers"
    learned = {0: "frozen", WHOLE: "trained, all of it"}.get(
        facts.layers, f"frozen but for its last {which}, which learned too"
    )
    named = data if data in TASK_SETS else Path(data).name
    rows = [f"| this head | {scores['accuracy']:.3f} |"]
    rows += [f"| {name} | {value:.3f} |" for name, value in scores["baselines"].items()]
    classes = [
        f"| {one['label']} | {one['precision']:.3f} | {one['recall']:.3f} | {one['texts']:,} |"
        for one in scores["classes"]
    ]
    lines = [
        f"# Card: the head “{facts.title}”", "",
        f"Puts a text into one of {len(facts.labels)} classes: {', '.join(facts.labels)}. Made by "
        f"`head train`; this card is made from `{FACTS_FILE}`, which has all figures.", "",
        "| | |", "|---|---|",
        f"| reads | {reads}, {facts.hidden} wide, of the first {facts.length} tokens |",
        "| layers | a linear layer with tanh, and one with a score for each class |",
        f"| encoder | {learned} |",
        f"| for | the encoder whose weights have the fingerprint `{facts.fingerprint[:16]}` |",
        f"| learned from | {training['examples']:,} texts, in {training['seconds']:,} s |",
        f"| settings | {', '.join(f'{key} {value}' for key, value in arguments.items())} |", "",
        "## Text", "", training.get("about", f"The table {named}."), "",
        *([f"Licence: {training['licence']}. None of it is here.", ""] if "licence" in training
          else []),
        "## Figures", "",
        f"On {scores['texts']:,} texts it did not learn from ({training['heldout']}):", "",
        "| | accuracy |", "|---|---|", *rows, "",
        "| class | precision | recall | texts |", "|---|---|---|---|", *classes, "",
        f"“{MAJORITY}” always gives the class that is commonest in training.", "",
        "## Limits", "",
        "It has learned from the texts above and knows no others: on texts of another kind it is "
        "less right, and as sure. It is for looking at how a head works, not for decisions about "
        "people.", "",
    ]  # fmt: skip
    return "\n".join(lines)
