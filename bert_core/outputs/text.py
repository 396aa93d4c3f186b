"""A text as tokens, and how it became them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Truncation:
    """What did not fit into the model's positions."""

    limit: int
    """Most tokens the model takes, special tokens included."""
    tokens_in_full: int
    """Tokens the whole text would have made, special tokens included."""
    kept_characters: tuple[int, int | None]
    """Characters of the text, and of the pair if there is one, that were kept."""

    @property
    def tokens_dropped(self) -> int:
        """How many tokens were left out."""
        return self.tokens_in_full - self.limit


@dataclass(frozen=True)
class Encoding:
    """A text, or a pair of texts, as the model sees it. All sequences have length `tokens`."""

    text: str
    pair: str | None
    tokens: tuple[str, ...]
    ids: tuple[int, ...]
    offsets: tuple[tuple[int, int], ...]
    """Start and end of each token, in characters of the text it comes from; specials (0, 0)."""
    word_ids: tuple[int | None, ...]
    """Which word of its text each token belongs to; None for added special tokens."""
    segment_ids: tuple[int, ...]
    """0 for sentence A, 1 for sentence B."""
    truncation: Truncation | None = None

    def __post_init__(self) -> None:
        lengths = {
            len(part)
            for part in (self.tokens, self.ids, self.offsets, self.word_ids, self.segment_ids)
        }
        assert len(lengths) == 1, f"parts of an encoding differ in length: {lengths}"

    def __len__(self) -> int:
        return len(self.tokens)

    def positions_of(self, start: int, end: int) -> list[int]:
        """Positions of the tokens that characters of the text from `start` to `end` became."""
        return [
            at
            for at, (first, last) in enumerate(self.offsets)
            if first < end and last > start
        ]

    def source(self, position: int) -> str:
        """The characters of the text that became the token at `position`; '' for specials."""
        return self.typed(position, position)

    def typed(self, first: int, last: int) -> str:
        """The characters from the token at `first` to the one at `last`, as they were typed."""
        text = self.pair if self.segment_ids[first] else self.text
        return (text or "")[self.offsets[first][0] : self.offsets[last][1]]

    def word_positions(self, position: int) -> tuple[int, ...]:
        """All token positions of the word that holds `position`; just itself for specials."""
        word = self.word_ids[position]
        if word is None:
            return (position,)
        segment = self.segment_ids[position]
        return tuple(
            i
            for i, (w, s) in enumerate(zip(self.word_ids, self.segment_ids, strict=True))
            if w == word and s == segment
        )

    @property
    def words(self) -> tuple[tuple[int, ...], ...]:
        """The positions of every word's tokens, in order; specials are in none."""
        places: dict[tuple[int, int], list[int]] = {}
        for at, (segment, word) in enumerate(zip(self.segment_ids, self.word_ids, strict=True)):
            if word is not None:
                places.setdefault((segment, word), []).append(at)
        return tuple(map(tuple, places.values()))


@dataclass(frozen=True)
class NormalisationStep:
    """One thing normalisation did to a text before it was split."""

    name: str
    """What was done, in plain words: 'lower case', 'accents removed', ..."""
    before: str
    after: str


@dataclass(frozen=True)
class TraceAttempt:
    """One look-up of the greedy longest-match search."""

    start: int
    """First character of the piece tried, counted in the normalised word."""
    candidate: str
    """The piece looked up, with ## unless it begins the word."""
    found: bool


@dataclass(frozen=True)
class WordPieceTrace:
    """How WordPiece split one word: every look-up, in order (Wu et al. 2016, section 4.1)."""

    word: str
    """The normalised word, as it was looked up."""
    attempts: tuple[TraceAttempt, ...]
    pieces: tuple[str, ...]
    ids: tuple[int, ...]
    unknown_reason: str | None = None
    """Why the word became [UNK]; None when it was split."""
