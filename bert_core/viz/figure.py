"""What all Plotly figures share. A figure is a plain dict, as plotly.js reads it.

Building one imports nothing of Plotly; `plotly.graph_objects.Figure(figure)` makes it an object.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bert_core.viz.palette import inks

Figure = dict[str, Any]
Trace = dict[str, Any]

FONT = '"Source Sans", "Source Sans Pro", sans-serif'
CLEAR = "rgba(0,0,0,0)"
BELOW_TOOLBAR = 60
"""Pixels above a drawing that hold the toolbar and a line of a legend."""
UI_REVISION = "kept"
"""Never changes, so that zoom and hidden groups outlive a redraw."""


def base_layout(dark: bool, height: int, legend: bool = False) -> dict[str, Any]:
    """A layout without title on the page's own ground; `height` in pixels.

    With `legend` there is room for it below the toolbar, which else lies over it.
    """
    colours = inks(dark)
    return {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": BELOW_TOOLBAR if legend else 8, "b": 8},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "font": {"family": FONT, "size": 14, "color": colours.ink},
        "hovermode": "closest",
        "hoverlabel": {
            "align": "left",
            "bgcolor": colours.paper,
            "bordercolor": colours.faint,
            "font": {"family": FONT, "size": 14, "color": colours.ink},
        },
        "legend": {
            "orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom",
            "itemsizing": "constant",
        },
        "modebar": {"bgcolor": colours.paper, "color": colours.faint, "activecolor": colours.ink},
        "uirevision": UI_REVISION,
    }  # fmt: skip


def axis(dark: bool, title: str, **values: Any) -> dict[str, Any]:
    """An axis with faint lines that cannot be dragged, and whatever else is given."""
    colours = inks(dark)
    return {
        "title": {"text": title, "standoff": 6}, "gridcolor": see_through(colours.faint, 0.25),
        "zeroline": False, "linecolor": colours.faint, "automargin": True, "fixedrange": True,
    } | values  # fmt: skip


def numbers(values: npt.ArrayLike, decimals: int = 4) -> list[float | None]:
    """(n,) as a list for JSON, rounded; None, which is a gap, for what is no number."""
    rounded = np.round(np.asarray(values, dtype=np.float64), decimals)
    if np.isfinite(rounded).all():
        finite: list[float | None] = rounded.tolist()
        return finite
    return [value if np.isfinite(value) else None for value in rounded.tolist()]


def see_through(colour: str, share: float) -> str:
    """The colour '#RRGGBB' with an opacity from 0 to 1."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"
