"""How words are split, as HTML: the trace, what normalisation did, and tables.

Whatever was typed, or stands in a vocabulary, is escaped, isolated from the direction of the text
around it, and shown with its invisible characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from html import escape
from itertools import groupby

from bert_core.outputs import Encoding, NormalisationStep, TraceAttempt, WordPieceTrace
from bert_core.viz.numbers import counted
from bert_core.viz.token_rows import UNKNOWN, inline, shortened, table, visible

FIRST, LAST = 3, 2
"""Look-ups in vain shown for a piece before and after those left out."""
WINDOW = 240
"""Characters of a text shown around a change."""


def trace_html(trace: WordPieceTrace) -> str:
    """The greedy search, a row for every piece: what was tried in vain, and what was found."""
    ids = iter(trace.ids)
    rows = []
    for start, group in groupby(trace.attempts, key=lambda attempt: attempt.start):
        attempts = list(group)
        id = next(ids) if trace.unknown_reason is None else None
        rows.append(f"<li>{_row(trace.word, start, attempts, id)}</li>")
    return f"{_summary(trace)}<ol class='trace'>{''.join(rows)}</ol>" if rows else _summary(trace)


def _summary(trace: WordPieceTrace) -> str:
    pieces = " ".join(f"<b>{_typed(piece)}</b>" for piece in trace.pieces)
    counts = f"{counted(len(trace.pieces), 'piece')}, {counted(len(trace.attempts), 'look-up')}"
    said = f"{counts}, always the longest first." if trace.attempts else ""
    if trace.unknown_reason is not None:
        said = f"Why: {_typed(trace.unknown_reason)}."
    return f"<p class='split'>{_typed(shortened(trace.word))} → {pieces} <span>{said}</span></p>"


def _row(word: str, start: int, attempts: Sequence[TraceAttempt], id: int | None) -> str:
    failed = [attempt.candidate for attempt in attempts if not attempt.found]
    tried = [f"<s>{_typed(candidate)}</s>" for candidate in failed]
    if len(tried) > FIRST + LAST + 1:
        hidden = len(tried) - FIRST - LAST
        tried[FIRST:-LAST] = [f"<span class='more'>… {hidden} more …</span>"]
    begun = "The whole word" if start == 0 else f"From character {start}"
    not_found = f"<span class='heard'>not found: </span>{' '.join(tried)} " if tried else ""
    if attempts[-1].found:
        result = f"<b class='found'>{_typed(attempts[-1].candidate)}</b> <span class='yes'>✓ found"
        result += f", id {id}</span>" if id is not None else "</span>"
    else:
        result = f"<b class='lost'>✗ none found, so the word is {UNKNOWN}</b>"
    return f"<span class='from'>{begun}</span> <span>{not_found}{result}</span>"


def attempts_html(trace: WordPieceTrace) -> str:
    """Every look-up of a trace as a table."""
    rows = (
        (number, attempt.start, attempt.candidate, "found" if attempt.found else "not found")
        for number, attempt in enumerate(trace.attempts, start=1)
    )
    name = f"All look-ups for {shortened(trace.word, 60)}"
    return _table(name, ("look-up", "from character", "candidate", "result"), rows)


def unknown_html(reasons: Iterable[tuple[str, str]]) -> str:
    """Why words became [UNK]: a list of words with the reason for each."""
    items = "".join(
        f"<li>“{_typed(shortened(word, 60))}” is {UNKNOWN} because {_typed(reason)}.</li>"
        for word, reason in reasons
    )
    return f"<ul class='unknown'>{items}</ul>"


def encoding_html(encoding: Encoding) -> str:
    """All tokens with everything that is known of them, as a table."""
    rows = table(encoding)
    return _table("Tokens", tuple(rows[0]), (tuple(row.values()) for row in rows))


def _table(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f"<th scope='col'>{escape(title)}</th>" for title in header)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return (
        f"<div class='rows' role='region' tabindex='0' aria-label='{escape(inline(name))}'>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f"<td class='number'>{value}</td>"
    return f"<td>{_typed(shortened(value))}</td>" if isinstance(value, str) else "<td>–</td>"


# ----------------------------------------------------------------------------- normalisation


def normalisation_html(steps: Sequence[NormalisationStep]) -> str:
    """What each step changed, before and after, the changes marked."""
    if not steps:
        return "<p>Nothing to change: the text was already as the model wants it.</p>"
    items = "".join(f"<li>{_step(step)}</li>" for step in steps)
    return f"<ol class='steps'>{items}</ol>"


def _step(step: NormalisationStep) -> str:
    before, after, cut_front, cut_back = _around_changes(step.before, step.after)
    match = SequenceMatcher(None, before, after, autojunk=False)
    sides: tuple[list[str], list[str]] = ([], [])
    for kind, start, end, start_after, end_after in match.get_opcodes():
        for side, part in zip(
            sides, (before[start:end], after[start_after:end_after]), strict=True
        ):
            shown = escape(_spaces(part) if kind != "equal" else visible(part))
            side.append(shown if kind == "equal" or not part else f"<mark>{shown}</mark>")
    front, back = "… " if cut_front else "", " …" if cut_back else ""
    was, now = (f"<span dir='auto'>{front}{''.join(side)}{back}</span>" for side in sides)
    name = step.name[0].upper() + step.name[1:]
    return f"<strong>{escape(name)}</strong><br>before: {was}<br>after: {now}"


def _around_changes(before: str, after: str) -> tuple[str, str, bool, bool]:
    """Both texts, from shortly before the first change on, and whether something is left out."""
    if max(len(before), len(after)) <= WINDOW:
        return before, after, False, False
    pairs = zip(before, after, strict=False)
    same = next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(before), len(after)))
    start = max(0, same - 30)
    return before[start : start + WINDOW], after[start : start + WINDOW], start > 0, True


def _spaces(text: str) -> str:
    """A changed part, whose spaces must be seen too."""
    return visible(text).replace(" ", "␣")


def _typed(text: str) -> str:
    return f"<bdi dir='auto'>{escape(inline(text))}</bdi>"
