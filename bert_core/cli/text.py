"""What the command line prints without --json: a few lines to read."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, Protocol

Result = dict[str, Any]
"""What a verb answers; with --json it is printed as it stands."""


class AddVerb(Protocol):
    """Adds a verb to the command line, with --json, --model, --device and --precision."""

    def __call__(
        self,
        name: str,
        run: Callable[[argparse.Namespace], Result],
        show: Callable[[Result], str],
    ) -> argparse.ArgumentParser:
        """The verb's own parser, to add arguments to; `run`'s docstring is its description."""


def tokens(result: Result) -> str:
    """A token a line, with its id and its characters."""
    rows = zip(result["tokens"], result["ids"], result["offsets"], strict=True)
    return "\n".join(f"{token:20} {id:6}  {start}-{end}" for token, id, (start, end) in rows)


def masks(result: Result) -> str:
    """The guesses at every hidden place, then the words asked for."""
    lines = []
    for mask in result["masks"]:
        lines.append(f"position {mask['position']}")
        for guess in mask["predictions"]:
            lines.append(f"  {guess['probability']:7.2%}  {guess['token']}")
        for word in mask["words"]:
            lines.append(f"  {word['word']!r}: {_asked(word)}")
    return "\n".join(lines)


def _asked(word: Result) -> str:
    if word["unknown_reason"] is not None:
        return f"no answer: {word['unknown_reason']}"
    rank = "" if word["rank"] is None else f", rank {word['rank']:,}"
    return f"{word['probability']:.4%}{rank}"


def next_sentence(result: Result) -> str:
    """The probability that B follows A."""
    return f"B follows A: {result['is_next_probability']:.1%}"


def attention(result: Result) -> str:
    """How much there is; nobody reads the numbers themselves in a terminal."""
    layers, heads = len(result["attention"]), len(result["attention"][0])
    tokens = len(result["tokens"])
    return f"attention of {layers} layers x {heads} heads x {tokens} x {tokens} tokens; see --json"


def embedded(result: Result) -> str:
    """Where the vectors are, how many, how fast."""
    return (
        f"{result['output']}: shape {tuple(result['shape'])}, {result['seconds']:.1f} s, "
        f"{result['sentences_per_second']:.0f} sentences a second"
    )


def evaluation(result: Result) -> str:
    """The scores, a line for each kind of question."""
    lines = [f"{result['documents']} documents, {result['tokens']:,} tokens"]
    if words := result["masked_words"]:
        lines.append(
            f"masked words at {words['mask_rate']:.0%}: loss {words['loss']:.3f}, top-1 "
            f"{words['top1']:.3f} ({words['top1_at_mask']:.3f} where [MASK] stood), "
            f"top-5 {words['top5']:.3f}, {words['places']:,} places"
        )
    for name in ("next_sentence", "next_sentence_same_source", "next_sentence_short"):
        if scores := result[name]:
            title = name.replace("_", " ")
            lines.append(f"{title}: accuracy {scores['accuracy']:.3f}, {scores['pairs']:,} pairs")
    return "\n".join(lines)


def trained(result: Result) -> str:
    """Where the checkpoint is."""
    return f"saved to {result['output']}"
