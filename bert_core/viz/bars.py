"""Shares as bars in HTML: a line each with a name, a bar and the number (assets/bars.css)."""

from __future__ import annotations

from bert_core.viz.numbers import percent


def bar_html(name: str, share: float, given: bool, said: str | None = None) -> str:
    """A line of a list.

    Args:
        name: as HTML.
        share: from 0 to 1.
        given: whether it is the one in question, whose bar is full; others are hatched.
        said: the number in words; `percent` when left out.
    """
    return (
        f"<li class='{'given' if given else ''}'><span>{name}</span><span class='track' "
        f"aria-hidden='true'><span style='width:{100 * share:.2f}%'></span></span>"
        f"<b>{percent(share) if said is None else said}</b></li>"
    )
