"""BertViz's three views of one forward pass, each one HTML file that needs nothing else.

L = layers, A = heads, T = tokens. Attention, queries and keys are those of our own model, so that
any checkpoint has all three views. Layers and heads are counted from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bert_core.outputs import EncoderResult, FloatArray
from bert_core.viz.bertviz_limits import View, place, recorded, shown_layers, view_note
from bert_core.viz.bertviz_page import Drawing, packed, page
from bert_core.viz.token_rows import inline

_KEYS = (
    "With a keyboard: Tab goes to the lists, the heads and the tokens; arrows move among them; "
    "Enter presses"
)
_HEAD = (
    "Each line goes from a token on the left to one that it looks at on the right: the stronger "
    "the line, the more it looks. Each colour is a head. Its square at the top switches it off "
    "and on; a double click leaves it alone. Point at a token to see its lines only."
)
_MODEL = (
    "Every small map is one head: lines go from each token on its left edge to what it looks at "
    "on its right edge. Press a map to see it in large with its tokens, and again to close it."
)
_NEURON = (
    "Lines go from each token on the left to what it looks at on the right. Point at a token on "
    "the left and press its plus sign: its query is multiplied with every key, number by number. "
    "Their sum, divided by the square root of how many there are, goes through the softmax. Blue "
    "is above zero, orange below: the stronger the colour, the larger the number."
)


def head_view_html(
    result: EncoderResult,
    dark: bool = False,
    layers: Sequence[int] | None = None,
    layer: int | None = None,
    heads: Sequence[int] | None = None,
) -> str:
    """One layer's heads as coloured lines from each token to what it looks at.

    Args:
        result: of a pass that recorded attention.
        dark: whether the dark theme is on.
        layers: those that can be chosen; None for as many as fit (`shown_layers`).
        layer: the one shown at first; None for the first of them.
        heads: those shown at first; None for all.

    Raises:
        ValueError: no attention was recorded, the text has more than `MOST_TOKENS` tokens, there
            is no such layer or head, or the layers asked for are more than fit (`most_layers`).
    """
    shown = shown_layers("head", result, layers)
    seen = [_head_place(result, head) for head in heads or ()]
    data = _data("head", result, shown) | {
        "layer": None if layer is None else shown[place(layer, shown, "layer")],
        "shown_heads": seen or None,
    }
    about = [_HEAD, f"{_KEYS}, and Shift+Enter is a double click."]
    drawing = Drawing("Head view", "head_view.js", about, _lists(result, layer="Layer"), data)
    return page(drawing, _text(result), view_note("head", result, layers), dark)


def model_view_html(
    result: EncoderResult, dark: bool = False, layers: Sequence[int] | None = None
) -> str:
    """All heads of all layers at a glance, each as a small map of lines; a press enlarges one.

    Args:
        result: of a pass that recorded attention.
        dark: whether the dark theme is on.
        layers: those drawn; None for as many as fit (`shown_layers`).

    Raises:
        ValueError: as `head_view_html`.
    """
    data = _data("model", result, shown_layers("model", result, layers))
    drawing = Drawing("Model view", "model_view.js", [_MODEL, f"{_KEYS}."], _lists(result), data)
    return page(drawing, _text(result), view_note("model", result, layers), dark)


def neuron_view_html(
    result: EncoderResult,
    dark: bool = False,
    layers: Sequence[int] | None = None,
    layer: int | None = None,
    head: int | None = None,
) -> str:
    """One head's attention, and how query and key make it, number by number.

    Args:
        result: of a pass that recorded attention, queries and keys.
        dark: whether the dark theme is on.
        layers: those that can be chosen; None for as many as fit (`shown_layers`).
        layer: the one shown at first; None for the first of them.
        head: the one shown at first; None for the first.

    Raises:
        ValueError: as `head_view_html`, or no queries and keys were recorded.
    """
    shown = shown_layers("neuron", result, layers)
    data = _data("neuron", result, shown) | {
        "queries": packed(_of_layers(recorded(result.queries, "queries"), shown)),
        "keys": packed(_of_layers(recorded(result.keys, "keys"), shown)),
        "layer": 0 if layer is None else place(layer, shown, "layer"),
        "head": 0 if head is None else _head_place(result, head),
    }
    about = [_NEURON, f"{_KEYS} a token's plus or minus sign."]
    lists = _lists(result, layer="Layer", att_head="Head")
    drawing = Drawing("Neuron view", "neuron_view.js", about, lists, data)
    return page(drawing, _text(result), view_note("neuron", result, layers), dark)


def _data(view: View, result: EncoderResult, shown: Sequence[int]) -> dict[str, Any]:
    """What assets/bertviz/page.js needs for every view."""
    attention = recorded(result.attention, "attention")
    return {
        "view": view,
        "tokens": [inline(token) for token in result.encoding.tokens],
        "b_start": _b_start(result),
        "layers": list(shown),
        "heads": attention.shape[1],
        "attention": packed(_of_layers(attention, shown)),
    }


def _lists(result: EncoderResult, **lists: str) -> dict[str, str]:
    """What BertViz finds its lists by, and what they are called; for a pair, what looks at what."""
    return lists if _b_start(result) is None else lists | {"filter": "Attention"}


def _b_start(result: EncoderResult) -> int | None:
    """The first token of sentence B; None without one."""
    segments = result.encoding.segment_ids
    return segments.index(1) if 1 in segments else None


def _head_place(result: EncoderResult, head: int) -> int:
    heads = recorded(result.attention, "attention").shape[1]
    return place(head, range(1, heads + 1), "head")


def _of_layers(array: FloatArray, shown: Sequence[int]) -> FloatArray:
    """(L, ...) -> (shown, ...)."""
    chosen: FloatArray = array[[layer - 1 for layer in shown]]
    return chosen


def _text(result: EncoderResult) -> str:
    pair = result.encoding.pair
    return result.encoding.text if pair is None else f"{result.encoding.text} / {pair}"
