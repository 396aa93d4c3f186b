"""A training as figures and words: the loss against what guessing by frequency costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from bert_core.outputs.masked_words import MaskPrediction
from bert_core.outputs.training import LossPoint, Snapshot, TrainingText
from bert_core.viz.bars import bar_html
from bert_core.viz.figure import Figure, Trace, axis, base_layout, numbers, see_through
from bert_core.viz.numbers import counted, percent
from bert_core.viz.palette import inks
from bert_core.viz.token_rows import inline

HEIGHT = 400
COIN = math.log(2)
"""Nats: the loss of who answers 'next or not' by tossing a coin."""
SMOOTHED = 5
"""Points that the drawn line is a mean of; the single ones are dots behind it."""


def loss_figure(
    points: Sequence[LossPoint], text: TrainingText, step: int, dark: bool = False
) -> Figure:
    """Loss of masked words above, of next sentence below, each with a line for knowing nothing.

    Args:
        points: in order of steps.
        text: whose unigram entropy is the upper line.
        step: that the rest of the page shows, marked by a vertical line.
        dark: whether the dark theme is on.
    """
    colours = inks(dark)
    last = max([point.step for point in points] or [1])
    steps = [point.step for point in points]
    words = [point.masked_words for point in points]
    pairs = [point.next_sentence for point in points]
    entropy = text.unigram_entropy
    top = max([*words, entropy]) * 1.03
    low = min([*words, entropy])
    return {
        "data": [
            *_curve(steps, words, "masked words", colours.guess, "solid", "y"),
            _line(last, entropy, f"only how often tokens occur: {entropy:.2f}", colours.true, "y"),
            *_curve(steps, pairs, "next sentence", colours.ink, "dot", "y2"),
            _line(last, COIN, f"a coin: {COIN:.2f}", colours.faint, "y2"),
        ],
        "layout": base_layout(dark, HEIGHT)
        | {
            "showlegend": False,
            "annotations": [
                _note(f"only how often tokens occur: {entropy:.2f}", entropy, "y", colours.true),
                _note(f"a coin: {COIN:.2f}", COIN, "y2", colours.ink),
            ],
            "xaxis": axis(dark, "step", range=[0, last * 1.02], anchor="y2"),
            "yaxis": axis(dark, "masked words (nats)", domain=[0.36, 1],
                           range=[low - 0.06 * (top - low) - 0.05, top]),
            "yaxis2": axis(dark, "next sent.", domain=[0, 0.27],
                            range=[0, max([1.0, *pairs]) * 1.05], nticks=4),
            "shapes": [_here(step, colours.ink)],
            "margin": {"l": 8, "r": 8, "t": 40, "b": 8},
        },
    }  # fmt: skip


def smoothed(values: Sequence[float]) -> list[float]:
    """(n,): each the mean of itself and up to SMOOTHED - 1 before it."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    first = np.maximum(np.arange(len(values)) + 1 - SMOOTHED, 0)
    ends = np.arange(len(values)) + 1
    means: list[float] = ((sums[ends] - sums[first]) / (ends - first)).tolist()
    return means


def _curve(
    steps: list[int], values: list[float], name: str, colour: str, dash: str, axis: str
) -> list[Trace]:
    dots = {
        "type": "scatter", "mode": "markers", "x": steps, "y": numbers(values), "yaxis": axis,
        "marker": {"size": 4, "color": see_through(colour, 0.45)}, "hoverinfo": "skip",
        "showlegend": False, "name": f"{name}, each",
    }  # fmt: skip
    line = {
        "type": "scatter", "mode": "lines", "x": steps, "y": numbers(smoothed(values)),
        "yaxis": axis, "name": name, "line": {"color": colour, "dash": dash, "width": 2.5},
        "hovertemplate": f"step %{{x:,}}: {name} %{{y:.3f}}<extra></extra>",
    }  # fmt: skip
    return [dots, line]


