"""Curves by layer: how well senses can be read off the vectors, and how alike two occurrences are.

Each curve has its own colour, dash and marker; a point's `customdata` is its layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bert_core.outputs.arrays import FloatArray
from bert_core.outputs.contexts import Band, PairComparison, SenseScores
from bert_core.viz.figure import Figure, Trace, base_layout, numbers, see_through
from bert_core.viz.numbers import counted, percent
from bert_core.viz.palette import OKABE_ITO, OKABE_ITO_ON_PAPER, inks

HEIGHT, PAIR_HEIGHT = 420, 240
BAND_OPACITY = 0.22


@dataclass(frozen=True)
class _Look:
    name: str
    colour: str
    dash: str
    symbol: str


def accuracy_figure(scores: SenseScores, layer: int, dark: bool = False) -> Figure:
    """Nearest-neighbour and centroid accuracy by layer above, the silhouette below, same x-axis.

    Each with the band in which 90% of the shuffled labels lie. The upper panel has the line of
    always answering the most frequent label; a vertical line is at `layer`.

    Raises:
        ValueError: the scores have no such layer.
    """
    last = len(scores.centroid) - 1
    if not 0 <= layer <= last:
        raise ValueError(f"layer is {layer}; the scores have 0 to {last}")
    neighbour, centroid, silhouette = _looks(dark)
    return {
        "data": [
            *_curve(scores.nearest_neighbour, scores.nearest_neighbour_null, neighbour, "y"),
            *_curve(scores.centroid, scores.centroid_null, centroid, "y"),
            _chance(scores.chance, last, dark),
            *_curve(scores.silhouette, scores.silhouette_null, silhouette, "y2"),
        ],
        "layout": _two_panels(scores, dark) | _here(layer, dark),
    }


def _looks(dark: bool) -> tuple[_Look, _Look, _Look]:
    colours = OKABE_ITO if dark else OKABE_ITO_ON_PAPER
    return (
        _Look("nearest neighbour", colours[2], "solid", "circle"),
        _Look("nearest centroid", colours[6], "dash", "square"),
        _Look("silhouette", inks(dark).ink, "dashdot", "diamond"),
    )


def _curve(values: FloatArray, null: Band, look: _Look, axis: str) -> list[Trace]:
    """The shuffled band, then the line over it."""
    layers = list(range(len(values)))
    said = percent if axis == "y" else "{:.2f}".format
    band = {
        "type": "scatter", "x": [*layers, *layers[::-1]],
        "y": numbers([*null.low, *null.high[::-1]]), "yaxis": axis, "fill": "toself",
        "mode": "lines", "line": {"width": 1, "color": look.colour, "dash": look.dash},
        "fillcolor": see_through(look.colour, BAND_OPACITY), "name": f"{look.name}, shuffled",
        "legendgroup": look.name, "showlegend": False, "hoverinfo": "skip",
    }  # fmt: skip
    hovers = [
        f"layer {at}: {look.name} {said(value)}<br>labels shuffled: {said(low)} to {said(high)}"
        for at, (value, low, high) in enumerate(zip(values, null.low, null.high, strict=True))
    ]
    line = {
        "type": "scatter", "x": layers, "y": numbers(values), "yaxis": axis,
        "mode": "lines+markers", "line": {"width": 2.5, "color": look.colour, "dash": look.dash},
        "marker": {"symbol": look.symbol, "size": 9, "color": look.colour},
        "name": f"{look.name} (band: labels shuffled)", "legendgroup": look.name,
        "hovertext": hovers, "hoverinfo": "text", "customdata": [[at] for at in layers],
    }  # fmt: skip
    return [band, line]


def _chance(chance: float, last: int, dark: bool) -> Trace:
    """What always answering the most frequent label gets, as a dotted line."""
    name = f"most frequent label: {percent(chance)}"
    return {
        "type": "scatter", "x": [-0.3, last + 0.3], "y": [chance, chance], "mode": "lines",
        "line": {"width": 2, "color": inks(dark).ink, "dash": "dot"}, "name": name,
        "hovertext": [f"always answering the {name}"] * 2, "hoverinfo": "text",
    }  # fmt: skip


def _axis(dark: bool, **values: Any) -> dict[str, Any]:
    colours = inks(dark)
    return {
        "showgrid": True, "gridcolor": see_through(colours.faint, 0.25), "zeroline": False,
        "linecolor": colours.faint, "automargin": True, "fixedrange": True,
    } | values  # fmt: skip


def _layers_axis(dark: bool, last: int, anchor: str) -> dict[str, Any]:
    return _axis(
        dark, range=[-0.3, last + 0.3], dtick=1 if last <= 12 else 2, anchor=anchor,
        title={"text": "layer (0: what goes into the first)"},
    )  # fmt: skip


def _two_panels(scores: SenseScores, dark: bool) -> dict[str, Any]:
    null = scores.silhouette_null
    every = np.concatenate([scores.silhouette, null.low, null.high, [0.0]])
    low, high = float(np.nanmin(every)), float(np.nanmax(every))
    room = 0.08 * max(high - low, 0.1)
    return base_layout(dark, HEIGHT, legend=True) | {
        "xaxis": _layers_axis(dark, len(scores.centroid) - 1, "y2"),
        "yaxis": _axis(
            dark, domain=[0.4, 1], range=[0, 1.03], tickformat=".0%", title={"text": "accuracy"}
        ),
        "yaxis2": _axis(
            dark, domain=[0, 0.31], range=[low - room, high + room], tickformat=".2f",
            nticks=4, title={"text": "silhouette"}, zeroline=True,
            zerolinecolor=inks(dark).faint,
        ),
    }  # fmt: skip


def _here(layer: int, dark: bool) -> dict[str, Any]:
    """The line at the layer that the rest of the page shows."""
    line = {"color": inks(dark).ink, "width": 2, "dash": "dot"}
    return {
        "shapes": [
            {
                "type": "line", "xref": "x", "yref": "paper", "x0": layer, "x1": layer, "y0": 0,
                "y1": 1, "line": line, "layer": "below",
            }
        ]
    }  # fmt: skip


def pair_figure(comparison: PairComparison, dark: bool = False) -> Figure:
    """The cosine of two occurrences at every layer; a vertical line at the layer compared."""
    values = comparison.cosines
    layers = list(range(len(values)))
    colour = inks(dark).ink
    line = {
        "type": "scatter", "x": layers, "y": numbers(values), "mode": "lines+markers",
        "line": {"width": 2.5, "color": colour},
        "marker": {"symbol": "circle", "size": 9, "color": colour}, "showlegend": False,
        "hovertext": [f"layer {at}: cosine {value:.2f}" for at, value in enumerate(values)],
        "hoverinfo": "text", "customdata": [[at] for at in layers],
    }  # fmt: skip
    lowest = min(0.0, float(np.nanmin(values)))
    y_axis = _axis(
        dark, range=[lowest - 0.05, 1.05], tickformat=".2f", title={"text": "cosine of A and B"}
    )
    axes = {"xaxis": _layers_axis(dark, len(values) - 1, "y"), "yaxis": y_axis}
    layout = base_layout(dark, PAIR_HEIGHT) | axes | _here(comparison.layer, dark)
    return {"data": [line], "layout": layout}


def accuracy_caption(scores: SenseScores) -> str:
    """What the curves measure, and against what to hold them."""
    best = scores.best_layer
    return (
        f"Measured on the vectors themselves, not on the map: "
        f"{counted(scores.occurrences, 'occurrence')} with {len(scores.labels)} labels. At layer "
        f"{best}, the best, the nearest centroid is the right one for "
        f"{percent(float(scores.centroid[best]))}, each occurrence left out of its own centroid. "
        f"In the bands lie 90% of {scores.shuffles:,} random shuffles of the labels; a curve "
        f"inside its band says nothing. Always answering the most frequent label gets "
        f"{percent(scores.chance)}."
    )
