"""The traces of the map: paths, groups, rings and stars, for a figure on paper or in space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from bert_core.outputs.arrays import FloatArray
from bert_core.outputs.contexts import Contexts
from bert_core.viz.figure import Trace, numbers
from bert_core.viz.palette import GroupLook, Inks
from bert_core.viz.sentences import LONGEST, hover_text
from bert_core.viz.token_rows import inline, shortened

MANY = 2_000
"""Points above which the graphics card draws them, without moving."""
MOST_PATHS = 300
"""Points whose paths are all drawn; of more, only those of the chosen ones."""

Star = tuple[str, FloatArray]
"""A static vector: its name and its place on the map, (dimensions,)."""
Pair = tuple[int, int]


@dataclass(frozen=True)
class Drawing:
    """What all traces of one map share."""

    points: FloatArray
    """(layers of the map, N, dimensions)"""
    at: int
    """Which layer of the map is drawn."""
    kind: str
    """Plotly's type of trace: scatter, scattergl or scatter3d."""
    inks: Inks

    @property
    def flat(self) -> bool:
        """Whether the map has two dimensions."""
        return self.kind != "scatter3d"

    def trace(self, places: npt.NDArray[Any], **values: Any) -> Trace:
        """A trace of these places, (n, dimensions); NaN is a gap."""
        columns = zip("xyz", places.T, strict=False)
        return {"type": self.kind, **{axis: numbers(column) for axis, column in columns}} | values


def hover_lines(contexts: Contexts) -> list[str]:
    """What each occurrence says of itself on the map, whatever its group."""
    count = len(contexts.occurrences)
    most = LONGEST if count <= MANY else LONGEST // 2
    return [
        f"{hover_text(contexts.sentences[one.sentence], one.start, one.end, most)}<br>"
        f"occurrence {at + 1} of {count}"
        for at, one in enumerate(contexts.occurrences)
    ]


def group_traces(
    drawn: Drawing, groups: Sequence[str], looks: dict[str, GroupLook], hovers: Sequence[str]
) -> list[Trace]:
    """A trace for each entry of the legend; inside it, occurrences in their own order."""
    members: dict[str, list[int]] = {look.name: [] for look in looks.values()}
    for at, group in enumerate(groups):
        members[looks[group].name].append(at)
    by_name = {look.name: look for look in looks.values()}
    return [_group(drawn, by_name[name], own, hovers) for name, own in members.items()]


def _group(drawn: Drawing, look: GroupLook, own: list[int], hovers: Sequence[str]) -> Trace:
    marker = {
        "color": look.colour,
        "symbol": look.shape if drawn.flat else look.shape_3d,
        "size": _size(drawn.points.shape[1]) * (1 if drawn.flat else 0.6),
        "line": {"width": 1 if drawn.flat else 0, "color": drawn.inks.paper},
    }
    same = {"marker": {"opacity": 1}}  # a click must not fade the others
    return drawn.trace(
        drawn.points[drawn.at, own],
        mode="markers",
        name=_name(look.name),
        ids=[str(at) for at in own],
        customdata=[[at] for at in own],
        hovertext=[hovers[at] for at in own],
        hovertemplate="%{hovertext} · %{fullData.name}<extra></extra>",
        marker=marker,
        **({"selected": same, "unselected": same} if drawn.flat else {}),
    )


def _size(count: int) -> float:
    """Pixels across a dot."""
    return 12 if count <= 60 else 10 if count <= 300 else 7 if count <= MANY else 5


def _name(group: str) -> str:
    return escape(inline(shortened(group, 40)), quote=False)


def path_traces(drawn: Drawing, chosen: Sequence[int], paths: bool) -> list[Trace]:
    """The ways through all layers up to this one: all, thin, and those chosen, stronger."""
    count = drawn.points.shape[1]
    everyone = range(count) if paths and count <= MOST_PATHS else ()
    return [
        _ways(drawn, everyone, drawn.inks.faint, 1.0, 0.5),
        _ways(drawn, chosen if paths else (), drawn.inks.ink, 2.5, 0.9),
    ]


def _ways(
    drawn: Drawing, which: Sequence[int], colour: str, width: float, opacity: float
) -> Trace:
    """One line trace for several ways, with a gap behind each.

    Layers still to come repeat the place of now, so that the line keeps its number of points.
    """
    upto = np.minimum(np.arange(len(drawn.points) + 1), drawn.at)
    ways = drawn.points[upto][:, list(which)].transpose(1, 0, 2).astype(np.float64)
    ways[:, -1] = np.nan
    places = ways.reshape(-1, drawn.points.shape[2])
    line = {"color": colour, "width": width if drawn.flat else width + 1}
    return drawn.trace(
        places, mode="lines", line=line, opacity=opacity, hoverinfo="skip", showlegend=False
    )


def ring_trace(drawn: Drawing, selected: int | None, pair: Pair | None) -> Trace:
    """Rings around the selected occurrence and the pair; the pair's are named A and B."""
    chosen = [] if selected is None else [(selected, "", 4.0)]
    chosen += [(at, name, 2.5) for at, name in zip(pair or (), "AB", strict=False)]
    size = (_size(drawn.points.shape[1]) + 10) * (1 if drawn.flat else 0.8)
    steps = [size + 5 * bool(name) for _, name, _ in chosen]
    widths = [width for *_, width in chosen]
    marker = {
        "symbol": "circle-open",
        "size": steps,
        "color": drawn.inks.ink,
        "opacity": 1,
        "line": {"width": widths if drawn.flat else 4, "color": drawn.inks.ink},
    }
    return drawn.trace(
        drawn.points[drawn.at, [at for at, *_ in chosen]],
        mode="markers+text",
        marker=marker,
        text=[f"<b>{name}</b>" for _, name, _ in chosen],
        textposition="top right",
        hoverinfo="skip",
        showlegend=False,
    )


def star_trace(drawn: Drawing, stars: Sequence[Star]) -> Trace:
    """The static vectors: one star each in ink, with its name; in space, a cross."""
    dimensions = drawn.points.shape[2]
    places = np.array([place for _, place in stars], np.float64).reshape(-1, dimensions)
    names = [_name(name) for name, _ in stars]
    marker = {
        "symbol": "star" if drawn.flat else "cross",
        "size": 20 if drawn.flat else 10,
        "color": drawn.inks.ink,
        "line": {"width": 1 if drawn.flat else 0, "color": drawn.inks.paper},
    }
    return drawn.trace(
        places,
        mode="markers+text",
        marker=marker,
        text=names,
        textposition=[("top center", "bottom center")[at % 2] for at in range(len(names))],
        hovertext=[f"{name}: one vector, whatever the sentence" for name in names],
        hoverinfo="text",
        showlegend=False,
        **({"cliponaxis": False} if drawn.kind == "scatter" else {}),
    )
