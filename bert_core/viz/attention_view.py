"""What the browser needs to draw every head of a text: weights packed small, names, colours.

L = layers, A = heads, U = units.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from bert_core.outputs.arrays import FloatArray
from bert_core.outputs.attention import AttentionMaps, HeadSummary
from bert_core.viz.figure import FONT
from bert_core.viz.palette import inks
from bert_core.viz.token_rows import inline, shortened

MOST_WEIGHTS = 2_400_000
"""Weights sent to a browser, of two bytes each: 6.4 MB as text. 182 units of 6 x 12 heads."""
FULL = 65_535
"""What a weight of 1 is sent as."""
LONGEST_LABEL = 24

CIVIDIS = (
    "#00224E", "#123570", "#3B496C", "#575D6D", "#707173", "#8A8678", "#A59C74", "#C3B369",
    "#E1CC55", "#FEE838",
)  # fmt: skip
"""Nuñez, Anderton and Renslow 2018: even steps of lightness, the same for colour-blind readers."""

SYMBOLS = {
    "previous token": "←", "next token": "→", "same word": "=", "to [SEP]": "S",
    "to [CLS]": "C", "to punctuation": ".", "broad": "○",
}  # fmt: skip
"""A sign for each named pattern, on its small map."""


def most_units(layers: int, heads: int) -> int:
    """How many units of a text are drawn; of more, the first."""
    return math.isqrt(MOST_WEIGHTS // (layers * heads))


def packed(weights: FloatArray) -> str:
    """Weights (.., 0 to 1) as base64 of two bytes each, in order, the lower byte first."""
    whole = np.round(np.clip(weights, 0, 1) * FULL).astype("<u2")
    return base64.b64encode(whole.tobytes()).decode("ascii")


def view_data(
    maps: AttentionMaps, summaries: Sequence[HeadSummary], dark: bool
) -> dict[str, Any]:
    """Units, weights, patterns and colours, as assets/components/attention_view.js reads them.

    Args:
        maps: of one text; of more than `most_units` only the first are sent.
        summaries: of the same text, in order of layer and head.
        dark: whether the dark theme is on.
    """
    layers, heads, count, _ = maps.attention.shape
    kept = min(count, most_units(layers, heads))
    names = [one.pattern for one in summaries]
    colours = inks(dark)
    return {
        "units": [
            {"label": inline(shortened(unit.label, LONGEST_LABEL)), "special": unit.special}
            for unit in maps.units[:kept]
        ],
        "layers": layers,
        "heads": heads,
        "weights": packed(maps.attention[:, :, :kept, :kept]),
        "patterns": [names[at : at + heads] for at in range(0, layers * heads, heads)],
        "symbols": SYMBOLS,
        "colours": {
            "scale": colour_scale(),
            "ink": colours.ink,
            "paper": colours.paper,
            "faint": colours.faint,
            "line": colours.guess,
            "mark": colours.true,
        },
        "font": FONT,
    }


def colour_scale() -> list[list[float | str]]:
    """Cividis as Plotly's scale, colours as 'rgb(r,g,b)'."""
    last = len(CIVIDIS) - 1
    return [
        [at / last, f"rgb({int(c[1:3], 16)},{int(c[3:5], 16)},{int(c[5:], 16)})"]
        for at, c in enumerate(CIVIDIS)
    ]


def limit_note(maps: AttentionMaps) -> str | None:
    """What is not drawn of a long text; None when all is."""
    layers, heads, count, _ = maps.attention.shape
    most = most_units(layers, heads)
    if count <= most:
        return None
    things = "words" if maps.words else "tokens"
    return (
        f"The first {most:,} of {count:,} {things} are drawn; the model read them all, and what "
        "goes to the others is missing from the rows."
    )


def legend(summaries: Sequence[HeadSummary]) -> str:
    """The signs of the patterns that occur, in words."""
    found = [name for name in SYMBOLS if any(one.pattern == name for one in summaries)]
    if not found:
        return "No head shows a pattern that has a name here."
    return "Signs: " + ", ".join(f"{SYMBOLS[name]} {name}" for name in found) + "."
