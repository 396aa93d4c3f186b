"""Does B follow A? The answer and what moves it, as bars, figures, rows and in words."""

from __future__ import annotations

from collections import Counter
from html import escape
from textwrap import wrap

import numpy as np

from bert_core.outputs.sentence_pairs import AgainstRandom, PairChanges, PairWord, PairWords
from bert_core.viz.bars import bar_html
from bert_core.viz.contexts_html import table_html, typed
from bert_core.viz.figure import Figure, base_layout, see_through
from bert_core.viz.numbers import counted, ordinal, percent
from bert_core.viz.palette import inks
from bert_core.viz.token_rows import inline, shortened

MOST_BARS = 24
"""Words that are drawn: those that carry most."""
BINS = 48
"""Columns of dots at most."""
MARKS = (0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)
"""Probabilities that the axis of log-odds is marked with."""
LEAST_CHANGE = 0.005
"""Log-odds below this are said to be none."""


def answer_html(found: PairChanges) -> str:
    """Yes or no, the probability as a bar, and what it becomes when what goes in is changed."""
    given = found.given
    chance = given.is_next_probability
    word = "Yes" if chance >= 0.5 else "No"
    rows = (
        ("as typed", chance),
        ("A and B swapped", found.swapped.is_next_probability),
        ("segment ids all 0", found.zeroed_probability),
    )
    bars = "".join(bar_html(name, value, at == 0) for at, (name, value) in enumerate(rows))
    return (
        f"<div class='pair-answer'><p class='verdict'>{word}: <b>{percent(chance)}</b> that B "
        f"follows A</p><ol>{bars}</ol><p class='logits'>Two logits: follows "
        f"<b>{_signed(given.logits[0])}</b>, random <b>{_signed(given.logits[1])}</b>; their "
        f"softmax: {percent(chance)} and {percent(1 - chance)}.</p></div>"
    )


def random_sentence(found: AgainstRandom) -> str:
    """Where the given B stands among the random ones."""
    count = len(found.sentences)
    if found.below == count:
        return f"Your B fits A better than all {count:,} random sentences."
    if found.below == 0:
        return f"Your B fits A no better than any of {count:,} random sentences."
    place = ordinal(int(found.percentile))
    return (
        f"Your B fits A better than {found.below:,} of {count:,} random sentences: "
        f"the {place} percentile."
    )


def fooled_sentence(found: AgainstRandom) -> str:
    """How many random sentences the model takes for the next one, and which most of all."""
    taken, count = int((found.log_odds > 0).sum()), len(found.sentences)
    if not taken:
        return f"The model takes none of {count:,} random sentences for the next one."
    best = int(found.log_odds.argmax())
    return (
        f"The model takes {taken:,} of {count:,} random sentences for the next one, most of all "
        f"“{shortened(found.sentences[best].sentence, 120)}” "
        f"({percent(float(found.probability[best]))})."
    )


def random_figure(found: AgainstRandom, dark: bool = False) -> Figure:
    """A dot for each random sentence by how well it fits A, and the given B below them."""
    colours, odds = inks(dark), found.log_odds.astype(np.float64)
    given = found.given.log_odds
    low, high = min(odds.min(), given), max(odds.max(), given)
    width = max((high - low) / BINS, 0.05)
    columns = np.floor((odds - low) / width).astype(int)
    height, heights = Counter[int](), []
    for column in columns.tolist():
        height[column] += 1
        heights.append(height[column])
    order = range(len(odds))
    said = [
        f"{_wrapped(found.sentences[at].sentence)}<br>{percent(float(found.probability[at]))}"
        for at in order
    ]
    most, own = max(heights), percent(found.given.is_next_probability)
    dots = {
        "type": "scatter", "mode": "markers", "name": "random sentences",
        "x": [round(float(low + (column + 0.5) * width), 4) for column in columns],
        "y": heights, "customdata": list(order), "hovertext": said, "hoverinfo": "text",
        "marker": {"size": 8, "color": colours.guess, "opacity": 0.85},
    }  # fmt: skip
    line = {
        "type": "scatter", "mode": "lines", "x": [given, given], "y": [0, most + 1],
        "line": {"color": colours.true, "width": 2, "dash": "dot"}, "hoverinfo": "skip",
        "showlegend": False,
    }  # fmt: skip
    star = {
        "type": "scatter", "mode": "markers+text", "name": "your B", "x": [given], "y": [-0.02],
        "text": [f"your B, {own}"], "hovertext": [f"your B: {own}"], "hoverinfo": "text",
        "textposition": "bottom left" if given > (low + high) / 2 else "bottom right",
        "textfont": {"color": colours.true, "size": 14},
        "marker": {
            "size": 15, "symbol": "diamond", "color": colours.true,
            "line": {"color": colours.paper, "width": 1},
        },
        "cliponaxis": False,
    }  # fmt: skip
    marks = [(float(np.log(p / (1 - p))), percent(p)) for p in MARKS]
    marks = [(x, name) for x, name in marks if low - 3 * width <= x <= high + 3 * width]
    return {
        "data": [line, dots, star],
        "layout": base_layout(dark, 260)
        | {
            "dragmode": False, "showlegend": False,
            "margin": {"l": 8, "r": 8, "t": 36, "b": 44},
            "xaxis": {
                "tickvals": [x for x, _ in marks], "ticktext": [name for _, name in marks],
                "title": {"text": "probability that it follows A", "standoff": 6},
                "range": [low - 3 * width, high + 3 * width], "zeroline": False,
                "fixedrange": True, "gridcolor": see_through(colours.faint, 0.3),
            },
            "yaxis": {
                "visible": False, "range": [-0.22 * (most + 2), most + 2], "fixedrange": True,
            },
        },
    }  # fmt: skip


