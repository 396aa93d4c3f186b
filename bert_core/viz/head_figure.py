"""One head, the difference of two, and all heads as dots: Plotly figures of attention.

L = layers, A = heads, U = units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from bert_core.outputs.arrays import FloatArray
from bert_core.outputs.attention import AttentionFlow, AttentionMaps, HeadSummary
from bert_core.viz.attention_view import LONGEST_LABEL, colour_scale
from bert_core.viz.figure import Figure, base_layout, numbers
from bert_core.viz.palette import diverging, group_looks, inks
from bert_core.viz.token_rows import inline, shortened

MOST_NAMED = 70
"""Rows up to which every row has its name."""
MOST_DRAWN = 256
"""Rows drawn of a long text."""
MOST_CELLS = 300_000
"""Cells of all heads together in one figure."""
NO_PATTERN = "no named pattern"


def head_figure(maps: AttentionMaps, layer: int, head: int, dark: bool = False) -> Figure:
    """Rows look, columns are looked at; of a long text the first `MOST_DRAWN` units.

    Raises:
        ValueError: when there is no such layer or head; both count from 1.
    """
    labels = [unit.label for unit in maps.units]
    return _cells(_weights(maps, layer, head), labels, colour_scale(), (0, 1), ".0%", dark)


def flow_figure(flow: AttentionFlow, layer: int, dark: bool = False) -> Figure:
    """Rows are tokens at this layer, columns the input tokens that they gather from.

    Raises:
        ValueError: when there is no such layer; they count from 1.
    """
    if not 1 <= layer <= len(flow.weights):
        raise ValueError(f"layer is {layer}; it must be from 1 to {len(flow.weights)}")
    weights = flow.weights[layer - 1]
    return _cells(weights, flow.encoding.tokens, colour_scale(), (0, 1), ".0%", dark)


def heads_grid_figure(maps: AttentionMaps, dark: bool = False) -> Figure:
    """All heads at a glance: layers across, heads down, each a small map of square roots.

    One heatmap with gaps between the heads. Of a long text the first units are drawn, about
    `MOST_CELLS` cells in all.
    """
    layers, heads, count, _ = maps.attention.shape
    kept = min(count, max(1, math.isqrt(MOST_CELLS // (layers * heads))))
    step = kept + max(1, kept // 12)
    tiled = np.full((heads * step, layers * step), np.nan)
    for layer, head in np.ndindex(layers, heads):
        rows, columns = head * step, layer * step
        weights = maps.attention[layer, head, :kept, :kept]
        tiled[rows : rows + kept, columns : columns + kept] = np.sqrt(weights)
    heatmap = {
        "type": "heatmap", "z": [numbers(row, 3) for row in tiled], "zmin": 0, "zmax": 1,
        "colorscale": colour_scale(), "hoverinfo": "skip", "showscale": False,
    }  # fmt: skip
    return {
        "data": [heatmap],
        "layout": base_layout(dark, 60 + 52 * heads)
        | {
            "xaxis": _numbered("layer", layers, step, kept),
            "yaxis": _numbered("head", heads, step, kept)
            | {"autorange": "reversed", "scaleanchor": "x"},
            "margin": {"l": 48, "r": 8, "t": 8, "b": 44},
        },
    }


def _numbered(name: str, count: int, step: int, kept: int) -> dict[str, Any]:
    """An axis with the numbers of layers or heads at the middle of their maps."""
    return {
        "tickvals": [at * step + (kept - 1) / 2 for at in range(count)],
        "ticktext": [str(at + 1) for at in range(count)],
        "title": {"text": name, "standoff": 4},
        "showgrid": False, "zeroline": False, "constrain": "domain", "ticks": "",
    }  # fmt: skip


def difference_figure(
    first: AttentionMaps, second: AttentionMaps, layer: int, head: int, dark: bool = False
) -> Figure:
    """Weights of the second text less those of the first, of the same number of units.

    Raises:
        ValueError: when the numbers of units differ, or there is no such layer or head.
    """
    if len(first.units) != len(second.units):
        raise ValueError(
            f"one text has {len(first.units)} rows and the other {len(second.units)}; a "
            "difference needs the same number"
        )
    change = _weights(second, layer, head) - _weights(first, layer, head)
    most = max(float(np.abs(change).max()), 0.01)
    labels = [
        one.label if one.label == other.label else f"{one.label} / {other.label}"
        for one, other in zip(first.units, second.units, strict=True)
    ]
    return _cells(change, labels, diverging(dark), (-most, most), "+.0%", dark)


def _weights(maps: AttentionMaps, layer: int, head: int) -> FloatArray:
    layers, heads = maps.attention.shape[:2]
    for name, value, most in (("layer", layer, layers), ("head", head, heads)):
        if not 1 <= value <= most:
            raise ValueError(f"{name} is {value}; it must be from 1 to {most}")
    weights: FloatArray = maps.attention[layer - 1, head - 1]
    return weights


def _cells(
    values: FloatArray,
    names: Sequence[str],
    scale: list[list[float | str]],
    span: tuple[float, float],
    digits: str,
    dark: bool,
) -> Figure:
    count = min(len(names), MOST_DRAWN)
    labels = [_label(name) for name in names[:count]]
    gap = 1 if count <= 40 else 0
    axis: dict[str, Any] = {
        "tickvals": list(range(count)), "ticktext": labels, "showgrid": False, "zeroline": False,
        "constrain": "domain", "fixedrange": True, "automargin": True,
        "showticklabels": count <= MOST_NAMED, "tickfont": {"size": 12 if count <= 40 else 9},
    }  # fmt: skip
    heatmap = {
        "type": "heatmap", "z": np.round(values[:count, :count].astype(np.float64), 4).tolist(),
        "zmin": span[0], "zmax": span[1], "colorscale": scale, "xgap": gap, "ygap": gap,
        "customdata": [[f"{row} → {column}" for column in labels] for row in labels],
        "hovertemplate": "%{customdata}: %{z:" + digits.replace("0", "1") + "}<extra></extra>",
        "colorbar": {"thickness": 12, "tickformat": digits, "len": 0.8, "outlinewidth": 0},
    }  # fmt: skip
    return {
        "data": [heatmap],
        "layout": base_layout(dark, 440)
        | {
            "dragmode": False,
            "xaxis": axis | {"side": "top", "tickangle": -50, "range": [-0.5, count - 0.5]},
            "yaxis": axis | {"range": [count - 0.5, -0.5], "scaleanchor": "x"},
        },
    }  # fmt: skip


def heads_figure(
    summaries: Sequence[HeadSummary],
    across: str,
    up: str,
    selected: tuple[int, int],
    dark: bool = False,
) -> Figure:
    """A dot for each head, by two measures; its colour and shape are its pattern's.

    A dot's `customdata` is (layer, head) from 0.

    Args:
        summaries: of one text.
        across: a name of `outputs.HEAD_MEASURES`, for the x-axis.
        up: another, for the y-axis.
        selected: layer and head that are ringed, from 0.
        dark: whether the dark theme is on.
    """
    names = [one.pattern or NO_PATTERN for one in summaries]
    same = {"marker": {"opacity": 1}}
    traces: list[dict[str, Any]] = []
    for name, look in group_looks(names, dark).items():
        own = [one for one, pattern in zip(summaries, names, strict=True) if pattern == name]
        traces.append({
            "type": "scatter", "mode": "markers", "name": name,
            "x": [getattr(one, across) for one in own], "y": [getattr(one, up) for one in own],
            "marker": {"color": look.colour, "symbol": look.shape, "size": 11},
            "customdata": [[one.layer - 1, one.head - 1] for one in own],
            "hovertext": [
                f"layer {one.layer}, head {one.head}<br>{MEASURES[across]} "
                f"{getattr(one, across):.2f}<br>{MEASURES[up]} {getattr(one, up):.2f}"
                for one in own
            ],
            "hoverinfo": "text", "selected": same, "unselected": same,
        })  # fmt: skip
    ring = [one for one in summaries if (one.layer - 1, one.head - 1) == selected]
    traces.append({
        "type": "scatter", "mode": "markers", "showlegend": False, "hoverinfo": "skip",
        "x": [getattr(one, across) for one in ring], "y": [getattr(one, up) for one in ring],
        "marker": {"symbol": "circle-open", "size": 20, "color": inks(dark).ink,
                   "line": {"width": 3, "color": inks(dark).ink}},
    })  # fmt: skip
    grid = {"gridcolor": inks(dark).faint, "gridwidth": 0.4, "zeroline": False, "automargin": True}
    return {
        "data": traces,
        "layout": base_layout(dark, 420, legend=True)
        | {
            "xaxis": grid | {"title": {"text": MEASURES[across]}},
            "yaxis": grid | {"title": {"text": MEASURES[up]}},
            "dragmode": "pan",
        },
    }


MEASURES = {
    "entropy": "entropy, bits", "distance": "mean distance, tokens",
    "previous": "share to the previous token", "next": "share to the next token",
    "same_word": "share to the same word", "sep": "share to [SEP]", "cls": "share to [CLS]",
    "punctuation": "share to punctuation",
}  # fmt: skip
"""A measure of `HeadSummary` -> what it is called."""


def easiest(summaries: Sequence[HeadSummary]) -> tuple[int, int]:
    """Layer and head, from 0, of one whose map can be read at a glance: a named neighbour's.

    Without one, that of the lowest entropy that is not named.
    """
    for name in ("previous token", "next token"):
        if found := [one for one in summaries if one.pattern == name]:
            best = min(found, key=lambda one: one.entropy)
            return best.layer - 1, best.head - 1
    best = min(summaries, key=lambda one: (one.pattern is not None, one.entropy))
    return best.layer - 1, best.head - 1


def summary_rows(
    summaries: Sequence[HeadSummary], sort: str = "layer and head"
) -> list[dict[str, object]]:
    """A flat record for each head: for the table, CSV and JSON.

    Args:
        summaries: of one text.
        sort: 'layer and head', or a measure's name, the largest first.
    """
    order = list(summaries)
    if sort in MEASURES:
        order.sort(key=lambda one: -getattr(one, sort))
    return [
        {
            "layer": one.layer,
            "head": one.head,
            **{title: float(getattr(one, name)) for name, title in MEASURES.items()},
            "pattern": one.pattern,
        }
        for one in order
    ]


def weight_rows(maps: AttentionMaps, layer: int, head: int) -> list[dict[str, object]]:
    """A flat record for each row and column of one head.

    Raises:
        ValueError: when there is no such layer or head; both count from 1.
    """
    weights = _weights(maps, layer, head)
    return [
        {
            "layer": layer, "head": head, "from": row + 1, "from unit": one.label,
            "to": column + 1, "to unit": other.label,
            "weight": round(float(weights[row, column]), 6),
        }
        for row, one in enumerate(maps.units)
        for column, other in enumerate(maps.units)
    ]  # fmt: skip


def _label(text: str) -> str:
    return escape(inline(shortened(text, LONGEST_LABEL)), quote=False)
