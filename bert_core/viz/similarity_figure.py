"""The cosine of every pair of occurrences, as a heatmap whose cells can be pressed.

plotly.js gives no events for a heatmap's cells, so that an invisible square lies on each; its
`customdata` is (occurrence of the row, occurrence of the column), of a row's mark twice the same.
Axes are numeric, since equal names would become one row.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from bert_core.outputs.arrays import FloatArray, IntArray
from bert_core.viz.figure import Figure, Trace, base_layout
from bert_core.viz.palette import SEQUENTIAL, GroupLook, group_looks, inks
from bert_core.viz.token_rows import inline, shortened

MOST_PRESSED = 60
"""Rows up to which cells can be pressed and rows have names."""
MOST_ROWS = 300
"""Rows drawn; of more, an even sample of the order."""
HEIGHT = 520
PLOT = 470
"""Pixels of the square of cells, about."""


def matrix_figure(
    matrix: FloatArray,
    order: Sequence[int],
    names: Sequence[str],
    groups: Sequence[str],
    selected: int | None = None,
    dark: bool = False,
) -> Figure:
    """Cosines, similar occurrences side by side, each row with its name and the mark of its group;
    columns stand in the same order.

    Above `MOST_PRESSED` rows there are no names and nothing to press; above `MOST_ROWS` an even
    sample of the order is drawn, always with the selected row (`matrix_note` says so).

    Args:
        matrix: (N, N), the cosine of every pair.
        order: (N,), the occurrences in the order of the rows.
        names: (N,), a short name of each occurrence.
        groups: (N,), the group of each.
        selected: the occurrence whose row and column are framed.
        dark: whether the dark theme is on.

    Raises:
        ValueError: the matrix has no rows.
    """
    if not len(matrix):
        raise ValueError("the matrix has 0 rows; at least 1 is needed")
    assert matrix.shape == (len(order), len(order)) and len(names) == len(groups) == len(order)
    rows = _sample(order, selected)
    shown = matrix[np.ix_(rows, rows)]
    labels = [escape(inline(shortened(names[row], 40)), quote=False) for row in rows]
    data = [_heatmap(shown), *_marks(rows, groups, group_looks(groups, dark))]
    few = len(rows) <= MOST_PRESSED
    if few:
        data.append(_cells(shown, rows, labels))
    at = np.flatnonzero(rows == selected).tolist() if selected is not None else []
    return {"data": data, "layout": _layout(labels if few else None, len(rows), at, dark)}


def _sample(order: Sequence[int], selected: int | None) -> IntArray:
    """The order, or evenly spaced ones of it with `selected` in the place next to its own."""
    rows = np.asarray(order, dtype=np.int64)
    if len(rows) <= MOST_ROWS:
        return rows
    kept = np.linspace(0, len(rows) - 1, MOST_ROWS).round().astype(np.int64)
    for place in np.flatnonzero(rows == selected) if selected is not None else ():
        kept[np.abs(kept - place).argmin()] = place
    return rows[kept]


def matrix_note(count: int) -> str | None:
    """What the figure leaves out of this many occurrences; None when nothing."""
    if count > MOST_ROWS:
        return (
            f"{MOST_ROWS} of {count:,} occurrences are drawn, evenly spaced in the order; cells "
            f"can be pressed up to {MOST_PRESSED} occurrences."
        )
    if count > MOST_PRESSED:
        return f"Cells have names and can be pressed up to {MOST_PRESSED} occurrences."
    return None


def _heatmap(shown: FloatArray) -> Trace:
    """Colours from the smallest cosine to 1; below 60 rows the cells' own squares answer."""
    few = len(shown) <= MOST_PRESSED
    return {
        "type": "heatmap", "z": np.round(shown.astype(np.float64), 3).tolist(),
        "colorscale": SEQUENTIAL, "zmin": float(min(shown.min(), 0.99)), "zmax": 1.0,
        "xgap": 1 if few else 0, "ygap": 1 if few else 0,
        "colorbar": {"title": {"text": "cosine"}, "tickformat": ".2f", "thickness": 14, "len": 0.7},
        **({"hoverinfo": "skip"} if few else {
            "hovertemplate": "rows %{y} and %{x}: %{z:.2f}<extra></extra>"
        }),
    }  # fmt: skip