def words_figure(found: PairWords, dark: bool = False) -> Figure:
    """A bar for each word, in reading order: right, orange, it speaks for B; left, blue, against.

    Of many words those that carry most are drawn.
    """
    colours, shown = inks(dark), drawn_words(found)
    carried = [float(found.carried[at]) for at in shown]
    words = [found.words[at] for at in shown]
    places = list(range(len(shown)))
    before = percent(found.given.is_next_probability)
    bars = {
        "type": "bar", "orientation": "h", "x": np.round(carried, 4).tolist(), "y": places,
        "marker": {"color": [colours.true if one > 0 else colours.guess for one in carried]},
        "text": [
            f"{escape(_label(word), quote=False)}: {value:+.2f}; without it "
            f"{percent(word.is_next_probability)}, not {before}"
            for word, value in zip(words, carried, strict=True)
        ],
        "textposition": "none", "hovertemplate": "%{text}<extra></extra>", "name": "words",
        "width": 0.7,
    }  # fmt: skip
    cut = next((at for at, word in enumerate(words) if word.segment), 0)
    seam = [
        {
            "type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": cut - 0.5, "y1": cut - 0.5,
            "line": {"color": colours.faint, "width": 1, "dash": "dot"},
        }
    ]  # fmt: skip
    return {
        "data": [bars],
        "layout": base_layout(dark, 90 + 22 * len(shown))
        | {
            "dragmode": False, "bargap": 0.2,
            "margin": {"l": 8, "r": 8, "t": 36, "b": 44},
            "xaxis": {
                "title": {"text": "against ← log-odds → for “B follows”", "standoff": 6},
                "zeroline": True, "zerolinecolor": colours.ink, "fixedrange": True,
                "gridcolor": see_through(colours.faint, 0.3),
            },
            "yaxis": {
                "tickvals": places, "automargin": True, "fixedrange": True,
                "ticktext": [escape(_label(word), quote=False) for word in words],
                "range": [len(shown) - 0.5, -0.5], "showgrid": False, "zeroline": False,
            },
            "shapes": seam if cut else [],
        },
    }  # fmt: skip


def drawn_words(found: PairWords) -> list[int]:
    """The words that are drawn, in reading order."""
    order = np.argsort(-np.abs(found.carried), kind="stable")[:MOST_BARS]
    return sorted(order.tolist())


def words_sentence(found: PairWords) -> str:
    """The words that speak most for B and most against it."""
    if not found.words:
        return "There is no word that could be taken out: each is alone in its sentence."
    said = []
    for name, at in (
        ("for “B follows”", int(found.carried.argmax())),
        ("against it", int(found.carried.argmin())),
    ):
        value, word = float(found.carried[at]), found.words[at]
        if (value > LEAST_CHANGE) if name.startswith("for") else (value < -LEAST_CHANGE):
            said.append(
                f"The strongest word {name} is “{inline(shortened(word.word, 40))}” in "
                f"{'AB'[word.segment]}: without it the answer is "
                f"{percent(word.is_next_probability)}."
            )
    if len(found.words) > MOST_BARS:
        said.append(f"Of {counted(len(found.words), 'word')} the {MOST_BARS} strongest are drawn.")
    return " ".join(said) or "No word changes the answer."


def random_rows(found: AgainstRandom) -> list[dict[str, object]]:
    """A flat record for each random sentence, the best first, the given B among them."""
    rows: list[dict[str, object]] = [
        {
            "sentence": one.sentence, "document": one.document, "probability": float(chance),
            "log-odds": float(odds),
        }
        for one, chance, odds in zip(
            found.sentences, found.probability, found.log_odds, strict=True
        )
    ]  # fmt: skip
    given = found.given
    own = {
        "sentence": given.encoding.pair or "", "document": "your B",
        "probability": given.is_next_probability, "log-odds": given.log_odds,
    }  # fmt: skip
    return sorted([own, *rows], key=lambda row: -float(str(row["log-odds"])))


def random_html(found: AgainstRandom) -> str:
    """The same as a table."""
    rows = []
    for row in random_rows(found):
        own = row["document"] == "your B"
        sentence = typed(shortened(str(row["sentence"])))
        rows.append(
            (
                percent(float(str(row["probability"]))),
                f"<b>{sentence}</b>" if own else sentence,
                typed(str(row["document"])),
            )
        )
    return table_html("Random sentences as B", ("follows A", "sentence", "from"), rows)


def word_rows(found: PairWords) -> list[dict[str, object]]:
    """A flat record for each word."""
    return [
        {
            "sentence": "AB"[word.segment], "word": word.word,
            "probability without": word.is_next_probability, "log-odds carried": float(value),
        }
        for word, value in zip(found.words, found.carried, strict=True)
    ]  # fmt: skip


def _label(word: PairWord) -> str:
    """The sentence and the word, whose direction does not touch the rest of the line."""
    return f"{'AB'[word.segment]}  \u2068{inline(shortened(word.word, 24))}\u2069"


def _wrapped(text: str, width: int = 60) -> str:
    lines = wrap(inline(shortened(text)), width) or [""]
    return "<br>".join(escape(line, quote=False) for line in lines)


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")
