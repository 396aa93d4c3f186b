"""A word where a dictionary uses it: before the definition, and in every example."""

import pytest

from bert_core.outputs import WordSense
from bert_core.words.uses import Use, sense_uses


def marked(use: Use) -> str:
    return f"{use.text[: use.start]}[{use.text[use.start : use.end]}]{use.text[use.end :]}"


@pytest.mark.parametrize(
    ("part", "shown"),
    [("noun", "the [bank]: sloping land."), ("verb", "to [bank]: sloping land."),
     ("adjective", "[bank]: sloping land.")],
)  # fmt: skip
def test_the_headword_stands_before_its_definition(part: str, shown: str) -> None:
    sense = WordSense("n-1", part, ("bank",), "sloping land", ())
    assert [marked(use) for use in sense_uses("bank", sense)] == [shown]


def test_examples_count_with_every_form_and_place_and_a_form_is_taken_to_its_spelling() -> None:
    examples = ("a bank of the river, and its banks", "nothing here", "banking on it")
    sense = WordSense("n-1", "noun", ("depository", "bank"), "sloping land", examples)
    assert [marked(use) for use in sense_uses("Banks", sense)] == [
        "the [bank]: sloping land.",
        "a [bank] of the river, and its banks",
        "a bank of the river, and its [banks]",
        "[banking] on it",
    ]
