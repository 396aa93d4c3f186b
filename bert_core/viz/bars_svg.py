"""The bars as an SVG picture that can go into a slide or a paper."""

from __future__ import annotations

import re
from html import escape

from bert_core.outputs import MaskedWords, MaskPrediction
from bert_core.viz.rows import ASKED, TRUE, Row, answer_rows, place_title

INK, GUESS_BLUE, TRUE_ORANGE = "#111111", "#0072B2", "#B34700"
WIDTH, WORD, BAR, LINE, TOP = 720, 150, 300, 24, 84
"""Pixels: the picture, the words, the longest bar, a row, and what stands above the bars."""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def bars_svg(result: MaskedWords) -> str:
    """All hidden places, one below the other, as one SVG document."""
    blocks, height = [], 0
    for prediction in result.predictions:
        block, used = _block(result, prediction)
        blocks.append(f'<g transform="translate(0 {height})">{block}</g>')
        height += used
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="14" fill="{INK}">'
        f'<rect width="100%" height="100%" fill="#FFFFFF"/>{"".join(blocks)}</svg>'
    )


def _block(result: MaskedWords, prediction: MaskPrediction) -> tuple[str, int]:
    rows = answer_rows(prediction)
    sentence = _sentence(result, prediction.position)
    lines = [
        f'<text x="16" y="28" font-size="16">{_text(sentence)}</text>',
        f'<text x="16" y="56" font-weight="bold">'
        f"{_text(place_title(result.encoding, prediction))}</text>",
    ]
    longest = max(row.probability for row in rows)
    for at, row in enumerate(rows):
        lines.append(_bar(row, TOP + at * LINE, longest))
    return "".join(lines), TOP + len(rows) * LINE + 12


def _bar(row: Row, y: int, longest: float) -> str:
    width = max(1.0, BAR * row.probability / longest) if longest else 1.0
    colour = TRUE_ORANGE if row.kind == TRUE else GUESS_BLUE
    fill = f'fill="none" stroke="{colour}" stroke-width="2"' if row.kind == ASKED else (
        f'fill="{colour}"'
    )
    said = row.value + (f"  {row.note}" if row.note else "")
    return (
        f'<text x="{WORD}" y="{y + 4}" text-anchor="end">{_text(_short(row.word, 20))}</text>'
        f'<rect x="{WORD + 10}" y="{y - 8}" width="{width:.1f}" height="15" {fill}/>'
        f'<text x="{WORD + 20 + width:.1f}" y="{y + 4}">{_text(_short(said, 40))}</text>'
    )


def _sentence(result: MaskedWords, position: int) -> str:
    """The words around the place, with [MASK] where something is hidden."""
    encoding = result.encoding
    hidden = {prediction.position for prediction in result.predictions}
    first, last = max(1, position - 8), min(len(encoding) - 1, position + 9)
    tokens = [
        "[MASK]" if i in hidden else encoding.tokens[i] for i in range(first, last)
    ]
    joined = " ".join(tokens).replace(" ##", "")
    return ("… " if first > 1 else "") + joined + (" …" if last < len(encoding) - 1 else "")


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _text(text: str) -> str:
    return escape(_UNPRINTABLE.sub("\ufffd", text))
