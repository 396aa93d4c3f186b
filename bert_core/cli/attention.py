"""The verb `attention`: what tokens or words look at, what heads do, where vectors come from."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from bert_core.cli.model import asked_model, say_what_was_cut
from bert_core.cli.text import AddVerb, Result

if TYPE_CHECKING:
    from bert_core.checkpoint.load import Checkpoint
    from bert_core.outputs import EncoderResult, FloatArray


def add(verb: AddVerb) -> None:
    """Add `attention` to the command line."""
    parser = verb("attention", attention, shown)
    parser.add_argument("text")
    parser.add_argument("--pair", help="a second text")
    parser.add_argument(
        "--words", action="store_true", help="join the pieces of words: sums to, means from"
    )
    parser.add_argument(
        "--no-special", action="store_true", help="leave [CLS] and [SEP] out and scale rows to 1"
    )
    parser.add_argument(
        "--summary", action="store_true", help="say of every head what it looks at: 'heads'"
    )
    parser.add_argument(
        "--flow",
        choices=("rollout", "flow", "values"),
        help="from which tokens vectors come: attention through the layers, as its product or as "
        "maximum flow, or the lengths of what each head adds; always between tokens",
    )


def attention(options: argparse.Namespace) -> Result:
    """Print what every token looks at, in every head of every layer."""
    from bert_core.analysis.attention import as_units
    from bert_core.analysis.encoding import encode
    from bert_core.analysis.head_summary import head_summaries

    checkpoint = asked_model(options)
    result = encode(checkpoint, options.text, options.pair, attention=True)
    maps = as_units(result, options.words, not options.no_special)
    answer: Result = {
        "tokens": [unit.label for unit in maps.units],
        "attention": maps.attention.tolist(),
    }
    if options.summary:
        answer["heads"] = [asdict(head) for head in head_summaries(result)]
    if options.flow is not None:
        answer["flow"] = {
            "method": options.flow,
            "tokens": result.encoding.tokens,
            "weights": _weights(options.flow, checkpoint, result).tolist(),
        }
    say_what_was_cut(result.encoding)
    return answer


def _weights(method: str, checkpoint: Checkpoint, result: EncoderResult) -> FloatArray:
    """(layers, T, T), or for 'values' (layers, heads, T, T)."""
    from bert_core.analysis import attention_flow

    if method == "values":
        return attention_flow.value_weighted(checkpoint, result.encoding)
    made = attention_flow.rollout if method == "rollout" else attention_flow.flow
    return made(result).weights


def shown(result: Result) -> str:
    """How much there is, and the summary; nobody reads the rest in a terminal."""
    layers, heads = len(result["attention"]), len(result["attention"][0])
    units = len(result["tokens"])
    size = f"{layers} layers x {heads} heads x {units} x {units} tokens or words"
    lines = [f"attention of {size}; see --json"]
    if "heads" in result:
        lines += _table(result["heads"])
    if "flow" in result:
        shape = " x ".join(map(str, _shape(result["flow"]["weights"])))
        lines.append(f"{result['flow']['method']}: {shape}; see --json")
    return "\n".join(lines)


def _table(heads: Sequence[Result]) -> list[str]:
    """A line a head, measures as they are called in the JSON."""
    measures = [name for name in heads[0] if name not in ("layer", "head", "pattern")]
    lines = ["layer  head  " + "  ".join(measures) + "  pattern"]
    for head in heads:
        cells = [f"{head[name]:{len(name)}.2f}" for name in measures]
        lines.append(
            f"{head['layer']:5}  {head['head']:4}  {'  '.join(cells)}  {head['pattern'] or '-'}"
        )
    return lines


def _shape(nested: object) -> list[int]:
    return [len(nested), *_shape(nested[0])] if isinstance(nested, list) else []
