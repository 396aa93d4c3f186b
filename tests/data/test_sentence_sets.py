"""Sentences that come with the project, typed ones and uploaded ones."""

import codecs
from collections import Counter

import pytest

from bert_core.data import sentence_sets
from bert_core.data.sentence_sets import (
    LONGEST_SENTENCE,
    MOST_BYTES,
    MOST_SENTENCES,
    builtin_sentences,
    builtin_words,
    parse_sentences,
    read_sentences,
    without_duplicates,
)
from bert_core.outputs import LabelledSentence
from bert_core.words.occurrences import find_occurrences

S = LabelledSentence
TABLE = "id,Sentence,LABEL\n1,He sat by the bank.,river\n2,\"The bank, she said, paid.\",money\n"
ROWS = [S("He sat by the bank.", "river"), S("The bank, she said, paid.", "money")]


def test_bank_comes_first_and_the_words_asked_for_are_there() -> None:
    words = builtin_words()
    assert words[0] == "bank" and len(words) == len(set(words)) == 13
    asked = "bank bat spring crane seal bark bass mouse match pitch cell".split()
    assert set(asked) <= set(words)


@pytest.mark.parametrize("word", builtin_words())
def test_each_word_has_24_sentences_in_balanced_senses(word: str) -> None:
    sentences = builtin_sentences(word)
    assert len(sentences) == 24
    assert without_duplicates(sentences) == (sentences, 0)
    labels = Counter(sentence.label for sentence in sentences)
    assert 2 <= len(labels) <= 3 and None not in labels
    assert set(labels.values()) == {24 // len(labels)}
    assert all(6 <= len(sentence.text.split()) <= 20 for sentence in sentences)


@pytest.mark.parametrize("word", builtin_words())
def test_the_word_stands_in_each_of_its_sentences_once(word: str) -> None:
    found = find_occurrences(builtin_sentences(word), word, inflected=True)
    assert [one.sentence for one in found] == list(range(24))
    assert 2 <= len({one.form.lower() for one in found}), "no sentence has an inflected form"


def test_another_word_is_told_which_there_are() -> None:
    with pytest.raises(ValueError, match="no sentences come with 'Bank'.* bank, bark"):
        builtin_sentences("Bank")


# ------------------------------------------------------------------------ typed text


def test_plain_lines_are_a_sentence_each() -> None:
    text = "\n  The bank  was\tclosed. \r\n\n\u3000\nA second one, with a comma\n"
    assert parse_sentences(text) == [S("The bank was closed."), S("A second one, with a comma")]
    assert parse_sentences("") == parse_sentences(" \n\t\n") == []


@pytest.mark.parametrize(
    "first", ["Text, he said, is data.", "The sentence, in a word", "Sentences,labels", "a,b"]
)
def test_a_comma_in_the_first_line_makes_no_table(first: str) -> None:
    assert parse_sentences(f"{first}\nThe end.") == [S(first), S("The end.")]


def test_the_header_makes_a_table() -> None:
    assert parse_sentences(TABLE) == ROWS
    assert parse_sentences("\n \n" + TABLE.replace("\n", "\r\n")) == ROWS
    assert parse_sentences("\ufeffsense\ttext\nriver\tHe, too, sat.\n") == [
        S("He, too, sat.", "river")
    ]
    assert parse_sentences("TEXT;Sense\nHe, too, sat.;river\n") == [S("He, too, sat.", "river")]
    assert parse_sentences("sentence\nOne.\nTwo.") == [S("One."), S("Two.")]


def test_rows_without_a_sentence_are_skipped_and_labels_may_be_missing() -> None:
    text = 'sentence,label\nOne.,\n,money\nTwo.\n\n"Three\n lines.", river \nFour.,x,,\n'
    assert parse_sentences(text) == [
        S("One."), S("Two."), S("Three lines.", "river"), S("Four.", "x")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("He sat, tired, by the bank,river", "line 3 has 4 cells but the header 2"),
        ('"He sat by the bank,river', "line 3 is not well-formed CSV"),
        ('"He" sat by the bank,river', "line 3 is not well-formed CSV"),
    ],
)
def test_a_row_that_cannot_be_right_is_named(row: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_sentences(f"sentence,label\nOne.,a\n{row}\n")


def test_fifty_thousand_lines_are_read_and_not_one_more() -> None:
    lines = [f"The bank number {number}." for number in range(MOST_SENTENCES)]
    assert MOST_SENTENCES == 50_000
    assert parse_sentences("\n".join(lines)) == [S(line) for line in lines]
    with pytest.raises(ValueError, match="there are 50,001 sentences; at most 50,000"):
        parse_sentences("\n".join([*lines, "One more."]))
    with pytest.raises(ValueError, match="there are 50,001 sentences; at most 50,000"):
        parse_sentences("\n".join(["text", *lines, "One more."]))


@pytest.mark.parametrize("before", ["One.", "text"])
def test_a_sentence_that_is_too_long_is_named_with_its_line(before: str) -> None:
    fits = "a" * LONGEST_SENTENCE
    assert parse_sentences(f"{before}\n{fits}")[-1] == S(fits)
    with pytest.raises(ValueError, match="line 2 has a sentence of 10,001 char.* most 10,000"):
        parse_sentences(f"{before}\n{fits}a")


# ------------------------------------------------------------------------ files


@pytest.mark.parametrize(
    "data",
    [
        TABLE.encode(),
        codecs.BOM_UTF8 + TABLE.encode(),
        codecs.BOM_UTF16_LE + TABLE.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TABLE.encode("utf-16-be"),
    ],
)
@pytest.mark.parametrize("name", ["bank.csv", "BANK.TSV", "bank.txt", "bank"])
def test_files_are_read_in_their_encoding(data: bytes, name: str) -> None:
    assert read_sentences(data, name) == ROWS


def test_plain_lines_of_a_file() -> None:
    text = "Die Bank, früh.\n岸边有一家bank。\n"
    assert read_sentences(text.encode(), "b.txt") == [S("Die Bank, früh."), S("岸边有一家bank。")]


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (b"", "a.csv", "a.csv: no sentence is in it"),
        (b" \n\n", "a.txt", "a.txt: no sentence is in it"),
        (b"sentence,label\n", "a.csv", "a.csv: no sentence is in it"),
        (b"id,words,label\n1,He sat.,x\n", "a.csv", "columns are 'id', 'words', 'label'; one must"),
        (b"He sat.\nShe sat.\n", "a.csv", "the columns are 'He sat.'; one must be called 'sent"),
        (b"a\tb\n1\t2\n", "a.tsv", "the columns are 'a', 'b'; one must be called 'sentence'"),
        ("Früh.".encode("latin-1"), "a.txt", "a.txt: byte 3 is not UTF-8; save"),
        (b"PK\x03\x04\x14\x00\x08\x08\xff", "a.xlsx", "a.xlsx: this is not a text file.*as CSV"),
        ("He sat.".encode("utf-16-le"), "a.txt", "a.txt: this is not a text file"),
        (codecs.BOM_UTF16_LE + b"abc", "a.txt", "a.txt: byte 5 is not UTF-16"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(data: bytes, name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_sentences(data, name)


def test_what_is_too_large_is_refused_before_it_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for looked in ("_decoded", "_delimiter"):
        monkeypatch.setattr(sentence_sets, looked, lambda _: pytest.fail("it was looked at"))
    with pytest.raises(ValueError, match="a.csv: it has 200.0 MB; at most 20 MB are read"):
        read_sentences(bytes(200_000_000), "a.csv")
    with pytest.raises(ValueError, match="at most 20 MB are read"):
        read_sentences(bytes(MOST_BYTES + 1), "a.txt")
    with pytest.raises(ValueError, match="at most 20 MB are read"):
        parse_sentences("é" * (MOST_BYTES // 2 + 1))


def test_duplicates_are_kept_until_they_are_asked_to_go() -> None:
    found = parse_sentences("text,label\nOne.,a\nTwo.,b\nOne.,a\nOne.,c\none.,a\n")
    assert len(found) == 5
    assert without_duplicates(found) == ([S("One.", "a"), S("Two.", "b"), S("one.", "a")], 2)
    assert without_duplicates([]) == ([], 0)
