"""How much of a text each of BertViz's views has room for, and what it leaves out.

L = layers, A = heads, T = tokens. Layers are counted from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from bert_core.outputs import EncoderResult, FloatArray
from bert_core.viz.numbers import counted

View = Literal["head", "model", "neuron"]

MOST_TOKENS = 128
"""Tokens of a text that a view is drawn of: in a longer one no line could be told apart."""
MOST_NUMBERS = 7_000_000
"""Weights, and parts of queries and keys, that a page holds, of 2.7 bytes each: 19 MB."""
MOST_LINES = 300_000
"""Lines of the model view, which draws all of them at once (3 to 6 s); the others draw a layer."""


def most_layers(view: View, result: EncoderResult) -> int:
    """How many layers of this text the view has room for, at least 1.

    Raises:
        ValueError: what the view needs was not recorded.
    """
    layers, heads, tokens, _ = recorded(result.attention, "attention").shape
    lines = numbers = heads * tokens * tokens
    if view == "neuron":
        numbers += 2 * heads * tokens * recorded(result.keys, "keys").shape[-1]
    fit = MOST_LINES // lines if view == "model" else MOST_NUMBERS // numbers
    return min(int(layers), max(1, int(fit)))


def shown_layers(
    view: View, result: EncoderResult, layers: Sequence[int] | None = None
) -> tuple[int, ...]:
    """The layers that the view holds: those asked for, or as many as fit, evenly spaced.

    Raises:
        ValueError: the text has more than `MOST_TOKENS` tokens, a layer does not exist, more are
            asked for than fit, or what the view needs was not recorded.
    """
    every = range(1, len(recorded(result.attention, "attention")) + 1)
    tokens = len(result.encoding)
    if tokens > MOST_TOKENS:
        raise ValueError(
            f"the text has {tokens:,} tokens; BertViz's views take up to {MOST_TOKENS}: "
            "use a shorter text"
        )
    most = most_layers(view, result)
    if layers is None:
        return tuple(int(layer) for layer in np.linspace(1, len(every), most).round())
    asked = sorted({every[place(layer, every, "layer")] for layer in layers})
    if not 1 <= len(asked) <= most:
        raise ValueError(
            f"{counted(len(asked), 'layer')} asked for; the {view} view of a text with "
            f"{counted(tokens, 'token')} takes 1 to {most}"
        )
    return tuple(asked)


def view_note(view: View, result: EncoderResult, layers: Sequence[int] | None = None) -> str | None:
    """Which layers the view holds of this text, and why not all; None when it holds all.

    Raises:
        ValueError: as `shown_layers`.
    """
    shown = shown_layers(view, result, layers)
    total = len(recorded(result.attention, "attention"))
    if len(shown) == total:
        return None
    most, tokens = most_layers(view, result), counted(len(result.encoding), "token")
    why = f": the {view} view has room for {most} with {tokens}" if most < total else ""
    word = "Layer" if len(shown) == 1 else "Layers"
    return f"{word} {', '.join(map(str, shown))} of {total}{why}."


def recorded(array: FloatArray | None, name: str) -> FloatArray:
    """The array, which the pass must have kept.

    Raises:
        ValueError: it did not.
    """
    if array is None:
        raise ValueError(f"the result has no {name}; encode the text with attention=True")
    return array


def place(number: int, numbers: Sequence[int], name: str) -> int:
    """Where the number is among the numbers, from 0.

    Raises:
        ValueError: it is none of them.
    """
    if number not in numbers:
        raise ValueError(f"{name} {number} is none of {', '.join(map(str, numbers))}")
    return numbers.index(number)
