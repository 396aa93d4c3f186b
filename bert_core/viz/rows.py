"""The answer at one hidden place as rows: what the bars, the picture and the tables are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bert_core.outputs import Encoding, MaskedWords, MaskPrediction, WordScore
from bert_core.viz.numbers import ordinal, percent

GUESS, TRUE, ASKED = "guess", "true", "asked"


@dataclass(frozen=True)
class Row:
    """One word with its probability."""

    word: str
    probability: float
    rank: int | None
    kind: str
    """GUESS, TRUE (the word that was hidden) or ASKED."""
    id: int | None
    """Its id when it is one entry of the vocabulary."""
    note: str = ""
    separate: bool = False
    """First of the rows that stand below the top k."""
    answered: bool = True
    """False for a word the model cannot be asked about; the note says why."""

    @property
    def value(self) -> str:
        """The probability in words."""
        return percent(self.probability) if self.answered else "no answer"


def answer_rows(prediction: MaskPrediction) -> tuple[Row, ...]:
    """The top k, then the true word if it is not among them, then the words asked for."""
    true, rows = prediction.true, []
    for guess in prediction.guesses:
        hit = true is not None and guess.id == true.id
        note = f"the hidden word, {ordinal(guess.rank)}" if hit else ""
        kind = TRUE if hit else GUESS
        rows.append(Row(guess.token, guess.probability, guess.rank, kind, guess.id, note))
    below = []
    if true is not None and all(true.id != guess.id for guess in prediction.guesses):
        note = f"the hidden word, {ordinal(true.rank)} of {prediction.vocabulary:,}"
        below.append(Row(true.token, true.probability, true.rank, TRUE, true.id, note))
    below += [_asked(word, prediction.vocabulary) for word in prediction.words]
    if below:
        below[0] = replace(below[0], separate=True)
    return (*rows, *below)


def _asked(word: WordScore, vocabulary: int) -> Row:
    if word.unknown_reason is not None:
        note = f"because {word.unknown_reason}"
    elif word.rank is not None:
        note = f"{ordinal(word.rank)} of {vocabulary:,}"
    else:
        note = f"as {len(word.pieces)} pieces: {' '.join(word.pieces)}"
    answered = word.unknown_reason is None
    return Row(word.word, word.probability, word.rank, ASKED, None, note, answered=answered)


def place_title(encoding: Encoding, prediction: MaskPrediction) -> str:
    """What was hidden at a place: 'Hidden: "bank"', or that [MASK] was typed there."""
    if prediction.true is None:
        return "Typed [MASK]"
    return f"Hidden: “{encoding.tokens[prediction.position]}”"


def spoken(row: Row) -> str:
    """The row in a sentence, for a screen reader."""
    said = f"{row.word}: {row.value}"
    return f"{said}, {row.note}" if row.note else said


def table(result: MaskedWords) -> list[dict[str, object]]:
    """All rows of all places, a flat record each: for CSV and JSON."""
    return [
        {
            "position": prediction.position,
            "hidden": "" if prediction.true is None else prediction.true.token,
            "word": row.word,
            "kind": row.kind,
            "probability": row.probability,
            "rank": row.rank,
            "id": row.id,
        }
        for prediction in result.predictions
        for row in answer_rows(prediction)
    ]


def filled_in(encoding: Encoding, fills: Sequence[tuple[int, str]]) -> list[tuple[str, bool]]:
    """The text in runs, (characters, filled or not), with tokens put in at some positions."""
    runs: list[tuple[str, bool]] = []
    end = 0
    for position, token in sorted(fills):
        if encoding.segment_ids[position]:
            continue
        start, stop = encoding.offsets[position]
        runs.append((encoding.text[end:start], False))
        runs.append((token.removeprefix("##"), True))
        end = stop
    return [run for run in (*runs, (encoding.text[end:], False)) if run[0]]
