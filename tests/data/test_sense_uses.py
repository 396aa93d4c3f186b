"""Ambiguous words of WordNet: senses of two topics, without names, phrases and what is left out."""

import zipfile
from pathlib import Path

import pytest

from bert_core.data.sense_uses import (
    SenseOfWord,
    ambiguous_words,
    example_pairs,
    is_held_out,
)
from bert_core.words.uses import Use

NOUNS = (
    ("09", "17", "bank", "sloping land; \"they sat on the bank\""),
    ("10", "14", "bank depository", "a place for money"),
    ("11", "14", "bank", "a fund; \"the bank of the game\""),
    ("12", "17", "crane", "a bird"),
    ("13", "17", "crane", "another bird"),
    ("14", "15", "Crane", "a poet"),
    ("15", "06", "seal navy_seal", "a stamp"),
    ("16", "05", "seal", "a sea animal"),
)
VERBS = (("17", "35", "seal", "to close; \"seal the letter\""),)


def line(letter: str, offset: str, topic: str, words: str, gloss: str) -> str:
    names = " ".join(f"{word} 0" for word in words.split())
    return f"{offset:>08} {topic} {letter} {len(words.split()):02x} {names} 000 | {gloss}  \n"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "wordnet.zip"
    with zipfile.ZipFile(path, "w") as file:
        for part, letter, rows in (("noun", "n", NOUNS), ("verb", "v", VERBS)):
            text = "  1 licence\n" + "".join(line(letter, *row) for row in rows)
            file.writestr(f"usr/share/wordnet/data.{part}", text)
        file.writestr("usr/share/doc/data.noun", "00000001 03 n 01 doc 0 000 | no\n")
        file.writestr("usr/share/wordnet/index.noun", "bank n 3 0 3 0 9 10 11\n")
    return path


def test_words_have_all_their_senses_with_topic_and_uses(archive: Path) -> None:
    words = ambiguous_words(archive)
    assert list(words) == ["bank", "seal"], "crane has one topic; names and phrases do not count"
    assert [sense.topic for sense in words["bank"]] == [17, 14, 14]
    assert [sense.topic for sense in words["seal"]] == [6, 5, 35]
    land = words["bank"][0]
    assert [use.text for use in land.uses] == ["the bank: sloping land.", "they sat on the bank"]
    assert all(use.text[use.start : use.end] == "bank" for use in land.uses)


def test_words_and_senses_are_left_out(archive: Path) -> None:
    assert list(ambiguous_words(archive, left_out=["bank"])) == ["seal"]
    unseen = ["bank or depository: a place for money.", "seal: a sea animal."]
    words = ambiguous_words(archive, unseen=unseen)
    assert [sense.topic for sense in words["bank"]] == [17, 14]
    assert [sense.topic for sense in words["seal"]] == [6, 35]


def sense(topic: int, *examples: str) -> SenseOfWord:
    return SenseOfWord(topic, tuple(Use(text, 0, 1) for text in ("headword", *examples)))


def test_pairs_are_of_examples_half_of_them_in_one_sense() -> None:
    words = {
        "a": (sense(1, "one", "two", "three"), sense(2, "four"), sense(2, "five")),
        "b": (sense(1, "six", "six"), sense(3)),
        "c": (sense(1, "seven"), sense(4, "eight")),
    }
    pairs = example_pairs(words)
    told = {(pair.word, pair.first.text, pair.second.text, pair.same) for pair in pairs}
    assert len(told) == len(pairs) == 2, "as many of one kind as of the other"
    assert ("a", "one", "two", True) in told, "two sentences of one sense; twice one is no pair"
    apart = {
        ("a", "one", "four", False), ("a", "one", "five", False), ("c", "seven", "eight", False)
    }  # fmt: skip
    assert len(told & apart) == 1, "senses of one topic are no pair, nor are definitions"
    assert example_pairs(words) == pairs
    assert example_pairs({}) == []


def test_one_word_in_ten_is_held_out() -> None:
    words = [f"word{number}" for number in range(5_000)]
    held = [word for word in words if is_held_out(word)]
    assert 0.08 < len(held) / len(words) < 0.12
    assert held == [word for word in words if is_held_out(word)]
