"""Plotly figures as our own parts: one drawing stays while data change, so that points travel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bert_core.viz.figure import Figure, Trace
from ui.components import register
from ui.scripts import PLOTLY

_plot = register("plot", '<div class="plot" role="figure"></div>', isolate_styles=False)
_layer_map = register(
    "layer_map",
    '<div class="layer-map"><div class="controls">'
    '<label class="layer">Layer <b></b><input type="range" min="0" step="1"></label>'
    '<button type="button" class="play">Play</button>'
    '<fieldset class="colours"><legend>Colour by</legend></fieldset>'
    '</div><div class="plot" role="figure"></div></div>',
    isolate_styles=False,
)
_attention = register(
    "attention_view",
    '<div class="attention"><div class="heads" role="group" aria-label="All heads; arrows move">'
    '</div><div class="one"><div class="top"><h2 class="title"></h2>'
    '<fieldset class="views"><legend>Drawn as</legend></fieldset></div>'
    '<div class="plot" role="figure"></div><div class="lines"></div>'
    '<p class="readout" role="status"></p><div class="all"></div></div></div>',
    isolate_styles=False,
)


def plot(
    figure: Figure,
    label: str,
    *,
    key: str,
    name: str = "figure",
    on_pick: Callable[[], None] = lambda: None,
) -> None:
    """A Plotly figure; what a pressed point has as `customdata` goes to `session_state[key].pick`.

    Args:
        figure: a dict with data and layout.
        label: what a screen reader hears.
        key: of the component.
        name: of the file when the figure is saved from its toolbar.
        on_pick: called before the rerun that a press starts.
    """
    data = {"figure": figure, "script": PLOTLY, "label": label, "name": name}
    _plot(key=key, data=data, on_pick_change=on_pick)


def layer_map(
    figures: Mapping[str, Mapping[int, tuple[Figure, str]]],
    hovers: Sequence[str],
    layers: Sequence[str],
    colours: Sequence[tuple[str, str, bool]],
    shown: tuple[int, str],
    *,
    key: str,
    rev: str,
    on_shown: Callable[[], None],
    on_pick: Callable[[], None],
) -> None:
    """A map with a slider for the layer, a choice of colours, and play, all drawn in the browser.

    Another layer or colour is drawn at once if its figure is there, and a moment later is in
    `session_state[key].shown` as {layer, colour}; a press on a point is in `.pick`.

    Args:
        figures: colour -> layer -> figure, and what a screen reader hears; with one layout.
        hovers: hover text of every occurrence.
        layers: what each layer is called, from 0 up.
        colours: key, name, and whether it can be chosen.
        shown: the layer and the colour that are shown at first.
        key: of the component.
        rev: another one when `shown` was changed by anything but the map itself.
        on_shown: called before the rerun that another layer or colour starts.
        on_pick: called before the rerun that a press starts.
    """
    layer, colour = shown
    _layer_map(
        key=key,
        data={
            "figures": {
                name: {
                    str(at): {"traces": [_lean(trace) for trace in figure["data"]], "label": label}
                    for at, (figure, label) in by_layer.items()
                }
                for name, by_layer in figures.items()
            },
            "layout": next(iter(figures[colour].values()))[0]["layout"],
            "hovers": list(hovers),
            "layers": list(layers),
            "colours": [list(one) for one in colours],
            "shown": {"layer": layer, "colour": colour},
            "rev": rev,
            "script": PLOTLY,
            "name": "map",
        },
        default={"shown": None},
        on_shown_change=on_shown,
        on_pick_change=on_pick,
    )


def _lean(trace: Trace) -> Trace:
    """The trace without what the browser knows by the numbers of its occurrences."""
    if "ids" not in trace:
        return trace
    known = ("ids", "customdata", "hovertext")
    rest = {name: value for name, value in trace.items() if name not in known}
    return rest | {"members": [at for (at,) in trace["customdata"]]}


def attention_view(
    data: Mapping[str, Any],
    shown: Mapping[str, Any],
    *,
    key: str,
    rev: str,
    on_shown: Callable[[], None],
) -> None:
    """Every head as a small map and one in large, all drawn in the browser.

    What is looked at is in `session_state[key].shown` a moment later: layer and head from 0, view,
    row and column (None where nothing is chosen).

    Args:
        data: from `viz.attention_view.view_data`.
        shown: what is looked at at first.
        key: of the component.
        rev: another one when `shown` was changed by anything but the view itself.
        on_shown: called before the rerun that a press starts.
    """
    _attention(
        key=key,
        data={**data, "shown": dict(shown), "rev": rev, "script": PLOTLY},
        default={"shown": None},
        on_shown_change=on_shown,
    )
