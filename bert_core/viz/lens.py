"""A masked place read off every layer: the table of guesses and the curves of chosen words.

Whatever stands in a vocabulary, or was typed, is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from bert_core.outputs.lens import RAW, Lens, LensReading, LensWord
from bert_core.viz.contexts_html import table_html, typed
from bert_core.viz.figure import Figure, Trace, base_layout, numbers, see_through
from bert_core.viz.numbers import ordinal, percent
from bert_core.viz.palette import OKABE_ITO, OKABE_ITO_ON_PAPER, SHAPES, inks
from bert_core.viz.token_rows import inline, shortened

PROBABILITY, RANK = "probability", "rank"
HEIGHT = 340
MOST_WORDS = 7
"""Words that can be told apart in one figure."""
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "5px,2px")
_FREE_COLOURS = (2, 6, 3)
"""Of the Okabe-Ito colours, those that look neither like the true word's nor the model's own."""


def lens_html(lens: Lens, kind: str = RAW) -> str:
    """A table of each layer's likeliest words, and one of every word that is followed.

    The true word is underlined wherever it is among the likeliest.

    Raises:
        ValueError: there are no readings of this kind.
    """
    readings, words = lens.of_kind(kind), followed(lens, lens.words)
    names = [_reading_name(lens, reading) for reading in readings]
    places = [ordinal(at + 1) for at in range(len(readings[0].guesses))]
    guesses = (
        (name, *_guesses(lens, reading), f"{2**reading.entropy:,.0f}")
        for name, reading in zip(names, readings, strict=True)
    )
    html = table_html("Guesses by layer", ("layer", *places, "spread over"), guesses, numeric=True)
    if words:
        header = ("layer", *(_named(lens, word) for word in words))
        curves = (
            (name, *(_at_layer(word, kind, layer) for word in words))
            for layer, name in enumerate(names)
        )
        html += "<h3>Probability and rank of the words that are followed</h3>"
        html += table_html("Words by layer", header, curves, numeric=True)
    return html


def _reading_name(lens: Lens, reading: LensReading) -> str:
    early = "raw reading" if reading.kind == RAW else "trained lens"
    name = early if reading.layer < lens.layers else "the model’s answer"
    return f"<b>{reading.layer}</b> {name}"


def _guesses(lens: Lens, reading: LensReading) -> Iterator[str]:
    for guess in reading.guesses:
        word = typed(shortened(guess.token, 40))
        if lens.true is not None and guess.id == lens.true.id:
            word = f"<span class='said'><u>{word}</u></span>"
        yield f"{word} {_share(guess.probability)}"


def _at_layer(word: LensWord, kind: str, layer: int) -> str:
    curve = word.curves[kind]
    return f"{_share(float(curve.probabilities[layer]))}, {ordinal(int(curve.ranks[layer]))}"


def _share(probability: float) -> str:
    return escape(percent(probability))  # which may begin with <


def _named(lens: Lens, word: LensWord) -> str:
    """The word with what it is: the true one, or the model's own first guess."""
    token = f"“{inline(shortened(word.word, 40))}”"
    if lens.true is not None and word.id == lens.true.id:
        return f"{token}, the true word"
    if word.id == _answer(lens):
        return f"{token}, the model’s guess"
    return token


def _answer(lens: Lens) -> int:
    return lens.of_kind(RAW)[-1].guesses[0].id


def followed(lens: Lens, words: Sequence[LensWord]) -> tuple[LensWord, ...]:
    """Those of the words that can be followed, each once, as many as can be told apart."""
    once = {word.id: word for word in reversed(words)}
    return tuple(one for one in words if one.id is not None and once[one.id] is one)[:MOST_WORDS]


def lens_figure(
    lens: Lens, words: Sequence[LensWord], what: str = PROBABILITY, dark: bool = False,
    kind: str = RAW,
) -> Figure:  # fmt: skip
    """Probability or rank of words by layer, a line each; the one filled mark is the last layer's.

    Args:
        words: words of it; those that cannot be followed are left out.
        what: PROBABILITY, or RANK on a logarithmic axis, the first above.
        dark: whether the dark theme is on.
        kind: RAW or TUNED.

    Raises:
        ValueError: for another `what`, or when there are no readings of this kind.
    """
    if what not in (PROBABILITY, RANK):
        raise ValueError(f"what is {what!r}; it must be {PROBABILITY!r} or {RANK!r}")
    lens.of_kind(kind)
    shown = followed(lens, words)
    traces = [
        _line(lens, word, colour, _DASHES[at], SHAPES[at], what, kind)
        for at, (word, colour) in enumerate(zip(shown, _colours(lens, shown, dark), strict=True))
    ]
    return {"data": traces, "layout": _layout(lens, shown, what, kind, dark)}


