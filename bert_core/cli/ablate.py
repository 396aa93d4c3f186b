"""The verb `ablate`: which heads and which tokens an answer hangs on."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

from bert_core.cli.model import asked_model, say_what_was_cut
from bert_core.cli.text import AddVerb, Result

if TYPE_CHECKING:
    from bert_core.checkpoint.load import Checkpoint
    from bert_core.outputs import HeadImportance, Question, TokenImportance

MOST_SHOWN = 5
"""Heads named below the table: those that change the answer most."""


def add(verb: AddVerb) -> None:
    """Add `ablate` to the command line."""
    parser = verb("ablate", ablate, shown)
    parser.add_argument("text", help="text with [MASK] where a word is hidden")
    parser.add_argument("--pair", help="a second text: does it follow the first?")
    parser.add_argument(
        "--answer",
        metavar="WORD",
        help="the word watched; default: that which stands there, or for [MASK] the likeliest",
    )
    parser.add_argument(
        "--position",
        type=int,
        metavar="N",
        help="the token to hide, as `tokenize` counts them from 0; default: the first [MASK]",
    )


def ablate(options: argparse.Namespace) -> Result:
    """Switch each head off and take each token out, and see what becomes of the answer."""
    from bert_core.analysis.importance import head_importance, token_importance

    if options.pair is not None and (options.answer is not None or options.position is not None):
        raise ValueError(
            "--answer and --position are for a hidden word; with --pair it is asked whether the "
            "second text follows the first"
        )
    checkpoint = asked_model(options)
    question = _question(checkpoint, options)
    say_what_was_cut(question.encoding)
    return {
        "question": _asked(checkpoint, question),
        "heads": _heads(head_importance(checkpoint, question)),
        "tokens": _tokens(token_importance(checkpoint, question)),
    }


def _question(checkpoint: Checkpoint, options: argparse.Namespace) -> Question:
    from bert_core.analysis.encoding import tokenise
    from bert_core.analysis.predictions import typed_masks
    from bert_core.analysis.questions import masked_word_question, next_sentence_question

    if options.pair is not None:
        return next_sentence_question(checkpoint, options.text, options.pair)
    encoding = tokenise(checkpoint, options.text)
    place = options.position
    if place is None:
        place = next(iter(typed_masks(checkpoint, encoding)), None)
    if place is None:
        cut = "" if encoding.truncation is None else " in the part of the text that fits"
        raise ValueError(
            f"nothing is hidden{cut}; type [MASK] for a word, give --position, or ask with --pair "
            "whether another text follows"
        )
    return masked_word_question(checkpoint, encoding, place, options.answer)


def _asked(checkpoint: Checkpoint, question: Question) -> Result:
    return {
        "kind": question.kind,
        "tokens": [checkpoint.tokenizer.id_to_token(id) for id in question.shown_ids],
        "position": question.position,
        "answer": question.answer,
        "answer_id": question.answer_id,
        "probability": question.probability,
    }


def _heads(found: HeadImportance) -> Result:
    ablation = found.ablation
    return {
        "probability": ablation.probability.tolist(),
        "change": ablation.change.tolist(),
        "layer_off": ablation.layer_off.tolist(),
        "all_off": ablation.all_off,
        "measures": {name: values.tolist() for name, values in found.measures.items()},
        "rank_correlation": found.rank_correlation,
    }


def _tokens(found: TokenImportance) -> Result:
    before = found.question.probability
    changes = [
        {name: value for name, value in asdict(one).items() if name != "replacement"}
        | {"change": one.probability - before}
        for one in found.deleted
    ]
    return {
        "deleted": changes,
        "measures": {name: values.tolist() for name, values in found.measures.items()},
        "rank_correlation": found.rank_correlation,
    }


def shown(result: Result) -> str:
    """What was asked, a row for each layer, the strongest heads, a row for each token."""
    question, heads, tokens = result["question"], result["heads"], result["tokens"]
    before = question["probability"]
    place = f" at position {question['position']}" if question["kind"] == "masked word" else ""
    lines = [
        " ".join(question["tokens"]),
        f"the model gives {question['answer']!r}{place} {before:.2%}",
        "",
        "its probability with one head off, in %; 'all' is with all heads of the layer off",
    ]
    columns = range(1, len(heads["probability"][0]) + 1)
    lines.append("layer  " + "".join(f"{f'head {head}':>9}" for head in columns) + f"{'all':>9}")
    for layer, row in enumerate(heads["probability"]):
        lines.append(f"{layer + 1:5}  " + _percentages([*row, heads["layer_off"][layer]]))
    lines += [f"all heads of all layers off: {heads['all_off']:.2%}", *_strongest(heads), ""]
    return "\n".join([*lines, *_token_table(question, tokens), "", *_correlations(heads, tokens)])


def _percentages(probabilities: Iterable[float]) -> str:
    return "".join(f"{100 * one:9.2f}" for one in probabilities)


def _strongest(heads: Result) -> list[str]:
    """The heads that change the answer most, in points of a hundred."""
    flat = [
        (change, layer, head)
        for layer, row in enumerate(heads["change"], 1)
        for head, change in enumerate(row, 1)
    ]
    flat.sort(key=lambda one: -abs(one[0]))
    said = [f"layer {layer} head {head} {100 * by:+.2f}" for by, layer, head in flat[:MOST_SHOWN]]
    return ["largest changes, in points: " + ", ".join(said)]


def _token_table(question: Result, tokens: Result) -> list[str]:
    if not tokens["deleted"]:
        return ["there is no other token to take out"]
    names = list(tokens["measures"])
    lines = [
        "a token taken out, and what it seemed to matter (gradients in nats of log-probability)",
        f"{'':4}{'token':16}{'taken out':>10}{'points':>9}" + "".join(f"{n:>22}" for n in names),
    ]
    for one in tokens["deleted"]:
        at = one["position"]
        cells = "".join(f"{tokens['measures'][name][at]:22.4f}" for name in names)
        start = f"{at:3} {one['token']:16}{one['probability']:10.2%}{100 * one['change']:+9.2f}"
        lines.append(start + cells)
    return lines


def _correlations(heads: Result, tokens: Result) -> list[str]:
    """How each measure ranks heads and tokens, against what really happens."""
    lines = ["rank correlation with what really happens (1: the same order, 0: none)"]
    for what, part in (("heads", heads), ("tokens", tokens)):
        for name, value in part["rank_correlation"].items():
            said = "none: fewer than three, or all the same" if value is None else f"{value:+.2f}"
            lines.append(f"  {what:8}{name:22}{said}")
    return lines
