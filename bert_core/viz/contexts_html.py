"""Tables and lists of the page "Words in context" as HTML; assets/contexts.css is their style.

Whatever was typed, or stands in a corpus or a dictionary, is escaped, and isolated from the
direction of the text around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from bert_core.outputs.contexts import (
    Band,
    Contexts,
    PairComparison,
    SenseMatch,
    SenseScores,
    StaticVector,
    WordSense,
)
from bert_core.viz.numbers import counted, percent
from bert_core.viz.sentences import marked_html
from bert_core.viz.token_rows import inline, shortened

MOST_ROWS = 300
"""Rows of a table that are shown."""


def scores_html(scores: SenseScores) -> str:
    """The curves as a table: a row for each layer, each score beside its shuffled band."""
    header = (
        "layer", "nearest neighbour", "shuffled", "nearest centroid", "shuffled", "silhouette",
        "shuffled",
    )  # fmt: skip
    best = scores.best_layer
    rows = [
        (
            f"<b>{layer}, best</b>" if layer == best else str(layer),
            _share(scores.nearest_neighbour[layer]), _range(scores.nearest_neighbour_null, layer),
            _share(scores.centroid[layer]), _range(scores.centroid_null, layer),
            _score(scores.silhouette[layer]), _range(scores.silhouette_null, layer, shares=False),
        )
        for layer in range(len(scores.centroid))
    ]  # fmt: skip
    below = (
        f"<p>Always answering the most frequent label: {percent(scores.chance)}. “Shuffled” is "
        f"where 90% of {scores.shuffles:,} random shuffles of the labels lie.</p>"
    )
    return table_html("Scores by layer", header, rows, numeric=True) + below


def _share(value: float) -> str:
    return percent(float(value)) if np.isfinite(value) else "–"


def _score(value: float) -> str:
    return f"{float(value):.2f}" if np.isfinite(value) else "–"


def _range(band: Band, layer: int, shares: bool = True) -> str:
    said = _share if shares else _score
    return f"{said(band.low[layer])} to {said(band.high[layer])}"


def static_html(
    word: str,
    vectors: int,
    layer: int,
    within: float | None,
    between: float | None,
    statics: Sequence[StaticVector],
) -> str:
    """One vector against many: what the model has for the word, and what static models have.

    Args:
        word: the word in question.
        vectors: how many the model makes of it: one for each occurrence.
        layer: where they were taken.
        within: mean cosine of two occurrences of the same sense; None if there are no such two.
        between: the same for different senses.
        statics: the one vector of each source, or why there is none.
    """
    header = (
        "source", f"vectors of “{word}”", "cosine, same sense", "cosine, different senses",
        "nearest words, whatever the sentence",
    )  # fmt: skip
    many = (
        f"<b>This model, layer {layer}</b>", f"{vectors:,}, one for each sentence",
        _optional(within), _optional(between), "depends on the sentence",
    )  # fmt: skip
    return table_html(
        "One vector against many", header, [many, *(_static_row(one) for one in statics)]
    )


def _optional(value: float | None) -> str:
    return "–" if value is None else _score(value)


def _static_row(one: StaticVector) -> tuple[str, ...]:
    source = f"{typed(one.source)}, {counted(one.vocabulary, 'word')}"
    if one.vector is None:
        return source, f"none: {typed(one.reason or 'not in its vocabulary')}", "–", "–", "–"
    near = ", ".join(f"{typed(name)} {cosine:.2f}" for name, cosine in one.neighbours)
    return source, "1, the same in every sentence", "1.00", "1.00", near or "–"


def definitions_html(
    contexts: Contexts, senses: Sequence[WordSense], matches: Sequence[SenseMatch]
) -> str:
    """Each occurrence with the sense whose gloss is nearest, and the runner-up with its score."""
    rows = []
    for match in matches[:MOST_ROWS]:
        one = contexts.occurrences[match.occurrence]
        ranked = sorted(range(len(senses)), key=lambda at: -match.scores[at])
        second = next((at for at in ranked if at != match.best), None)
        rows.append(
            (
                str(match.occurrence + 1),
                marked_html(contexts.sentences[one.sentence], one.start, one.end),
                f"{_sense(senses[match.best])} <b>{match.scores[match.best]:.2f}</b>",
                "–" if second is None else f"{_sense(senses[second])} {match.scores[second]:.2f}",
            )
        )
    header = ("number", "sentence", "nearest definition", "next")
    return table_html("Definitions", header, rows) + _cut(len(matches))


def _sense(sense: WordSense) -> str:
    return f"<i>{typed(sense.part_of_speech)}</i> {typed(shortened(sense.definition, 160))}"


def senses_html(senses: Sequence[WordSense], match: SenseMatch) -> str:
    """Every sense of the dictionary with its cosine to one occurrence, nearest first."""
    header = ("cosine", "words", "definition", "examples")
    ranked = sorted(range(len(senses)), key=lambda at: -match.scores[at])
    rows = [
        (
            f"{match.scores[at]:.2f}",
            typed(", ".join(senses[at].words)),
            _sense(senses[at]),
            "; ".join(typed(example) for example in senses[at].examples) or "–",
        )
        for at in ranked[:MOST_ROWS]
    ]
    return table_html("Every sense, nearest first", header, rows)


def removals_html(contexts: Contexts, comparison: PairComparison, most: int = 12) -> str:
    """Which context words, when removed, change the cosine of a pair most."""
    names = {comparison.first: "A", comparison.second: "B"}
    rows = []
    for one in comparison.removals[:most]:
        text = contexts.sentences[contexts.occurrences[one.occurrence].sentence]
        effect = "more alike" if one.change > 0 else "less alike" if one.change < 0 else "no change"
        rows.append(
            (
                names[one.occurrence], typed(one.word), f"{one.cosine:.2f}",
                f"{one.change:+.2f}, {effect}", marked_html(text, one.start, one.end),
            )
        )  # fmt: skip
    header = ("sentence", "without", "cosine", "change", "where it stood")
    return table_html(f"Words removed, layer {comparison.layer}", header, rows)


def table_html(
    name: str, header: Sequence[str], rows: Iterable[Sequence[str]], numeric: bool = False
) -> str:
    """A table one can scroll by keyboard; `name` and `header` are text, cells are HTML."""
    head = "".join(f"<th scope='col'>{typed(title)}</th>" for title in header)
    shown = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    kind = " numeric" if numeric else ""
    return (
        f"<div class='context-table{kind}' role='region' tabindex='0' "
        f"aria-label='{escape(inline(name))}'><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{shown}</tbody></table></div>"
    )


def _cut(count: int) -> str:
    return f"<p>The first {MOST_ROWS} of {count:,} are shown.</p>" if count > MOST_ROWS else ""


def typed(text: str) -> str:
    """Text of others inside HTML."""
    return f"<bdi dir='auto'>{escape(inline(text))}</bdi>"
