"""Cutting texts to the positions a model has."""

from __future__ import annotations

import tokenizers

from bert_core.outputs import Truncation


def truncate(texts: list[str], parts: list[tokenizers.Encoding], limit: int) -> Truncation | None:
    """Cuts the split texts so that with their special tokens they fit into `limit`."""
    frame = len(texts) + 1
    lengths = [len(part) for part in parts]
    kept = _longest_first(lengths, limit - frame)
    if kept == lengths:
        return None
    ends = [_cut(*each) for each in zip(texts, parts, kept, strict=True)]
    return Truncation(limit, sum(lengths) + frame, (ends[0], ends[1] if len(ends) == 2 else None))


def _longest_first(lengths: list[int], room: int) -> list[int]:
    """How many tokens of each text to keep, so that together they fit into `room`.

    Of two texts the longer gives way, and both share the room once they are equally long; the
    odd token goes to the longer one, or to the second, as in the `tokenizers` library.
    """
    if sum(lengths) <= room:
        return lengths
    if len(lengths) == 1:
        return [room]
    short = min(*lengths, room // 2)
    return [room - short, short] if lengths[0] > lengths[1] else [short, room - short]


def _cut(text: str, part: tokenizers.Encoding, kept: int) -> int:
    """Cuts a split text to its first `kept` tokens; returns how many characters they reach."""
    if kept == len(part):
        return len(text)
    part.truncate(kept)
    return int(part.offsets[-1][1]) if kept else 0
