"""The map of one word's occurrences at one layer, as a Plotly figure, and what to say of it.

The same points stand in the same traces in the same order at every layer, so that plotly.js can
move them; the axes' ranges hold for all layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bert_core.outputs.arrays import FloatArray
from bert_core.outputs.contexts import PROJECTION_METHODS, Contexts, Projection
from bert_core.viz.figure import UI_REVISION, Figure, base_layout
from bert_core.viz.map_traces import (
    MANY,
    Drawing,
    Pair,
    Star,
    group_traces,
    hover_lines,
    path_traces,
    ring_trace,
    star_trace,
)
from bert_core.viz.numbers import counted
from bert_core.viz.palette import group_looks, inks
from bert_core.viz.token_rows import inline, shortened

HEIGHT = 480
MILLISECONDS = 500
"""How long points travel from one layer to the next."""


def map_figure(
    contexts: Contexts,
    projection: Projection,
    layer: int,
    groups: Sequence[str],
    stars: Sequence[Star] = (),
    selected: int | None = None,
    pair: Pair | None = None,
    paths: bool = False,
    dark: bool = False,
    hovers: Sequence[str] | None = None,
) -> Figure:
    """One dot for each occurrence, one trace for each group; a dot's `customdata` is its index.

    Around the traces of the groups lie four that are always there, empty or not: all paths, the
    chosen paths, the rings, the stars.

    Args:
        contexts: N occurrences.
        projection: where they stand, in 2 or 3 dimensions.
        layer: one of the projection's layers.
        groups: (N,), the group of each occurrence: its label, or 'cluster 1'.
        stars: static vectors, one place each.
        selected: the occurrence with the thick ring.
        pair: two occurrences ringed and named A and B.
        paths: draw the way of each occurrence from the first layer to this one.
        dark: whether the dark theme is on.
        hovers: `hover_lines(contexts)`, for who draws many maps of one word.

    Raises:
        ValueError: the projection has no such layer.
    """
    if layer not in projection.layers:
        raise ValueError(f"layer is {layer}; the map has {list(projection.layers)}")
    points = projection.points
    assert len(groups) == points.shape[1] == len(contexts.occurrences)
    kind = "scatter3d" if points.shape[2] == 3 else "scattergl" if len(groups) > MANY else "scatter"
    drawn = Drawing(points, projection.layers.index(layer), kind, inks(dark))
    hovers = hover_lines(contexts) if hovers is None else hovers
    chosen = [at for at in (selected, *(pair or ())) if at is not None]
    return {
        "data": [
            *path_traces(drawn, chosen, paths),
            *group_traces(drawn, groups, group_looks(groups, dark), hovers),
            ring_trace(drawn, selected, pair),
            star_trace(drawn, stars),
        ],
        "layout": _layout(points, stars, kind, dark),
    }


def _layout(points: FloatArray, stars: Sequence[Star], kind: str, dark: bool) -> dict[str, Any]:
    presses = {"clickmode": "event+select", "dragmode": "pan"}
    layout = base_layout(dark, HEIGHT, legend=True) | presses
    flat = points.reshape(-1, points.shape[2])
    places = np.concatenate([flat, *(place[None] for _, place in stars)])
    axes = {
        f"{name}axis": {"range": bounds, "visible": False}
        for name, bounds in zip("xyz", _ranges(places), strict=False)
    }
    if kind == "scatter3d":
        scene: dict[str, Any] = {
            "aspectmode": "cube",
            "dragmode": "orbit",
            "uirevision": UI_REVISION,
            "camera": {"eye": {"x": 1.0, "y": 1.0, "z": 0.7}},
        }
        return layout | {"scene": axes | scene}
    axes["yaxis"]["scaleanchor"] = "x"
    if kind == "scatter":
        layout["transition"] = {"duration": MILLISECONDS, "easing": "cubic-in-out"}
    return layout | axes


def _ranges(places: FloatArray) -> list[list[float]]:
    """For every axis what is to be seen at any layer, with a margin; in space of equal length."""
    low, high = places.min(axis=0), places.max(axis=0)
    longest = float((high - low).max()) or 1.0
    lengths = high - low if places.shape[1] == 2 else np.full(3, longest)
    halves = np.maximum(lengths, longest / 10) / 2 + 0.07 * longest
    middle = (low + high) / 2
    return [
        [round(float(m - half), 4), round(float(m + half), 4)]
        for m, half in zip(middle, halves, strict=True)
    ]


def map_caption(projection: Projection) -> str:
    """What one is looking at and how not to misread it, with what was bounded or reduced."""
    used, count = projection.settings, projection.points.shape[1]
    name = PROJECTION_METHODS.get(used.method, used.method)
    said = {
        "umap": f"{name} with {counted(used.neighbours, 'neighbour')} and "
        f"min_dist {used.min_dist:g}, {used.metric} distance, seed {used.seed}",
        "tsne": f"{name} with perplexity {used.neighbours}, {used.metric} distance, "
        f"seed {used.seed}",
    }.get(used.method, name)
    misread = (
        "The axes are the two or three directions in which the vectors differ most; what differs "
        "in other directions is not seen."
        if used.method == "pca"
        else "Near each other means alike; how far apart groups lie, how large they are, and the "
        "axes mean nothing."
    )
    begin = f"Each dot is one of {counted(count, 'occurrence')}. {name if said == name else said}."
    fooled = "A map can show groups that are not there; the curves measure in all dimensions."
    notes = (f"{note[:1].upper()}{note[1:]}." for note in projection.notes)
    return " ".join((begin, misread, fooled, *notes))


def map_alt(contexts: Contexts, layer: int, groups: Sequence[str]) -> str:
    """The map in one sentence, for a screen reader."""
    word = inline(shortened(contexts.word, 60))
    return (
        f"Map of {counted(len(groups), 'occurrence')} of “{word}” at layer {layer}, in "
        f"{counted(len(set(groups)), 'group')}; the sentences beside it say and select the same."
    )
