"""`next-sentence` and what the page "Sentence pairs" shows besides."""

import pytest

from bert_core.analysis.sentence_pairs import against_random, pair_changes, pair_words
from bert_core.checkpoint.load import Checkpoint
from bert_core.cli import main
from bert_core.data.heldout_pairs import random_sentences
from tests.cli.calls import Capture, answer, refused

TEXTS = "the old river flows", "a boat runs to the sea"


def test_compared_with_the_librarys_own_numbers(
    capsys: Capture, tiny: str, bert: Checkpoint
) -> None:
    options = ["--compare", "--seed", "7", "--random", "12", "--words", "--model", tiny]
    found = answer(capsys, "next-sentence", *TEXTS, *options)
    assert list(found) == [
        "is_next_probability", "logits", "swapped", "zero_segments", "random", "words"
    ]  # fmt: skip
    changes = pair_changes(bert, *TEXTS)
    assert found["logits"] == [*changes.given.logits]
    assert found["is_next_probability"] == changes.given.is_next_probability
    assert found["swapped"] == {
        "is_next_probability": changes.swapped.is_next_probability,
        "logits": [*changes.swapped.logits],
    }
    assert found["zero_segments"] == {
        "is_next_probability": changes.zeroed_probability, "logits": [*changes.zeroed_logits]
    }  # fmt: skip
    drawn = random_sentences(7, 12)
    expected, random = against_random(bert, *TEXTS, drawn), found["random"]
    assert (random["seed"], random["count"]) == (7, 12)
    assert (random["below"], random["percentile"]) == (expected.below, expected.percentile)
    assert [one["sentence"] for one in random["sentences"]] == [one.sentence for one in drawn]
    assert [one["logits"] for one in random["sentences"]] == expected.logits.tolist()
    words = pair_words(bert, *TEXTS)
    assert [(one["sentence"], one["word"]) for one in found["words"]] == [
        ("AB"[one.segment], one.word) for one in words.words
    ]
    assert [one["carried"] for one in found["words"]] == words.carried.tolist()


def test_without_json_there_are_lines_to_read(capsys: Capture, tiny: str) -> None:
    options = ["--compare", "--random", "5", "--words", "--model", tiny]
    assert main(["next-sentence", *TEXTS, *options]) == 0
    printed, err = capsys.readouterr()
    assert err == ""
    for said in (
        "B follows A: ", "A and B swapped: ", "every segment id 0: ",
        "of 5 random sentences (seed 42): percentile ", "without a word; ", "  A: river",
    ):  # fmt: skip
        assert said in printed
    assert main(["next-sentence", "sea", "boat", "--words", "--model", tiny]) == 0
    assert "no word can be taken out" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--seed", "1"], "--seed and --random are for --compare"),
        (["--compare", "--seed", "-1"], "the seed is -1; it must be 0 or more"),
        (["--compare", "--random", "9999"], "9999 sentences were asked for; it must be from 1"),
        (["--compare", "--random", "x"], "invalid int value: 'x'"),
    ],
)
def test_what_makes_no_sense_is_one_line(
    capsys: Capture, tiny: str, options: list[str], said: str
) -> None:
    assert said in refused(capsys, "next-sentence", *TEXTS, *options, "--model", tiny)
