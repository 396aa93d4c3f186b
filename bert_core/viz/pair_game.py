"""The game "does B follow A?": one pair, what came of a guess, the score and the list, as HTML.

`guesses` and `judged` are for the pairs guessed so far, in order: True for "B follows A".
"""

from __future__ import annotations

from collections.abc import Sequence

from bert_core.outputs.sentence_pairs import GamePair
from bert_core.viz.contexts_html import table_html, typed
from bert_core.viz.numbers import percent

SOURCES = {"sotu": "State of the Union", "moby-dick": "Moby Dick", "wordnet": "WordNet"}


def pair_html(pair: GamePair) -> str:
    """The pair to be guessed."""
    return (
        f"<div class='game-pair'><p><b>A</b> {typed(pair.first)}</p>"
        f"<p><b>B</b> {typed(pair.second)}</p></div>"
    )


def outcome(pair: GamePair, guess: bool, probability: float) -> str:
    """What came of the last guess, in plain text."""
    truth = (
        f"B follows A ({document_name(pair.first_document)})"
        if pair.follows
        else f"B is from elsewhere ({document_name(pair.second_document)}; A: "
        f"{document_name(pair.first_document)})"
    )
    return (
        f"{truth}. You: {_verdict(guess == pair.follows)}. The model gives “follows” "
        f"{percent(probability)}: {_verdict((probability >= 0.5) == pair.follows)}."
    )


def scores(
    pairs: Sequence[GamePair], guesses: Sequence[bool], judged: Sequence[float]
) -> tuple[int, int]:
    """Right answers so far: the visitor's, the model's."""
    played = list(zip(pairs, guesses, judged, strict=False))
    own = sum(guess == pair.follows for pair, guess, _ in played)
    return own, sum((chance >= 0.5) == pair.follows for pair, _, chance in played)


def game_rows(
    pairs: Sequence[GamePair], guesses: Sequence[bool], judged: Sequence[float]
) -> list[dict[str, object]]:
    """A flat record for each pair guessed so far."""
    return [
        {
            "pair": number, "a": pair.first, "b": pair.second, "follows": pair.follows,
            "your guess": guess, "model": chance, "document of a": pair.first_document,
            "document of b": pair.second_document,
        }
        for number, (pair, guess, chance) in enumerate(
            zip(pairs, guesses, judged, strict=False), 1
        )
    ]  # fmt: skip


def game_html(
    pairs: Sequence[GamePair], guesses: Sequence[bool], judged: Sequence[float]
) -> str:
    """The pairs guessed so far as a table."""
    rows = [
        (
            str(number), typed(pair.first), typed(pair.second),
            "follows" if pair.follows else "elsewhere",
            _said(guess, pair.follows), f"{_said(chance >= 0.5, pair.follows)} {percent(chance)}",
        )
        for number, (pair, guess, chance) in enumerate(
            zip(pairs, guesses, judged, strict=False), 1
        )
    ]  # fmt: skip
    table = table_html("Pairs guessed", ("pair", "A", "B", "truth", "you", "model"), rows)
    return f"<div class='game-list'>{table}</div>"


def document_name(document: str) -> str:
    """'Moby Dick, chapter 65'; 'State of the Union 1962'."""
    source, _, name = document.partition("/")
    words = name.replace("_", " ")
    if source == "sotu":
        return f"{SOURCES[source]} {words[:4]}"
    return f"{SOURCES.get(source, source)}, {words}"


def _said(follows: bool, truth: bool) -> str:
    return f"{'follows' if follows else 'elsewhere'} {'✓' if follows == truth else '✗'}"


def _verdict(right: bool) -> str:
    return "right ✓" if right else "wrong ✗"
