"""Tokens as rows and a text in runs: what the chips, the marked text and the tables are made of."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import pairwise

from bert_core.outputs import Encoding

UNKNOWN = "[UNK]"
LONGEST_RUN = 240
"""Characters shown of a run; of a longer one its beginning and its end are."""

_PICTURES = {"\t": "⇥\t", "\n": "⏎\n", "\r": "␍", "\u2028": "⏎\n", "\u2029": "⏎\n", "\x7f": "␡"}
_JOINERS = "\u200c\u200d"
"""Invisible, but they shape the letters and emoji around them; shown as they are."""


@dataclass(frozen=True)
class Run:
    """Characters of a text that the same tokens come from."""

    start: int
    """First character, counted in the text."""
    shown: str
    """The characters, invisible ones made visible, a long run shortened."""
    positions: tuple[int, ...]
    """The tokens; none for spaces and other characters that left no token."""


def visible(text: str) -> str:
    """The text with control characters and the like as symbols, or as \\uXXXX."""
    return "".join(_visible(char) for char in text)


def _visible(char: str) -> str:
    if char in _PICTURES:
        return _PICTURES[char]
    if char < " ":
        return chr(0x2400 + ord(char))
    if char in _JOINERS or unicodedata.category(char) not in ("Cc", "Cf", "Cn", "Co", "Cs"):
        return char
    return f"\\u{ord(char):04X}" if ord(char) < 0x10000 else f"\\U{ord(char):08X}"


def inline(text: str) -> str:
    """As `visible`, on one line: for cells, labels and lists."""
    return visible(text).translate({ord("\n"): None, ord("\t"): None})


def shortened(text: str, most: int = LONGEST_RUN) -> str:
    """The text, its middle left out when it has more than `most` characters."""
    return text if len(text) <= most else f"{text[: most - 21]} … {text[-18:]}"


def text_runs(encoding: Encoding, segment: int) -> tuple[Run, ...]:
    """The part of a text that was used, cut wherever the tokens it belongs to change.

    An accent that normalisation removed stays with its letter.

    Args:
        encoding: a text, or two.
        segment: 0 for the text, 1 for the pair.
    """
    text = used_text(encoding, segment)
    owners: dict[int, list[int]] = {0: [], len(text): []}
    places = [p for p, s in enumerate(encoding.segment_ids) if s == segment]
    places = [p for p in places if encoding.word_ids[p] is not None]
    for place in places:
        owners.update((edge, []) for edge in encoding.offsets[place])
    edges = sorted(owners)
    index = {edge: at for at, edge in enumerate(edges)}
    for place in places:
        start, end = encoding.offsets[place]
        for edge in edges[index[start] : index[end]]:
            owners[edge].append(place)
    runs: list[Run] = []
    begin = 0
    for start, end in pairwise(edges):
        bare = owners[start] and not owners[end]
        stop = end + _leading_accents(text, end) if bare else end
        if begin < stop:
            shown = visible(shortened(text[begin:stop]))
            runs.append(Run(begin, shown, tuple(owners[start])))
            begin = stop
    return tuple(runs)


def used_text(encoding: Encoding, segment: int) -> str:
    """The beginning of the text, or of the pair, that became tokens."""
    text = (encoding.pair if segment else encoding.text) or ""
    cut = encoding.truncation
    return text if cut is None else text[: cut.kept_characters[segment]]


def text_label(encoding: Encoding, segment: int) -> str:
    """What stands above a text: which it is, and how much of it was used."""
    name = "The text" if encoding.pair is None else f"Text {'AB'[segment]}, segment {segment}"
    text = (encoding.pair if segment else encoding.text) or ""
    used = len(used_text(encoding, segment))
    return name if used == len(text) else f"{name}: its first {used:,} of {len(text):,} characters"


def chips(encoding: Encoding) -> list[dict[str, object]]:
    """What a chip shows of every token, for the component."""
    return [
        {
            "token": inline(shortened(token)),
            "id": encoding.ids[place],
            "position": place,
            "segment": encoding.segment_ids[place],
            "word": f"{encoding.segment_ids[place]}-{place if word is None else f'w{word}'}",
            "kind": "special" if word is None else "unknown" if token == UNKNOWN else "",
            "said": _said(encoding, place),
        }
        for place, (token, word) in enumerate(zip(encoding.tokens, encoding.word_ids, strict=True))
    ]


def _said(encoding: Encoding, place: int) -> str:
    """Where a token comes from: 'characters 5 to 9, “ding”'."""
    if encoding.word_ids[place] is None:
        return "added by the tokenizer; it stands for no characters"
    (start, end), source = encoding.offsets[place], encoding.source(place)
    which = "" if encoding.pair is None else f" of text {'AB'[encoding.segment_ids[place]]}"
    return f"characters {start} to {end}{which}, “{inline(shortened(source, 60))}”"


def words(encoding: Encoding) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Every word as it was typed, in order, with the positions of its tokens."""
    return tuple((encoding.typed(group[0], group[-1]), group) for group in encoding.words)


def table(encoding: Encoding) -> list[dict[str, object]]:
    """A flat record for every token: for the table, CSV and JSON."""
    return [
        {
            "position": place,
            "token": token,
            "id": encoding.ids[place],
            "segment": encoding.segment_ids[place],
            "start": encoding.offsets[place][0] if word is not None else None,
            "end": encoding.offsets[place][1] if word is not None else None,
            "characters": encoding.source(place) if word is not None else None,
            "word": word,
        }
        for place, (token, word) in enumerate(zip(encoding.tokens, encoding.word_ids, strict=True))
    ]


def _leading_accents(text: str, start: int) -> int:
    """How many combining marks stand at `start`."""
    end = start
    while end < len(text) and unicodedata.category(text[end]) == "Mn":
        end += 1
    return end - start
