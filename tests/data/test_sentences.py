"""Sentences: split where they end, cleaned, and only prose is kept."""

import pytest

from bert_core.data.sentences import is_prose, prose_sentences, repair_mojibake, split_sentences


@pytest.mark.parametrize(
    "sentences",
    [
        ["Mr. Smith met Dr. J. R. Jones at 5 p.m. on Jan. 3.", "They spoke."],
        ["He left the U.S. Senate.", "It was late."],
        ["She lives in the U.S.", "The house is small."],
        ["“Come in,” he said.", "“Sit down!”", "She sat."],
        ['"Who is it?"', "No answer came.", "'Is it you?'"],
        ["It cost $3.50 per head, i.e. little.", "2,000 people came."],
        ["Where is he?", "Gone!", "I waited... and waited."],
        ["See No. 7 of the series.", "He said no.", "We went."],
        ["It was not I.", "The others did it."],
    ],
)
def test_splitter_finds_exactly_these_sentences(sentences: list[str]) -> None:
    assert split_sentences(" ".join(sentences)) == sentences


def test_splitter_normalises_space_entities_and_mojibake() -> None:
    assert split_sentences("Fish &amp; chips \n\t cost £3 .Then") == ["Fish & chips cost £3 .Then"]
    assert split_sentences("It ended.Then came\u200b rain .") == ["It ended.", "Then came rain."]
    assert repair_mojibake("â€œCostâ€\x9d of Â£5") == "“Cost” of £5"
    assert repair_mojibake("Château für Ärzte") == "Château für Ärzte"


@pytest.mark.parametrize(
    "text",
    [
        "No ending here",
        "Too short.",
        "See https://example.org for more of this.",
        "The formula \ufffd has gone missing.",
        "This [[File:a.jpg|thumb is markup.",
        "and so it went on.",
        "12 34 56 78 90 12 34 a.",
    ],
)
def test_what_is_not_prose_is_left_out(text: str) -> None:
    assert not is_prose(text)
    assert prose_sentences(f"{text}\n") == []


def test_prose_is_kept_without_its_bullet() -> None:
    assert prose_sentences("- The cat sat on the mat.") == ["The cat sat on the mat."]
