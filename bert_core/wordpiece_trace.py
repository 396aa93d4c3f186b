"""How text becomes pieces, step by step, and pieces become text again.

Normalisation is taken apart into its steps, and the search is written out here, apart from the
`tokenizers` library, so that it can be watched; the tests hold both to the library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence

from tokenizers.normalizers import BertNormalizer

from bert_core.outputs import NormalisationStep, TraceAttempt, WordPieceTrace

CONTINUATION = "##"
UNKNOWN = "[UNK]"

_CJK = (
    "[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002a6df"
    "\U0002a700-\U0002b81f\U0002b920-\U0002ceaf\U0002f800-\U0002fa1f]"
)
"""The characters that the library spaces out; the gap from U+2B820 to U+2B91F is the library's."""

_SPACING = (
    (r"(?<=\S) ##(?=\S)", ""),
    (r" ([.,!?;:%)}…”»])", r"\1"),
    (r"([({“«¿¡]) ", r"\1"),
    (r"\[ (?!(?:UNK|SEP|PAD|CLS|MASK) \])([^\[\]]*) \]", r"[\1]"),
    (r"(?<=\w) ([-–/_]) (?=\w)", r"\1"),
    (r"(?<=\w) (['’]) (?=(?:s|t|d|m|re|ve|ll)\b)", r"\1"),
    (r"\b([DLOdlo]|qu) (['’]) (?=\w)", r"\1\2"),
    (r'(?<!\S)" ([^"]+) "(?![^\s.,;:!?)])', r'"\1"'),
    (r"(?<![^\s\"(])' ([^']+) '(?![^\s.,;:!?)\"])", r"'\1'"),
    (r"([$#]) (?=\d)", r"\1"),
    (r"(?<=\d)([.:]) (?=\d)", r"\1"),
    (r"\b(\d{1,3}), (?=\d{3}\b)", r"\1,"),
)
"""Spaces between tokens that a reader does not expect. All stand next to punctuation, where the
tokenizer splits anyway, so that the text still encodes to the same tokens."""


def trace_word(word: str, vocabulary: Mapping[str, int], longest: int = 100) -> WordPieceTrace:
    """Splits a normalised word, greedily and longest match first (Wu et al. 2016, section 4.1).

    At each place the longest remainder is looked up, then one character less, until the
    vocabulary has it; the search goes on behind the piece found and never turns back.

    Args:
        word: one word as normalisation and pre-tokenisation left it, not empty.
        vocabulary: piece to id; pieces inside a word begin with ##.
        longest: characters a word may have before it is given up unseen.

    Returns:
        The look-ups in order and the pieces, which are just [UNK] when the search failed.
    """
    assert word, "there is no word to trace"
    if len(word) > longest:
        reason = f"the word has {len(word)} characters; WordPiece takes words of at most {longest}"
        return _unknown(word, (), vocabulary, reason)
    attempts: list[TraceAttempt] = []
    pieces: list[str] = []
    start = 0
    while start < len(word):
        end = _look_up(word, start, vocabulary, attempts)
        if end is None:
            return _unknown(word, tuple(attempts), vocabulary, _no_piece(word, start, pieces))
        pieces.append(attempts[-1].candidate)
        start = end
    ids = tuple(vocabulary[piece] for piece in pieces)
    return WordPieceTrace(word, tuple(attempts), tuple(pieces), ids)


def _look_up(
    word: str, start: int, vocabulary: Mapping[str, int], attempts: list[TraceAttempt]
) -> int | None:
    """Where the longest piece from `start` ends, or None; adds each look-up to `attempts`."""
    prefix = CONTINUATION if start else ""
    for end in range(len(word), start, -1):
        candidate = prefix + word[start:end]
        attempts.append(TraceAttempt(start, candidate, candidate in vocabulary))
        if attempts[-1].found:
            return end
    return None


def _no_piece(word: str, start: int, pieces: list[str]) -> str:
    """Why the search stopped at `start`, naming the piece that was not found."""
    prefix = CONTINUATION if start else ""
    where = f"after {' '.join(pieces)} the search is stuck" if pieces else "the search cannot start"
    remainder, shortest = prefix + word[start:], prefix + word[start]
    if remainder == shortest:
        return f"{where}: the vocabulary does not have '{shortest}'"
    return (
        f"{where}: the vocabulary has no beginning of '{remainder}', "
        f"from the whole of it down to '{shortest}'"
    )


def _unknown(
    word: str, attempts: tuple[TraceAttempt, ...], vocabulary: Mapping[str, int], reason: str
) -> WordPieceTrace:
    return WordPieceTrace(word, attempts, (UNKNOWN,), (vocabulary[UNKNOWN],), reason)


def normalisation_steps(
    text: str, normaliser: BertNormalizer, untouched: Collection[str] = ()
) -> tuple[NormalisationStep, ...]:
    """What `normaliser` does to `text`, one thing at a time and in its order.

    Args:
        text: any text.
        normaliser: the BertNormalizer whose parts are run.
        untouched: special tokens, which stay as they are where they stand in the text.

    Returns:
        The steps that changed something; the last one's `after` is the normalised text.
    """
    special = "|".join(re.escape(token) for token in sorted(untouched, key=len, reverse=True))
    segments = re.split(f"({special})", text) if special else [text]
    steps: list[NormalisationStep] = []
    for name, change in _changes(normaliser):
        before = "".join(segments)
        segments[::2] = map(change, segments[::2])
        after = "".join(segments)
        if after != before:
            steps.append(NormalisationStep(name, before, after))
    return tuple(steps)


def _changes(normaliser: BertNormalizer) -> list[tuple[str, Callable[[str], str]]]:
    """The parts of a BertNormalizer that are switched on, in the order the library runs them."""
    accents = normaliser.strip_accents
    without_accents = normaliser.lowercase if accents is None else accents
    parts: list[tuple[bool, str, Callable[[str], str]]] = [
        (normaliser.clean_text, "control characters removed", _without_control_characters),
        (normaliser.clean_text, "white space unified", _only("clean_text")),
        (
            normaliser.handle_chinese_chars,
            "CJK characters spaced out",
            _only("handle_chinese_chars"),
        ),
        (without_accents, "accents removed", _only("strip_accents")),
        (normaliser.lowercase, "lower case", _only("lowercase")),
    ]
    return [(name, change) for on, name, change in parts if on]


def _only(part: str) -> Callable[[str], str]:
    """The library's normaliser with just one of its parts switched on."""
    off = dict.fromkeys(("clean_text", "handle_chinese_chars", "strip_accents", "lowercase"), False)
    return BertNormalizer(**{**off, part: True}).normalize_str


def _without_control_characters(text: str) -> str:
    clean = _only("clean_text")
    return text.translate({ord(char): None for char in set(text) if not clean(char)})


def readable(tokens: Sequence[str], join_cjk: bool = True) -> str:
    """Tokens as a reader would write them: words whole, punctuation close where it belongs.

    Args:
        tokens: tokens in order, ## marking pieces that continue a word.
        join_cjk: whether CJK characters stand together; only right where each is a word anyway.
    """
    text = " ".join(tokens)
    for pattern, replacement in _SPACING:
        text = re.sub(pattern, replacement, text)
    return re.sub(f"(?<={_CJK}) (?={_CJK})", "", text) if join_cjk else text
