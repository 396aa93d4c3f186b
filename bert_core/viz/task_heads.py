"""Task heads: the classes as bars, the words that carry them, and how right a head is.

C = classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from bert_core.outputs.task_heads import HeadAnswer, HeadWord, HeadWords, Mistake
from bert_core.viz.bars import bar_html
from bert_core.viz.contexts_html import table_html, typed
from bert_core.viz.figure import Figure, Trace, axis, base_layout, numbers, see_through
from bert_core.viz.numbers import counted, percent
from bert_core.viz.palette import SEQUENTIAL, inks
from bert_core.viz.token_rows import inline, shortened

MOST_BARS = 12
"""Words that are drawn: those that carry most."""
MOST_CLASSES = 12
"""Classes that are shown as bars, the likeliest."""
HEIGHT = 300
QUARTERS = (0, 0.25, 0.5, 0.75, 1)


def answer_html(answer: HeadAnswer) -> str:
    """The classes as bars, the likeliest first; of many, the first twelve."""
    order = sorted(range(len(answer.labels)), key=lambda at: -answer.logits[at])
    bars = "".join(
        bar_html(typed(answer.labels[at]), answer.probabilities[at], at == answer.best)
        for at in order[:MOST_CLASSES]
    )
    hidden = len(order) - MOST_CLASSES
    more = f"<p>{counted(hidden, 'class')} less likely than these.</p>" if hidden > 0 else ""
    return (
        f"<div class='head-answer'><p class='verdict'>{typed(answer.labels[answer.best])}: "
        f"<b>{percent(answer.probabilities[answer.best])}</b></p><ol>{bars}</ol>{more}</div>"
    )


def words_figure(found: HeadWords, dark: bool = False) -> Figure:
    """A bar for each word, in reading order: right, orange, it speaks for the class; left against.

    A mark on each is what gradient x input says. Of many words those that carry most are drawn.
    """
    colours, words = inks(dark), drawn_words(found)
    places = list(range(len(words)))
    label = found.answer.labels[found.label]
    before = percent(found.answer.probabilities[found.label])
    lost = [word.lost for word in words]
    bars = {
        "type": "bar", "orientation": "h", "x": numbers(lost), "y": places, "width": 0.7,
        "marker": {"color": [colours.true if one > 0 else colours.guess for one in lost]},
        "text": [
            f"{_label(word)}: {word.lost:+.2f}; without it "
            f"{percent(word.probability)}, not {before}"
            for word in words
        ],
        "textposition": "none", "hovertemplate": "%{text}<extra></extra>", "name": "taken out",
    }  # fmt: skip
    marks = {
        "type": "scatter", "mode": "markers", "x": numbers([word.gradient for word in words]),
        "y": places, "name": "gradient × input", "hovertemplate": "%{x:+.2f}<extra></extra>",
        "marker": {"symbol": "line-ns", "size": 13, "line": {"width": 3, "color": colours.ink}},
    }  # fmt: skip
    return {
        "data": [bars, marks],
        "layout": base_layout(dark, 130 + 21 * len(words), legend=True)
        | {
            "dragmode": False, "bargap": 0.2,
            "xaxis": {
                "title": {"text": f"against ← log-odds → for “{_text(label)}”",
                          "standoff": 6},
                "zeroline": True, "zerolinecolor": colours.ink, "fixedrange": True,
                "gridcolor": see_through(colours.faint, 0.25), "automargin": True,
            },
            "yaxis": {
                "tickvals": places, "ticktext": [_label(word) for word in words],
                "automargin": True, "fixedrange": True, "range": [len(words) - 0.5, -0.5],
                "showgrid": False, "zeroline": False,
            },
        },
    }  # fmt: skip


def drawn_words(found: HeadWords) -> list[HeadWord]:
    """The words that are drawn, in reading order."""
    order = np.argsort([-abs(word.lost) for word in found.words], kind="stable")[:MOST_BARS]
    return [found.words[at] for at in sorted(order.tolist())]


def words_sentence(found: HeadWords) -> str:
    """The words that speak most for the class and most against it."""
    label = found.answer.labels[found.label]
    if not found.words:
        return "The text is one word, so that none can be taken out."
    most, least = (pick(found.words, key=lambda word: word.lost) for pick in (max, min))
    before = percent(found.answer.probabilities[found.label])
    parts = []
    for which, word, counts in (
        (f"Most for “{label}”", most, most.lost > 0.005),
        ("Most against", least, least.lost < -0.005),
    ):
        if counts:
            after = percent(word.probability)
            still = "still " if after == before else ""
            parts.append(f"{which}: “{word.word}”, without which it {still}has {after}")
    if not parts:
        return f"No single word moves “{label}”: the others say the same."
    rank = found.rank_correlation
    agreed = "" if rank is None else f" Rank correlation with gradient × input: {rank:+.2f}."
    return ". ".join(parts) + "." + agreed


def word_rows(found: HeadWords) -> list[dict[str, object]]:
    """A flat record for each word: for tables, CSV and JSON."""
    return [
        {
            "word": word.word, "class": found.answer.labels[found.label],
            "probability without": word.probability, "log-odds lost": word.lost,
            "gradient x input": word.gradient,
        }
        for word in found.words
    ]  # fmt: skip


def class_rows(answer: HeadAnswer) -> list[dict[str, object]]:
    """A flat record for each class."""
    cells = zip(answer.labels, answer.probabilities, answer.logits, strict=True)
    return [{"class": one, "probability": chance, "logit": logit} for one, chance, logit in cells]


def scores_html(scores: Mapping[str, Any], name: str) -> str:
    """Accuracy beside what else was asked, as bars; `scores` as in head.json."""
    rows = [(f"this head, {name}", scores["accuracy"]), *scores["baselines"].items()]
    bars = "".join(
        bar_html(typed(other), value, at == 0, f"{100 * value:.1f}%")
        for at, (other, value) in enumerate(rows)
    )
    return f"<div class='head-answer'><ol>{bars}</ol></div>"


def classes_html(scores: Mapping[str, Any]) -> str:
    """Precision and recall of each class as a table."""
    rows = [
        (
            typed(str(one["label"])), f"{one['precision']:.3f}", f"{one['recall']:.3f}",
            f"{one['texts']:,}",
        )
        for one in scores["classes"]
    ]  # fmt: skip
    return table_html("Classes", ("class", "precision", "recall", "texts"), rows, numeric=True)


def mistakes_html(mistakes: Sequence[Mistake]) -> str:
    """The surest wrong answers as a table."""
    rows = [
        (
            typed(shortened(one.text, 240)), typed(one.label), typed(one.answer),
            percent(one.probability),
        )
        for one in mistakes
    ]  # fmt: skip
    return table_html("Worst mistakes", ("text", "is", "was called", "as sure as"), rows)


def confusion_figure(scores: Mapping[str, Any], dark: bool = False) -> Figure:
    """(C, C) cells: rows are the true classes, columns what the head said; shares of the row."""
    labels = [_text(str(one["label"])) for one in scores["classes"]]
    counts = np.asarray(scores["confusion"], dtype=np.float64)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    said = [
        [
            f"{labels[row]}, called {labels[column]}: {int(counts[row, column]):,} "
            f"({percent(float(shares[row, column]))})"
            for column in range(len(labels))
        ]
        for row in range(len(labels))
    ]
    few = len(labels) <= MOST_CLASSES
    heatmap = {
        "type": "heatmap", "z": np.round(shares, 4).tolist(), "zmin": 0, "zmax": 1,
        "colorscale": SEQUENTIAL, "showscale": False, "xgap": 2, "ygap": 2,
        "text": said, "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip
    notes = [
        {
            "x": column, "y": row, "text": f"{int(counts[row, column]):,}", "showarrow": False,
            "font": {"size": 16, "color": "#111111" if shares[row, column] > 0.55 else "#FFFFFF"},
        }
        for row in range(len(labels)) for column in range(len(labels)) if few
    ]  # fmt: skip
    ticks = {"tickvals": list(range(len(labels))), "ticktext": labels, "showgrid": False,
             "zeroline": False, "fixedrange": True, "automargin": True}  # fmt: skip
    return {
        "data": [heatmap],
        "layout": base_layout(dark, max(HEIGHT, 100 + 34 * len(labels)))
        | {
            "dragmode": False, "annotations": notes,
            "xaxis": ticks | {"title": {"text": "what the head said", "standoff": 6}},
            "yaxis": ticks
            | {"title": {"text": "what it is"}, "range": [len(labels) - 0.5, -0.5]},
        },
    }  # fmt: skip


def training_figure(epochs: Sequence[Mapping[str, Any]], dark: bool = False) -> Figure:
    """Loss in training, loss and accuracy on held-out texts, pass by pass."""
    colours = inks(dark)
    at = [one["epoch"] for one in epochs]
    looks = (
        ("loss, learned from", "loss", colours.guess, "solid", "circle", "y"),
        ("loss, held out", "heldout_loss", colours.true, "dash", "square", "y"),
        ("accuracy, held out", "heldout_accuracy", colours.ink, "dot", "diamond", "y2"),
    )
    curves = [
        _curve(at, [one[field] for one in epochs], name, colour, dash, symbol) | {"yaxis": axis}
        for name, field, colour, dash, symbol, axis in looks
    ]
    layout = base_layout(dark, HEIGHT, legend=True) | {
        "xaxis": axis(dark, "pass over the examples"),
        "yaxis": axis(dark, "loss (nats)", rangemode="tozero"),
        "yaxis2": axis(dark, "accuracy", overlaying="y", side="right", range=[0, 1.02],
                        tickformat=".0%", showgrid=False, tickvals=QUARTERS),
    }  # fmt: skip
    return {"data": curves, "layout": layout}


def sizes_figure(sizes: Mapping[str, Any], dark: bool = False) -> Figure:
    """Accuracy by the number of examples: the head beside a bag of words."""
    colours, at = inks(dark), list(sizes["sizes"])
    curves = [
        _curve(at, sizes["head"], "head on frozen vectors", colours.guess, "solid", "circle"),
        _curve(at, sizes["baseline"], "TF-IDF and logistic regression", colours.true, "dash",
               "square"),
    ]  # fmt: skip
    layout = base_layout(dark, HEIGHT, legend=True) | {
        "xaxis": axis(dark, "examples learned from", type="log", tickvals=at,
                       ticktext=[f"{size:,}" for size in at]),
        "yaxis": axis(dark, "accuracy", range=[0, 1.02], tickformat=".0%", tickvals=QUARTERS),
    }  # fmt: skip
    return {"data": curves, "layout": layout}


def _curve(
    x: Sequence[float], y: Sequence[float], name: str, colour: str, dash: str, symbol: str
) -> Trace:
    return {
        "type": "scatter", "mode": "lines+markers", "x": list(x), "y": numbers(y), "name": name,
        "line": {"color": colour, "dash": dash, "width": 2.5},
        "marker": {"symbol": symbol, "size": 8, "color": colour},
        "hovertemplate": f"{name}: %{{y:.3f}}<extra></extra>",
    }  # fmt: skip


def _label(word: HeadWord) -> str:
    return _text(shortened(word.word, 24))


def _text(text: str) -> str:
    return escape(inline(text), quote=False)
