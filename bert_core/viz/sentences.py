"""A sentence with the word in question marked, for a figure's hover text, HTML and the list.

Whatever was typed is escaped, and its invisible characters are shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import escape

from bert_core.outputs.contexts import Contexts, Occurrence
from bert_core.viz.palette import GroupLook
from bert_core.viz.token_rows import inline

LINE = 60
"""Characters of a line of hover text."""
LONGEST = 240
"""Characters shown of a sentence: those around the word."""
MOST_ROWS = 300
"""Sentences the list shows."""

_LINES = re.compile(rf".{{1,{LINE}}}(?:\s+|$)|.{{1,{LINE}}}", re.DOTALL)


def around(text: str, start: int, end: int, most: int = LONGEST) -> tuple[str, str, str]:
    """What stands before the word, the word, and what stands behind it, in at most `most`
    characters beside the word's own; '…' where something is left out. Not escaped."""
    left, right = _window(text, start, end, most)
    before = ("… " if left else "") + _clean(text[left:start])
    after = _clean(text[end:right]) + (" …" if right < len(text) else "")
    return before, _clean(text[start:end]), after


def _window(text: str, start: int, end: int, most: int) -> tuple[int, int]:
    """First and last character shown: as many before the word as behind it, if there are."""
    room = max(0, most - (end - start))
    left = max(0, start - max(room // 2, room - (len(text) - end)))
    return left, min(len(text), end + room - (start - left))


def _clean(text: str) -> str:
    return text if text.isprintable() else inline(text)


@lru_cache(maxsize=20_000)
def hover_text(text: str, start: int, end: int, most: int = LONGEST) -> str:
    """The sentence in lines of about `LINE` characters, the word in bold, for Plotly.

    Escapes as plotly.js reads it, which knows `&lt;` but not `&quot;`.
    """
    before, word, after = around(text, start, end, most)
    whole, first, last = before + word + after, len(before), len(before) + len(word)
    lines = [
        _bold(whole, line.start(), line.end(), first, last) for line in _LINES.finditer(whole)
    ]
    return "<br>".join(lines)


def _bold(text: str, start: int, end: int, first: int, last: int) -> str:
    """The characters from `start` to `end`, those from `first` to `last` in bold."""
    first, last = min(max(first, start), end), max(min(last, end), start)
    front, word, back = text[start:first], text[first:last], text[max(first, last) : end]
    bold = f"<b>{escape(word, quote=False)}</b>" if word else ""
    return escape(front, quote=False) + bold + escape(back, quote=False)


def marked_html(text: str, start: int, end: int) -> str:
    """The sentence as HTML, the word underlined."""
    before, word, after = (escape(part) for part in around(text, start, end))
    return f"<span class='said' dir='auto'>{before}<u>{word}</u>{after}</span>"


def sentence_rows(
    contexts: Contexts,
    groups: Sequence[str],
    looks: dict[str, GroupLook],
    chosen: Iterable[int | None] = (),
) -> list[dict[str, object]]:
    """The first `MOST_ROWS` occurrences as rows of the browser's list, and those chosen.

    Args:
        contexts: N occurrences.
        groups: (N,), the group of each.
        looks: how each group is drawn (`palette.group_looks`).
        chosen: occurrences that must be in it; in front where they come later.
    """
    count = len(contexts.occurrences)
    late = {at for at in chosen if at is not None and MOST_ROWS <= at < count}
    same: dict[int, list[Occurrence]] = {}
    for one in contexts.occurrences:
        same.setdefault(one.sentence, []).append(one)
    return [
        _row(contexts, at, groups[at], looks[groups[at]], same)
        for at in (*sorted(late), *range(min(count, MOST_ROWS)))
    ]


def _row(
    contexts: Contexts,
    at: int,
    group: str,
    look: GroupLook,
    same: dict[int, list[Occurrence]],
) -> dict[str, object]:
    one = contexts.occurrences[at]
    text = contexts.sentences[one.sentence]
    left, right = _window(text, one.start, one.end, LONGEST)
    before = _runs(text, left, one.start, same[one.sentence])
    after = _runs(text, one.end, right, same[one.sentence])
    return {
        "index": at,
        "before": [("… ", False), *before] if left else before,
        "word": _clean(text[one.start : one.end]),
        "after": [*after, (" …", False)] if right < len(text) else after,
        "group": group,
        "color": look.colour,
        "shape": look.shape,
        "label": f"{group}, occurrence {at + 1} of {len(contexts.occurrences)}",
    }


def _runs(
    text: str, start: int, end: int, others: Sequence[Occurrence]
) -> list[tuple[str, bool]]:
    """The characters from `start` to `end` in runs: (characters, whether they are the word)."""
    inside = [one for one in others if start <= one.start and one.end <= end]
    runs, at = [], start
    for one in sorted(inside, key=lambda other: other.start):
        runs += [(_clean(text[at : one.start]), False), (_clean(text[one.start : one.end]), True)]
        at = one.end
    return [run for run in (*runs, (_clean(text[at:end]), False)) if run[0]]