def _colours(lens: Lens, words: Sequence[LensWord], dark: bool) -> list[str]:
    palette, own = (OKABE_ITO if dark else OKABE_ITO_ON_PAPER), inks(dark)
    free = iter([*(palette[at] for at in _FREE_COLOURS), own.ink, own.faint] * 2)
    true = None if lens.true is None else lens.true.id
    meaning = {_answer(lens): own.guess, true: own.true}
    return [meaning.get(word.id) or next(free) for word in words]


def _line(
    lens: Lens, word: LensWord, colour: str, dash: str, shape: str, what: str, kind: str
) -> Trace:
    curve, name = word.curves[kind], escape(_named(lens, word), quote=False)
    values = curve.probabilities if what == PROBABILITY else curve.ranks
    pairs = zip(curve.probabilities.tolist(), curve.ranks.tolist(), strict=True)
    return {
        "type": "scatter", "x": list(range(lens.layers + 1)), "y": numbers(values, 6),
        "mode": "lines+markers", "name": name, "hoverinfo": "text",
        "line": {"width": 2.5, "color": colour, "dash": dash},
        "marker": {
            "size": 10, "color": colour, "line": {"width": 2, "color": colour},
            "symbol": [*[f"{shape}-open"] * lens.layers, shape],
        },
        "hovertext": [
            f"layer {at}: {name}<br>{_share(chance)}, {ordinal(rank)} of {lens.vocabulary:,}"
            for at, (chance, rank) in enumerate(pairs)
        ],
    }  # fmt: skip


def _layout(
    lens: Lens, words: Sequence[LensWord], what: str, kind: str, dark: bool
) -> dict[str, Any]:
    faint, last = inks(dark).faint, lens.layers
    axis = {
        "showgrid": True, "gridcolor": see_through(faint, 0.25), "zeroline": False,
        "linecolor": faint, "automargin": True, "fixedrange": True,
    }  # fmt: skip
    x_axis = axis | {
        "range": [-0.3, last + 0.3], "dtick": 1 if last <= 12 else 2,
        "title": {"text": f"layer ({last}: the model’s answer)"},
    }  # fmt: skip
    if what == RANK:
        digits = len(str(lens.vocabulary))
        y_axis = axis | {
            "type": "log", "range": [digits - 0.4, -0.15], "title": {"text": "rank, 1 the first"},
            "tickvals": [10**power for power in range(digits)], "tickformat": ",d",
        }  # fmt: skip
    else:
        highest = max((float(word.curves[kind].probabilities.max()) for word in words), default=1)
        top = min(1.04, max(1.12 * highest, 0.01))
        y_axis = axis | {
            "range": [-0.03 * top, top], "tickformat": ".0%" if top > 0.1 else ".1%",
            "title": {"text": "probability"},
        }  # fmt: skip
    axes = {"xaxis": x_axis, "yaxis": y_axis}
    return base_layout(dark, HEIGHT, legend=True) | axes | {"showlegend": True}


def lens_caption(lens: Lens, kind: str = RAW) -> str:
    """What the readings of this kind are, and how not to misread them."""
    more = (
        "Layer 0 is what goes into the first. “Spread over”: a blind pick among so many words "
        "would be as uncertain."
    )
    if kind == RAW:
        return (
            "A raw reading gives a layer’s vector to the masked-word head as it stands, as if the "
            f"layer were the last. The head has only ever learned to read layer {lens.layers}: a "
            "strange guess from an earlier layer says that the head cannot read it, not that the "
            f"layer knows nothing, and not that the model “thought” of that word. {more}"
        )
    return (
        "The trained lens first moves a layer’s vector by a linear map, trained so that the head "
        "comes as close as it can to the model’s final answer (Belrose et al. 2023). It shows how "
        "much of the answer can be read from a layer by such a map, which knows word frequencies "
        f"of its own; not that the later layers read the same. {more}"
    )
