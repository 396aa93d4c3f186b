"""The verbs `lens` and `lens-train`: every layer's guesses at a masked place."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

from bert_core.cli.model import asked_model, say_what_was_cut
from bert_core.cli.options import add_settings
from bert_core.cli.text import AddVerb, Result

if TYPE_CHECKING:
    from bert_core.outputs import Lens, LensReading, LensWord
    from bert_core.training.lens import LensStep

STEPS_A_LINE = 20


def add(verb: AddVerb) -> None:
    """Add `lens` and `lens-train` to the command line."""
    from bert_core.training.lens_arguments import LensArguments

    reading = verb("lens", lens, shown)
    reading.add_argument("text", help="text with [MASK] where a word is hidden")
    reading.add_argument("--words", default="", help="words to follow, with commas between")
    reading.add_argument("--top-k", type=int, default=5, help="guesses of each layer; default 5")
    reading.add_argument(
        "--lens", type=Path, help="a lens trained for the model; default: the bundled one, if it is"
    )
    training = verb("lens-train", lens_train, trained)
    training.add_argument("--corpus", default="packaged", help="packaged or a folder of .txt")
    training.add_argument("--output", type=Path, required=True, help="folder for the lens")
    add_settings(training, LensArguments())


def lens(options: argparse.Namespace) -> Result:
    """Read every layer as if it were the last: its guesses for the words hidden as [MASK]."""
    from bert_core.analysis.encoding import tokenise
    from bert_core.analysis.lens import read_lens
    from bert_core.analysis.predictions import masked_words
    from bert_core.checkpoint.lens_file import find_lens, load_lens

    checkpoint = asked_model(options)
    given = options.lens
    tuned = find_lens(checkpoint) if given is None else load_lens(given, checkpoint)
    words = [word.strip() for word in options.words.split(",") if word.strip()]
    result = masked_words(checkpoint, tokenise(checkpoint, options.text), {}, top_k=1)
    say_what_was_cut(result.encoding)
    places = [
        read_lens(checkpoint, result, place.position, options.top_k, words, tuned)
        for place in result.predictions
    ]
    return {"trained_lens": tuned is not None, "masks": [_place(place) for place in places]}


def _place(place: Lens) -> Result:
    return {
        "position": place.position,
        "readings": [_reading(reading) for reading in place.readings],
        "words": [_word(word) for word in place.words],
    }


def _reading(reading: LensReading) -> Result:
    return {
        "layer": reading.layer,
        "kind": reading.kind,
        "entropy": reading.entropy,
        "predictions": [asdict(guess) for guess in reading.guesses],
    }


def _word(word: LensWord) -> Result:
    curves = {
        kind: {"probability": curve.probabilities.tolist(), "rank": curve.ranks.tolist()}
        for kind, curve in word.curves.items()
    }
    return {"word": word.word, "id": word.id, "refusal": word.refusal, **curves}


def shown(result: Result) -> str:
    """The guesses of every layer at every hidden place, then the words that were followed."""
    lines = []
    for place in result["masks"]:
        lines.append(f"position {place['position']}")
        for reading in place["readings"]:
            guesses = (f"{one['token']} {one['probability']:.1%}" for one in reading["predictions"])
            lines.append(f"  layer {reading['layer']:2} {reading['kind']:5}  {', '.join(guesses)}")
        for word in place["words"]:
            lines += _followed(word)
    if not result["trained_lens"]:
        lines.append("there is no trained lens for this model; `lens-train` makes one")
    return "\n".join(lines)


def _followed(word: Result) -> list[str]:
    if word["refusal"] is not None:
        return [f"  {word['word']!r}: no answer: {word['refusal']}"]
    lines = []
    for kind in ("raw", "tuned"):
        if curve := word.get(kind):
            steps = zip(curve["probability"], curve["rank"], strict=True)
            said = ", ".join(f"{chance:.2%} (rank {rank:,})" for chance, rank in steps)
            lines.append(f"  {word['word']!r} {kind}, layers 0 to {len(curve['rank']) - 1}: {said}")
    return lines


def lens_train(options: argparse.Namespace) -> Result:
    """Train a lens for a model: for each layer a map after which its guesses can be read."""
    from bert_core.training.memory import keep_freed_memory

    keep_freed_memory()
    from bert_core.training.lens import train_and_save
    from bert_core.training.lens_arguments import LensArguments

    names = [field.name for field in fields(LensArguments)]
    arguments = LensArguments(**{name: getattr(options, name) for name in names})
    checkpoint = asked_model(options)

    def report(step: LensStep) -> None:
        if step.step % STEPS_A_LINE == 0 or step.step == arguments.steps:
            values = " ".join(f"{value:.2f}" for value in step.divergence)
            print(f"step {step.step}  KL by layer {values}  {step.seconds:.0f} s", file=sys.stderr)

    losses = train_and_save(checkpoint, options.corpus, options.output, arguments, report)
    return {
        "output": str(options.output),
        "places": losses.places,
        "cross_entropy": {kind: one.tolist() for kind, one in losses.cross_entropy.items()},
        "divergence": {kind: one.tolist() for kind, one in losses.divergence.items()},
        "arguments": asdict(arguments),
    }


def trained(result: Result) -> str:
    """The losses on held-out text by layer, raw beside tuned."""
    lines = [
        f"saved to {result['output']}; at {result['places']:,} held-out [MASK] places, in nats:",
        "layer  cross-entropy raw  tuned   KL from the model's answer raw  tuned",
    ]
    columns = [result[loss][kind] for loss in ("cross_entropy", "divergence")
               for kind in ("raw", "tuned")]  # fmt: skip
    for layer, (raw, tuned, far, near) in enumerate(zip(*columns, strict=True)):
        lines.append(f"{layer:5}  {raw:17.3f}  {tuned:5.3f}   {far:30.3f}  {near:5.3f}")
    return "\n".join(lines)
