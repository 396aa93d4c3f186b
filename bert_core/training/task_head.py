"""Training a task head: from labelled texts to a head, what it is worth, and how it got there.

N = texts, C = classes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from bert_core.cancel import Asked, stop_if
from bert_core.checkpoint.fingerprint import fingerprint
from bert_core.checkpoint.head_file import WHOLE, HeadFacts, LoadedHead, with_head
from bert_core.checkpoint.load import Checkpoint
from bert_core.model.task_head import class_logits
from bert_core.outputs import LabelledSentence
from bert_core.outputs.task_heads import HeadEpoch, HeadScores, SizeCurve
from bert_core.training.head_arguments import HeadArguments
from bert_core.training.head_body import STOPPED, Body, FrozenBody, TunedBody
from bert_core.training.head_fit import HeadFit
from bert_core.training.head_report import Fold, baselines, mean_curve, size_curve

FEWEST_EXAMPLES = 4
MOST_LABELS = 50
FOLDED = 200
"""Up to so many examples each is tested by a head that learned from others; from there on a fifth
of them is kept out instead."""
FOLDS = 5


@dataclass(frozen=True)
class TrainedHead:
    """A head, and what is known of it."""

    head: LoadedHead
    scores: HeadScores
    """On examples that were kept out of training."""
    epochs: tuple[HeadEpoch, ...]
    sizes: SizeCurve | None
    """None where layers of the encoder learned too: that would take too long for every size."""
    heldout: str
    """How examples were kept out, in words."""


OnStep = Callable[[str, float], None]
"""Called with what is being done, and the share of it that is done, from 0 to 1."""


def check_examples(examples: Sequence[LabelledSentence]) -> tuple[str, ...]:
    """The classes of the examples, sorted.

    Raises:
        ValueError: when a label is missing, there are fewer than 4 examples, one class, more than
            50, or a class with a single example: saying what would be right.
    """
    missing = [at for at, one in enumerate(examples, 1) if not one.label]
    if missing and len(missing) == len(examples):
        raise ValueError(
            "no example has a label; give a table with the columns text and label, or write the "
            "label before each text"
        )
    if missing:
        shown = ", ".join(f"{at:,}" for at in missing[:5]) + (" …" if missing[5:] else "")
        raise ValueError(
            f"{len(missing):,} of {len(examples):,} examples have no label (numbers {shown}); "
            "label them or take them out"
        )
    counts = Counter(one.label or "" for one in examples)
    if len(counts) == 1:
        raise ValueError(
            f"all examples have the label {next(iter(counts))!r}; a head tells classes apart, so "
            "give examples of two or more"
        )
    if len(examples) < FEWEST_EXAMPLES:
        raise ValueError(f"{len(examples)} examples; at least {FEWEST_EXAMPLES} are needed")
    if len(counts) > MOST_LABELS:
        raise ValueError(
            f"{len(counts):,} different labels; at most {MOST_LABELS}: is this the right column?"
        )
    if alone := sorted(label for label, count in counts.items() if count == 1):
        raise ValueError(
            f"the label {alone[0]!r} stands at one example alone; give each label two or more"
        )
    return tuple(sorted(counts))


def train_head(
    checkpoint: Checkpoint,
    examples: Sequence[LabelledSentence],
    arguments: HeadArguments,
    heldout: Sequence[LabelledSentence] = (),
    title: str = "own",
    on_step: OnStep | None = None,
    cancelled: Asked = None,
) -> TrainedHead:
    """A head trained on labelled texts, and what it is worth on others.

    Args:
        checkpoint: the encoder; it stays as it is, what learns is a copy.
        examples: texts with labels.
        arguments: the settings.
        heldout: texts with labels to test on; when left out, some examples are kept out, or, of
            200 and fewer and with a frozen encoder, each is tested by a head that learned from
            others, and the head itself learns from all.
        title: what the head is called.
        on_step: told how far it is.
        cancelled: asked before every step.

    Raises:
        ValueError: as `check_examples`, and when the loss is no number any more.
        Cancelled: when `cancelled` said so.
    """
    say = on_step or (lambda doing, share: None)
    labels = check_examples(examples)
    everything = [*examples, *heldout]
    truths = _numbers(everything, labels)
    limit = min(arguments.length, checkpoint.model.config.max_position_embeddings)
    rows = [checkpoint.tokenizer.encode(one.text, None, limit).ids for one in everything]
    folds, said = make_folds(truths[: len(examples)], len(heldout), arguments)
    body = _body(checkpoint, rows, arguments, say, cancelled)
    runs = len(folds) + (1 if len(folds) > 1 else 0)
    tested: list[int] = []
    logits, curves = [], []
    for at, (train, test) in enumerate(folds):
        fit = HeadFit(body, truths, labels, arguments, cancelled)
        part = _part(say, at, runs)
        curves.append(fit.run(train, test, part))
        tested += test
        logits.append(fit.answers(test).numpy())
    if len(folds) > 1:
        fit = HeadFit(body, truths, labels, arguments, cancelled)
        fit.run(range(len(examples)), [], _part(say, runs - 1, runs))
    learned = len(folds[0][0]) if len(folds) == 1 else len(examples)
    sizes = (
        size_curve(body, folds, everything, truths, labels, arguments, say, cancelled)
        if isinstance(body, FrozenBody) else None
    )  # fmt: skip
    facts = _facts(checkpoint, labels, arguments, limit, title, learned)
    head = LoadedHead(title, facts, with_head(checkpoint, facts, fit.finish()))
    if len(folds) == 1:  # what is saved is what is scored, to the last digit
        pad = checkpoint.tokenizer.pad_id
        chosen = [rows[at] for at in tested]
        logits = [class_logits(head.model, chosen, pad, lambda: stop_if(cancelled, STOPPED))]
    scores = HeadScores.from_logits(
        labels, [everything[at].text for at in tested], [truths[at] for at in tested],
        np.concatenate(logits), baselines(folds, everything, truths),
    )  # fmt: skip
    return TrainedHead(head, scores, mean_curve(curves), sizes, said)


def _part(say: OnStep, at: int, runs: int) -> Callable[[float], None]:
    return lambda share: say("Learning", (at + share) / runs)


def _facts(
    checkpoint: Checkpoint,
    labels: tuple[str, ...],
    arguments: HeadArguments,
    limit: int,
    title: str,
    learned: int,
) -> HeadFacts:
    config = checkpoint.model.config
    whole = arguments.layers > config.num_hidden_layers
    training = {"arguments": asdict(arguments), "examples": learned}
    return HeadFacts(
        title, labels, arguments.pooled, WHOLE if whole else arguments.layers, limit,
        config.hidden_size, fingerprint(checkpoint), training,
    )  # fmt: skip


def _numbers(examples: Sequence[LabelledSentence], labels: tuple[str, ...]) -> list[int]:
    unknown = sorted({one.label or "" for one in examples} - set(labels))
    if unknown:
        raise ValueError(
            f"the held-out label {unknown[0]!r} is none of those learned ({', '.join(labels)})"
        )
    return [labels.index(one.label or "") for one in examples]


def make_folds(
    truths: Sequence[int], heldout: int, arguments: HeadArguments, always: bool = False
) -> tuple[list[Fold], str]:
    """Which examples are learned from and which tested on, classes in proportion; and in words.

    Args:
        truths: the class of each example.
        heldout: examples behind these that are tested on; 0 when there are none.
        arguments: the settings.
        always: test every example, however many there are.
    """
    count = len(truths)
    if heldout:
        folds = [(list(range(count)), list(range(count, count + heldout)))]
        return folds, "the test part of the set"
    order = np.random.default_rng(arguments.seed).permutation(count).tolist()
    place: dict[int, int] = {}
    seen: Counter[int] = Counter()
    for at in order:
        place[at] = seen[truths[at]] % FOLDS
        seen[truths[at]] += 1
    parts = [[at for at in sorted(place) if place[at] == number] for number in range(FOLDS)]
    folds = [([at for at in range(count) if place[at] != number], part)
             for number, part in enumerate(parts) if part]  # fmt: skip
    if always or (arguments.layers == 0 and count <= FOLDED):
        return folds, f"each tested by a head that learned from the others, in {len(folds)} parts"
    return [folds[0]], "a fifth of the examples, kept out by chance, classes in proportion"


def _body(
    checkpoint: Checkpoint,
    rows: Sequence[Sequence[int]],
    arguments: HeadArguments,
    say: OnStep,
    cancelled: Asked,
) -> Body:
    def told(share: float) -> None:
        say("Reading the texts", share)

    if arguments.layers == 0:
        return FrozenBody(checkpoint, rows, arguments.pooled, told, cancelled)
    return TunedBody(checkpoint, rows, arguments, told, cancelled)