def _line(last: int, value: float, name: str, colour: str, axis: str) -> Trace:
    return {
        "type": "scatter", "mode": "lines", "x": [0, last * 1.02], "y": [value, value],
        "yaxis": axis, "name": name, "line": {"color": colour, "dash": "dash", "width": 2},
        "hovertemplate": f"{name}<extra></extra>",
    }  # fmt: skip


def _note(text: str, value: float, axis: str, colour: str) -> dict[str, Any]:
    """The name of a line, written over its right end."""
    return {
        "text": text, "x": 0.96, "xref": "paper", "xanchor": "right", "y": value, "yref": axis,
        "yanchor": "bottom", "showarrow": False, "font": {"color": colour, "size": 14},
    }  # fmt: skip


def _here(step: int, colour: str) -> dict[str, Any]:
    return {
        "type": "line", "xref": "x", "yref": "paper", "x0": step, "x1": step, "y0": 0, "y1": 1,
        "line": {"color": colour, "width": 2, "dash": "dot"}, "layer": "below",
    }  # fmt: skip


def learned_sentence(points: Sequence[LossPoint], text: TrainingText) -> str:
    """How far the loss is below the line, in words."""
    if not points:
        return "No step is done yet."
    loss = smoothed([point.masked_words for point in points])[-1]
    below = text.unigram_entropy - loss
    if below <= 0:
        return (
            f"Masked words cost {loss:.2f} nats; who only knows how often each token occurs pays "
            f"{text.unigram_entropy:.2f}. It has not yet learned to use the context."
        )
    return (
        f"Masked words cost {loss:.2f} nats, {below:.2f} below the "
        f"{text.unigram_entropy:.2f} of who only knows how often each token occurs: the true "
        f"token gets {math.exp(below):.1f} times the probability, in the geometric mean."
    )


def text_sentence(text: TrainingText) -> str:
    """What is learned from."""
    return (
        f"{text.name}: {counted(text.documents, 'document')}, {text.tokens:,} tokens of a "
        f"vocabulary of {text.vocabulary:,}."
    )


def left(seconds: float) -> str:
    """'3 min left', '20 s left'."""
    return f"{seconds / 60:.0f} min left" if seconds >= 90 else f"{seconds:.0f} s left"


def loss_rows(points: Sequence[LossPoint]) -> list[dict[str, object]]:
    """A flat record for each point of the curve: for tables, CSV and JSON."""
    return [
        {
            "step": point.step, "tokens": point.tokens, "masked words": point.masked_words,
            "next sentence": point.next_sentence,
        }
        for point in points
    ]  # fmt: skip


def guess_rows(snapshots: Sequence[Snapshot]) -> list[dict[str, object]]:
    """The likeliest answers at every hidden place, at every moment that was looked at."""
    return [
        {
            "step": one.step, "position": place.position, "rank": guess.rank,
            "token": guess.token, "probability": guess.probability,
        }
        for one in snapshots for place in one.answers.predictions for guess in place.guesses
    ]  # fmt: skip


def guesses_html(snapshot: Snapshot, most_places: int = 2) -> str:
    """Bars of the guesses at the first hidden places, in the look of the page "Task heads"."""
    places = snapshot.answers.predictions[:most_places]
    return "".join(f"<div class='head-answer'><ol>{_bars(place)}</ol></div>" for place in places)


def _bars(place: MaskPrediction) -> str:
    return "".join(
        bar_html(escape(inline(guess.token)), guess.probability, guess.rank == 1)
        for guess in place.guesses
    )


def guess_story(snapshots: Sequence[Snapshot]) -> str:
    """The first and the last answer at the first hidden place."""
    first, last = (one.answers.predictions[0].guesses[0] for one in (snapshots[0], snapshots[-1]))
    return (
        f"Before: “{first.token}” {percent(first.probability)}; "
        f"after {snapshots[-1].step:,} steps: “{last.token}” {percent(last.probability)}."
    )