def _marks(
    rows: IntArray, names: Sequence[str], looks: dict[str, GroupLook]
) -> list[Trace]:
    """The mark of each row's group, left of the rows and above the columns."""
    groups = [names[row] for row in rows]
    places = list(range(len(groups)))
    edge = [-0.5 - 0.03 * len(groups)] * len(groups)
    marker = {
        "color": [looks[group].colour for group in groups],
        "symbol": [looks[group].shape for group in groups],
        "size": min(10.0, max(2.0, 0.8 * PLOT / len(groups))),
    }
    said = [escape(inline(shortened(group, 40)), quote=False) for group in groups]
    same = {"marker": {"opacity": 1}}
    shared = {
        "type": "scatter", "mode": "markers", "marker": marker, "hovertext": said,
        "hoverinfo": "text", "customdata": [[row, row] for row in rows.tolist()],
        "showlegend": False, "cliponaxis": False, "selected": same, "unselected": same,
    }  # fmt: skip
    return [shared | {"x": edge, "y": places}, shared | {"x": places, "y": edge}]


def _cells(shown: FloatArray, rows: IntArray, labels: Sequence[str]) -> Trace:
    """The invisible squares that are pressed."""
    count = len(rows)
    across, down = np.meshgrid(np.arange(count), np.arange(count))
    hidden = {"marker": {"opacity": 0}}
    return {
        "type": "scatter", "mode": "markers", "x": across.ravel().tolist(),
        "y": down.ravel().tolist(), "showlegend": False,
        "marker": {"symbol": "square", "opacity": 0, "size": max(4, int(0.9 * PLOT / count))},
        "customdata": np.stack([rows[down.ravel()], rows[across.ravel()]], axis=1).tolist(),
        "hovertext": [
            f"{labels[i]}<br>{labels[j]}<br>cosine {shown[i, j]:.2f}"
            for i in range(count)
            for j in range(count)
        ],
        "hoverinfo": "text", "selected": hidden, "unselected": hidden,
    }  # fmt: skip


def _layout(
    labels: Sequence[str] | None, count: int, selected: Sequence[int], dark: bool
) -> dict[str, Any]:
    begin = -0.5 - 0.06 * count
    axis: dict[str, Any] = {
        "showgrid": False, "zeroline": False, "constrain": "domain", "fixedrange": True,
        "automargin": True, "showticklabels": False, "ticks": "",
    }  # fmt: skip
    down = axis | {"range": [count - 0.5, begin], "scaleanchor": "x"}
    if labels is not None:
        down |= {
            "showticklabels": True, "tickvals": list(range(count)), "ticktext": list(labels),
            "tickfont": {"size": 12},
        }  # fmt: skip
    return base_layout(dark, HEIGHT, legend=True) | {
        "xaxis": axis | {"range": [begin, count - 0.5]},
        "yaxis": down,
        "clickmode": "event+select",
        "dragmode": False,
        "shapes": [frame for at in selected for frame in _frames(at, count, dark)],
    }


def _frames(at: int, count: int, dark: bool) -> list[dict[str, Any]]:
    """A frame around the row and the column of the selected, in ink on paper: seen on any hue."""
    colours = inks(dark)
    sides = (
        {"x0": -0.5, "x1": count - 0.5, "y0": at - 0.5, "y1": at + 0.5},
        {"x0": at - 0.5, "x1": at + 0.5, "y0": -0.5, "y1": count - 0.5},
    )
    lines = ({"color": colours.paper, "width": 5}, {"color": colours.ink, "width": 2})
    return [{"type": "rect", "line": line, **side} for line in lines for side in sides]
