"""What the command line prints without --json: a few lines to read."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, Protocol

Result = dict[str, Any]
"""What a verb answers; with --json it is printed as it stands."""


class AddVerb(Protocol):
    """Adds a verb to the command line, with --json, and, unless another parser of what it shares
    with other verbs is given, --model, --device and --precision."""

    def __call__(
        self,
        name: str,
        run: Callable[[argparse.Namespace], Result],
        show: Callable[[Result], str],
        parent: Any = ...,
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


def embedded(result: Result) -> str:
    """Where the vectors are, how many, how fast."""
    return (
        f"{result['output']}: shape {tuple(result['shape'])}, {result['seconds']:.1f} s, "
        f"{result['sentences_per_second']:.0f} sentences a second"
    )


def evaluation(result: Result) -> str:
    """The scores, a line for each kind of question."""
    lines = [
        result["split"]["in_words"],
        f"scored: {result['documents']:,} documents, {result['tokens']:,} tokens",
    ]
    if words := result["masked_words"]:
        lines.append(
            f"masked words at {words['mask_rate']:.0%}: loss {_figure(words['loss'])} (perplexity "
            f"{_figure(words['perplexity'], 1)}), top-1 {_figure(words['top1'])} "
            f"({_figure(words['top1_at_mask'])} where [MASK] stood), top-5 "
            f"{_figure(words['top5'])}, {words['places']:,} places"
        )
    for title, of_kind in (
        ("at", result["masked_words_by_rate"]),
        ("a million, in training:", result["masked_words_by_frequency"]),
    ):
        for name, words in of_kind.items():
            if words == result["masked_words"]:
                continue  # said above
            lines.append(
                f"  {title} {name}: loss {_figure(words['loss'])}, top-1 "
                f"{_figure(words['top1'])}, top-5 {_figure(words['top5'])}, "
                f"{words['places']:,} places"
            )
    for kind in ("", "_same_source", "_short", "_swapped"):
        name = f"next_sentence{kind}"
        if scores := result[name]:
            title = name.replace("_", " ")
            accuracy = _figure(scores["accuracy"])
            lines.append(f"{title}: accuracy {accuracy}, {scores['pairs']:,} pairs")
    for name, cloze in result["cloze"].items():
        lines.append(
            f"gaps, {name}: top-1 {cloze['top1']:.2f}, top-5 {cloze['top5']:.2f}, a word of the "
            f"sentence repeated {cloze['copied']:.2f}, {cloze['sentences']} sentences"
        )
    if words := result.get("word_in_context"):
        layers = " ".join(f"{accuracy:.3f}" for accuracy in words["accuracy_by_layer"])
        lines.append(
            f"one sense or two, layers 0 to {len(words['accuracy_by_layer']) - 1}: {layers}, "
            f"{words['pairs']:,} pairs of {words['words']:,} words"
        )
    return "\n".join(lines)


def _figure(value: float | None, digits: int = 3) -> str:
    return "none" if value is None else f"{value:,.{digits}f}"
