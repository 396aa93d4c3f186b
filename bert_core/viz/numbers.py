"""Numbers as people read them: 34%, 0.8%, <0.01%; 30,522; 17th."""

from __future__ import annotations


def percent(probability: float) -> str:
    """A probability: whole per cents from 10% on, one or two digits below, '<0.01%' at the end."""
    value = 100 * probability
    if value >= 99.5:
        return "100%" if probability >= 1 else ">99%"
    if value >= 9.95:
        return f"{value:.0f}%"
    if value >= 0.95:
        return f"{value:.0f}%" if abs(value - round(value)) < 0.05 else f"{value:.1f}%"
    if value >= 0.095:
        return f"{value:.1f}%"
    return f"{value:.2f}%" if value >= 0.01 else "<0.01%"


def ordinal(rank: int) -> str:
    """1st, 2nd, 3rd, 11th, 1,021st."""
    ending = "th" if 10 <= rank % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank:,}{ending}"


def counted(number: int, thing: str) -> str:
    """'1 token', '2 tokens'."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
