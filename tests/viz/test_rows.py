"""Rows: what the bars, the picture and the tables are made of."""

import pytest

from bert_core.outputs import Guess
from bert_core.tokenizer import Tokenizer
from bert_core.viz.rows import (
    ASKED,
    GUESS,
    TRUE,
    answer_rows,
    filled_in,
    place_title,
    spoken,
    table,
)
from tests.model.tiny import tiny_tokenizer
from tests.viz.answers import GUESSES, answer, encoding, prediction, word

FAR = Guess("town", 40, -3.0, 0.0004, 1_234)


def test_guesses_alone() -> None:
    rows = answer_rows(prediction())
    assert [(row.word, row.probability, row.rank, row.id) for row in rows] == [
        (guess.token, guess.probability, guess.rank, guess.id) for guess in GUESSES
    ]
    assert {row.kind for row in rows} == {GUESS} and not any(row.separate for row in rows)
    assert [row.value for row in rows] == ["40%", "20%", "10%"]


def test_the_true_word_is_marked_among_the_guesses() -> None:
    rows = answer_rows(prediction(true=GUESSES[1]))
    assert [row.kind for row in rows] == [GUESS, TRUE, GUESS]
    assert [row.note for row in rows] == ["", "the hidden word, 2nd", ""]
    assert not any(row.separate for row in rows)


def test_the_true_word_stands_below_with_its_rank() -> None:
    rows = answer_rows(prediction(true=FAR))
    assert [row.kind for row in rows] == [GUESS, GUESS, GUESS, TRUE]
    below = rows[-1]
    assert (below.word, below.rank, below.id, below.separate) == ("town", 1_234, 40, True)
    assert below.note == "the hidden word, 1,234th of 30,522"
    assert spoken(below) == "town: 0.04%, the hidden word, 1,234th of 30,522"


def test_the_words_asked_for_come_last() -> None:
    pieces = word("boating", pieces=("boat", "##ing"), rank=None, probability=0.001)
    unknown = word("日", pieces=("[UNK]",), probability=0.0, rank=None, unknown_reason="no 日")
    rows = answer_rows(prediction(true=FAR, words=(word("sea"), pieces, unknown)))
    assert [row.kind for row in rows] == [GUESS] * 3 + [TRUE] + [ASKED] * 3
    assert [row.separate for row in rows] == [False] * 3 + [True] + [False] * 3
    notes = ["5th of 30,522", "as 2 pieces: boat ##ing", "because no 日"]
    assert [row.note for row in rows[4:]] == notes
    assert [spoken(row) for row in rows[4:]] == [
        "sea: 5%, 5th of 30,522",
        "boating: 0.1%, as 2 pieces: boat ##ing",
        "日: no answer, because no 日",
    ]
    assert [row.answered for row in rows[4:]] == [True, True, False]
    (*_, only) = answer_rows(prediction(words=(word("sea"),)))
    assert only.separate, "without a true word the first word asked for begins the lower rows"


def test_the_title_says_what_was_hidden() -> None:
    encoded = encoding("a bank", [(0, 1), (2, 6)])
    assert place_title(encoded, prediction(2)) == "Typed [MASK]"
    assert place_title(encoded, prediction(2, true=FAR)) == "Hidden: “bank”"


def test_the_table_has_every_row_of_every_place() -> None:
    places = (prediction(1, true=FAR), prediction(2, words=(word("sea"),)))
    records = table(answer("a bank", [(0, 1), (2, 6)], *places))
    assert len(records) == 8
    assert [record["position"] for record in records] == [1] * 4 + [2] * 4
    assert [record["hidden"] for record in records] == ["town"] * 4 + [""] * 4
    for place, part in zip(places, (records[:4], records[4:]), strict=True):
        for row, record in zip(answer_rows(place), part, strict=True):
            for name in ("word", "kind", "probability", "rank", "id"):
                assert record[name] == getattr(row, name)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return tiny_tokenizer()


TEXTS = [
    "The old river flows.", "  the   old\n\triver ", "Fishing boats", "[MASK] river [MASK]",
    "日本 river 😀 sea", "<b>the sea</b> & town", "e\u0301 the river",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_runs_put_together_are_the_text_with_the_fills(tokenizer: Tokenizer, text: str) -> None:
    encoded = tokenizer.encode(text)
    own = [i for i, word in enumerate(encoded.word_ids) if word is not None]
    assert "".join(run for run, _ in filled_in(encoded, [])) == text
    assert all(run for run, _ in filled_in(encoded, [(i, "x") for i in own]))
    for position in own:
        start, end = encoded.offsets[position]
        runs = filled_in(encoded, [(position, "##sea")])
        assert "".join(run for run, _ in runs) == text[:start] + "sea" + text[end:]
        assert [run for run, filled in runs if filled] == ["sea"]
    same = [(position, encoded.source(position)) for position in reversed(own)]
    runs = filled_in(encoded, same)
    assert "".join(run for run, _ in runs) == text
    assert [run for run, filled in runs if filled] == [source for _, source in reversed(same)]


def test_the_second_text_of_a_pair_is_left_out(tokenizer: Tokenizer) -> None:
    encoded = tokenizer.encode("the sea", "a town")
    assert filled_in(encoded, [(2, "river"), (4, "boat")]) == [("the ", False), ("river", True)]
