"""Does it matter? Heads switched off and tokens taken out, as figures and in words.

L = layers, A = heads, T = tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from bert_core.outputs.arrays import FloatArray
from bert_core.outputs.attention import HeadAblation, HeadImportance, Question, TokenImportance
from bert_core.viz.figure import Figure, base_layout
from bert_core.viz.numbers import counted, percent
from bert_core.viz.palette import diverging, inks
from bert_core.viz.token_rows import inline, shortened

DELETED = "deletion"
"""The row of what really happens when a token is taken out."""
LEAST_SCALE = 0.005
"""Changes smaller than this are not blown up to full colour."""
STRONG = 0.5
"""Rank correlations from here on are called agreement."""


def ablation_figure(
    ablation: HeadAblation, selected: tuple[int, int], dark: bool = False
) -> Figure:
    """(L, A) cells: how many points of probability the answer gains or loses without the head.

    Args:
        ablation: of one question.
        selected: layer and head that are framed, from 0.
        dark: whether the dark theme is on.
    """
    change = ablation.change
    layers, heads = change.shape
    most = max(float(np.abs(change).max()), LEAST_SCALE)
    said = [
        [
            f"layer {layer + 1}, head {head + 1} off: {percent(float(p))} "
            f"({_points(float(change[layer, head]))})"
            for head, p in enumerate(row)
        ]
        for layer, row in enumerate(ablation.probability)
    ]
    cells = [[[layer, head] for head in range(heads)] for layer in range(layers)]
    heatmap = {
        "type": "heatmap", "z": np.round(change.astype(np.float64), 5).tolist(),
        "colorscale": diverging(dark), "zmin": -most, "zmax": most, "xgap": 2, "ygap": 2,
        "text": said, "hovertemplate": "%{text}<extra></extra>", "customdata": cells,
        "colorbar": {"thickness": 12, "tickformat": "+.1%", "len": 0.9, "outlinewidth": 0},
    }  # fmt: skip
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True, "ticks": ""}
    layer, head = selected
    return {
        "data": [heatmap],
        "layout": base_layout(dark, 60 + 34 * layers)
        | {
            "dragmode": False,
            "xaxis": axis
            | {
                "tickvals": list(range(heads)), "ticktext": [str(at + 1) for at in range(heads)],
                "title": {"text": "head", "standoff": 4}, "range": [-0.5, heads - 0.5],
            },
            "yaxis": axis
            | {
                "tickvals": list(range(layers)), "ticktext": [str(at + 1) for at in range(layers)],
                "title": {"text": "layer", "standoff": 4}, "range": [layers - 0.5, -0.5],
            },
            "margin": {"l": 48, "r": 8, "t": 8, "b": 44},
            "shapes": _frame(head, layer, dark),
        },
    }  # fmt: skip


def _frame(x: int, y: int, dark: bool) -> list[dict[str, Any]]:
    """A frame around one cell, in ink on paper: seen on any colour."""
    colours = inks(dark)
    box = {"type": "rect", "x0": x - 0.5, "x1": x + 0.5, "y0": y - 0.5, "y1": y + 0.5}
    lines = ({"color": colours.paper, "width": 5}, {"color": colours.ink, "width": 2})
    return [{**box, "line": line} for line in lines]


def importance_figure(importance: TokenImportance, dark: bool = False) -> Figure:
    """A row for each measure, a column for each token; each row's largest value at full colour.

    The first row is what really happens when the token is taken out: orange lowers the answer's
    probability, so that the token spoke for it.
    """
    rows = importance_rows(importance)
    tokens = importance.question.encoding.tokens
    kept = sorted({one.position for one in importance.deleted})
    shown, said, names = [], [], []
    for name, values in rows.items():
        most = max(float(np.abs(values[kept]).max()), 1e-12) if kept else 1.0
        shown.append(np.round(values[kept].astype(np.float64) / most, 4).tolist())
        label = "log-probability lost" if name == DELETED else name
        said.append([f"{_label(tokens[at])}: {label} {values[at]:+.3f}" for at in kept])
        names.append(_named(name, importance))
    heatmap = {
        "type": "heatmap", "z": shown, "zmin": -1, "zmax": 1, "colorscale": diverging(dark),
        "xgap": 2, "ygap": 4, "text": said, "hovertemplate": "%{text}<extra></extra>",
        "showscale": False,
    }  # fmt: skip
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True, "automargin": True}
    return {
        "data": [heatmap],
        "layout": base_layout(dark, 90 + 38 * len(names))
        | {
            "dragmode": False,
            "xaxis": axis
            | {
                "tickvals": list(range(len(kept))),
                "ticktext": [_label(tokens[at]) for at in kept],
                "side": "top", "tickangle": -45 if len(kept) > 8 else 0,
            },
            "yaxis": axis
            | {
                "tickvals": list(range(len(names))), "ticktext": names,
                "range": [len(names) - 0.5, -0.5],
            },
        },
    }  # fmt: skip


def importance_rows(importance: TokenImportance) -> dict[str, FloatArray]:
    """Name -> (T,): what deletion does, as log-probability lost, then every measure."""
    lost = np.zeros(len(importance.question.encoding), dtype=np.float32)
    before = np.log(max(importance.question.probability, 1e-12))
    for one in importance.deleted:
        lost[one.position] = before - np.log(max(one.probability, 1e-12))
    return {DELETED: lost, **importance.measures}


def _label(token: str) -> str:
    return escape(inline(shortened(token, 24)), quote=False)


def _named(name: str, importance: TokenImportance) -> str:
    if name == DELETED:
        return "<b>taken out</b>"
    rank = importance.rank_correlation.get(name)
    return name if rank is None else f"{name}  ρ {rank:+.2f}"


def _points(change: float) -> str:
    """'+0.4 points', '−12 points'."""
    points = 100 * change
    digits = 0 if abs(points) >= 10 else 1 if abs(points) >= 0.1 else 2
    return f"{points:+.{digits}f} points".replace("-", "−")


def asked_sentence(question: Question) -> str:
    """What the model is asked and says, in words, for Markdown once escaped."""
    if question.kind == "next sentence":
        return f"Does B follow A? The model says yes with {percent(question.probability)}."
    return (
        f"With the place hidden, the model gives “{question.answer}” "
        f"{percent(question.probability)}."
    )


def ablation_sentence(ablation: HeadAblation) -> str:
    """The head that matters most, one that does not, and what all of them are worth."""
    change = ablation.change
    layer, head = np.unravel_index(int(np.abs(change).argmax()), change.shape)
    strongest = float(change[layer, head])
    small = int((np.abs(change) < 0.1 * abs(strongest)).sum()) if strongest else change.size
    return (
        f"The largest change is layer {layer + 1}, head {head + 1}: without it the answer has "
        f"{percent(float(ablation.probability[layer, head]))} ({_points(strongest)}). "
        f"{counted(small, 'head')} of {change.size:,} change it by less than a tenth of that. "
        f"With all heads off it has {percent(ablation.all_off)}."
    )


def agreement_sentence(measures: dict[str, float | None]) -> str:
    """How well each measure's order agrees with what switching off or taking out really does."""
    known = {name: rank for name, rank in measures.items() if rank is not None}
    if not known:
        return "There is too little to compare orders."
    said = ", ".join(f"{name} {rank:+.2f}" for name, rank in known.items())
    return f"Rank correlation with the real change (1: the same order, 0: none): {said}."


