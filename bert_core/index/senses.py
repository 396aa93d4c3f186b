"""The words that tell groups of sentences apart."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

TYPICAL = 10
"""Words shown for a group."""


def standing_out(
    inside: Sequence[set[str]], outside: Sequence[set[str]]
) -> tuple[tuple[str, int], ...]:
    """Words of more sentences inside than chance would have it, most typical first, with how many.

    By the log-likelihood ratio of Dunning (1993); words of one sentence alone do not count when
    there is another. Without sentences outside, the most frequent.

    Args:
        inside: the words of each sentence of the group.
        outside: those of all other sentences.
    """
    here = Counter(word for words in inside for word in words)
    there = Counter(word for words in outside for word in words)
    fewest = min(2, len(inside))
    scores = {
        word: _likelihood_ratio(count, len(inside), there[word], len(outside))
        for word, count in here.items()
        if count >= fewest
    }
    if not outside:
        scores = {word: float(here[word]) for word in scores}
    typical = sorted((word for word in scores if scores[word] > 0), key=lambda w: (-scores[w], w))
    return tuple((word, here[word]) for word in typical[:TYPICAL])


def _likelihood_ratio(count: int, of: int, other: int, others: int) -> float:
    """2 log of how much likelier two rates are than one; 0 when the rate here is the lower one."""
    if not others or count / of <= other / others:
        return 0.0
    rate = (count + other) / (of + others)
    parts = [
        (count, of * rate), (of - count, of * (1 - rate)),
        (other, others * rate), (others - other, others * (1 - rate)),
    ]  # fmt: skip
    return 2 * sum(seen * math.log(seen / expected) for seen, expected in parts if seen)
