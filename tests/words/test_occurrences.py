"""Where a word stands: whole words, any case, any script, inflected forms, right positions."""

import unicodedata

import pytest

from bert_core.outputs import LabelledSentence
from bert_core.words.occurrences import find_occurrences, inflections, not_found_message


def forms(text: str, word: str, inflected: bool = False) -> list[str]:
    """The words found; checks that each one stands where it is said to."""
    found = find_occurrences([LabelledSentence(text)], word, inflected)
    assert all(text[one.start : one.end] == one.form for one in found)
    return [one.form for one in found]


def test_every_occurrence_counts_with_its_sentence_and_label() -> None:
    sentences = [
        LabelledSentence("The bank by the bank.", "river"),
        LabelledSentence("No such thing."),
        LabelledSentence("BANK"),
    ]
    found = find_occurrences(sentences, "bank")
    assert [(one.sentence, one.start, one.end, one.form, one.label) for one in found] == [
        (0, 4, 8, "bank", "river"), (0, 16, 20, "bank", "river"), (2, 0, 4, "BANK", None)
    ]  # fmt: skip
    assert find_occurrences(sentences, "  Bank ") == found
    assert find_occurrences(sentences, "bench") == find_occurrences([], "bank") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("banker, riverbank, embankment, banks, bank2, 2bank", []),
        ("bank's left-bank (bank) 'bank' bank_bank bank.", ["bank"] * 7),
        ("Bank! bANK", ["Bank", "bANK"]),
        ("bank\u0301 \u00e9bank e\u0301bank", []),
    ],
)
def test_only_whole_words_count(text: str, found: list[str]) -> None:
    assert forms(text, "bank") == found


@pytest.mark.parametrize(
    ("text", "word", "found"),
    [
        ("Die STRASSE, die Straße", "straße", ["STRASSE", "Straße"]),
        ("İzmir, Straße, dann Fluss und fluß", "FLUSS", ["Fluss", "fluß"]),
        ("ΟΔΟΣ και οδός, οδος", "οδος", ["ΟΔΟΣ", "οδος"]),
        ("Берег и БЕРЕГ и берега", "берег", ["Берег", "БЕРЕГ"]),
        ("don’t and don't", "don't", ["don’t", "don't"]),
        ("C++ and C+ and c++!", "c++", ["C++", "c++"]),
        ("😀 bank 😀bank😀", "bank", ["bank", "bank"]),
        ("नदी का किनारा", "किनार", []),
        ("नदी का किनारा", "किनारा", ["किनारा"]),
        ("은행 앞, 은행에서", "은행", ["은행"]),
    ],
)
def test_case_and_scripts(text: str, word: str, found: list[str]) -> None:
    assert forms(text, word) == found


@pytest.mark.parametrize("form_of_word", ["NFC", "NFD"])
@pytest.mark.parametrize("form_of_text", ["NFC", "NFD"])
def test_accents_are_the_same_however_they_were_typed(form_of_word, form_of_text) -> None:
    text = unicodedata.normalize(form_of_text, "Ça: le CAFÉ, le cafés, le cafe, un café.")
    word = unicodedata.normalize(form_of_word, "café")
    wanted = [unicodedata.normalize(form_of_text, form) for form in ("CAFÉ", "café")]
    assert forms(text, word) == wanted
    assert forms(text, "cafe") == ["cafe"]


@pytest.mark.parametrize(
    ("text", "word", "found"),
    [
        ("他在银行工作，银行很大", "银行", 2),
        ("川の岸で銀行員が銀行に", "銀行", 2),
        ("ธนาคารอยู่ใกล้ธนาคาร", "ธนาคาร", 2),
        ("这家bank很大，embank", "bank", 1),
        ("がか", "か", 1),
    ],
)
def test_scripts_without_spaces_are_searched_anywhere(text: str, word: str, found: int) -> None:
    for form in ("NFC", "NFD"):
        written, sought = (unicodedata.normalize(form, part) for part in (text, word))
        assert forms(written, sought) == [sought] * found


def test_phrases_of_several_words() -> None:
    text = "Sea  bass, sea\nbass; sea basses and the sea, bass"
    assert forms(text, " sea bass") == ["Sea  bass", "sea\nbass"]
    assert forms(text, "sea bass", inflected=True) == ["Sea  bass", "sea\nbass", "sea basses"]
    assert forms("a xa a a b", "a a") == ["a a"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("bank", "bank banks banked banking"),
        ("bat", "bat bats batted batting"),
        ("crane", "crane cranes craned craning"),
        ("match", "match matches matched matching"),
        ("bass", "bass basses bassed bassing"),
        ("seal", "seal seals sealed sealing"),
        ("cell", "cell cells celled celling"),
        ("bow", "bow bows bowed bowing"),
        ("box", "box boxes boxed boxing"),
        ("fly", "fly flies flew flown flying"),
        ("play", "play plays played playing"),
        ("party", "party parties partied partying"),
        ("agree", "agree agrees agreed agreeing"),
        ("tie", "tie ties tied tying"),
        ("potato", "potato potatos potatoes potatoed potatoing"),
        ("mouse", "mouse mice mouses"),
        ("Spring", "spring springs sprang sprung springing"),
        ("at", "at"),
        ("straße", "straße"),
        ("4x4", "4x4"),
    ],
)
def test_english_inflections(word: str, expected: str) -> None:
    assert inflections(word) == tuple(expected.split())


def test_inflected_forms_count_only_if_wished() -> None:
    text = "Bats were batting; the bat's BATTED, not batty."
    assert forms(text, "bat") == ["bat"]
    assert forms(text, "bat", inflected=True) == ["Bats", "batting", "bat", "BATTED"]
    assert forms("Mice, a mouse.", "mouse", inflected=True) == ["Mice", "mouse"]
    assert forms("岸边", "岸", inflected=True) == ["岸"]


@pytest.mark.parametrize("word", ["", " \n"])
def test_an_empty_word_is_refused(word: str) -> None:
    sentences = [LabelledSentence("A bank.")]
    for ask in (find_occurrences, not_found_message):
        with pytest.raises(ValueError, match="the word is empty"):
            ask(sentences, word) if ask is find_occurrences else ask(word, sentences)
    with pytest.raises(ValueError, match="the word is empty"):
        inflections(word)


def test_a_word_that_is_not_there_is_told_what_would_be_found() -> None:
    sentences = [LabelledSentence("Mice and mice."), LabelledSentence("The Riverbank, the mice.")]
    message = not_found_message("mouse", sentences)
    assert "'mouse' does not occur in the 2 sentences" in message
    assert "with inflected forms there would be 3 occurrences (mice)" in message
    assert "similar words that do: riverbank" in not_found_message("riverbanc", sentences)
    message = not_found_message("zebra", sentences[:1], inflected=True)
    assert "'zebra' or a form of it does not occur in the sentence;" in message
    assert "check its spelling" in message
    assert "no sentence to look for 'mouse' in" in not_found_message("mouse", [])