def head_rows(importance: HeadImportance) -> list[dict[str, object]]:
    """A flat record for each head: for tables, CSV and JSON."""
    ablation = importance.ablation
    layers, heads = ablation.probability.shape
    return [
        {
            "layer": layer + 1,
            "head": head + 1,
            "probability without": float(ablation.probability[layer, head]),
            "change": float(ablation.change[layer, head]),
            **{name: float(values[layer, head]) for name, values in importance.measures.items()},
        }
        for layer in range(layers)
        for head in range(heads)
    ]


def token_rows(importance: TokenImportance) -> list[dict[str, object]]:
    """A flat record for each token that can be taken out."""
    encoding, rows = importance.question.encoding, importance_rows(importance)
    gone = {one.position: one.probability for one in importance.deleted}
    return [
        {
            "position": at,
            "token": encoding.tokens[at],
            "probability without": gone[at],
            **{
                "log-probability lost" if name == DELETED else name: float(values[at])
                for name, values in rows.items()
            },
        }
        for at in sorted(gone)
    ]


def records_html(caption: str, records: Sequence[dict[str, object]], most: int = 300) -> str:
    """Flat records as a table; of more than `most` the first."""
    from bert_core.viz.contexts_html import table_html

    header = list(records[0]) if records else []
    rows = [[_cell(value) for value in record.values()] for record in records[:most]]
    return table_html(caption, header, rows, numeric=True)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) >= 0.0005 or value == 0 else f"{value:.1e}"
    return "" if value is None else escape(inline(shortened(str(value), 40)), quote=False)
