"""Uses of words in a text of one's own: which, where, and how many."""

import pytest

from bert_core.data import text_uses as tu
from bert_core.data.documents import Document
from bert_core.data.text_uses import text_uses

LONG = "word " * tu.LONGEST + "bank bank."
TEXT = [
    Document("a", "own", ("The bank lent him money.", "A bank by the river, a BANK.", LONG)),
    Document("b", "own", ("Money for the river.", "He saw an owl.", "It is 1st in it.")),
]


def test_every_use_of_a_word_in_two_sentences_is_a_sense_of_its_own() -> None:
    found = text_uses(TEXT)
    assert sorted(found) == ["bank", "money", "river", "the"], "seen once, short or no word: not"
    for word, senses in found.items():
        assert [len(sense.uses) for sense in senses] == [1] * len(senses)
        assert len({sense.topic for sense in senses}) == len(senses), "each is told from the others"
        for use in (sense.uses[0] for sense in senses):
            assert use.text[use.start : use.end].lower() == word
    texts = [sense.uses[0].text for sense in found["bank"]]
    assert texts == list(TEXT[0].sentences[:2]), "once a sentence, and none too long"


def test_words_are_left_out_and_uses_drawn_by_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tu, "MOST_USES", 3)
    many = [Document("m", "own", tuple(f"the owl number {number}x." for number in range(50)))]
    found = text_uses(many, {"owl"})
    assert sorted(found) == ["number", "the"]
    assert len(found["the"]) == 3
    assert found == text_uses(many, {"owl"}) and found != text_uses(many, {"owl"}, seed=1)
    with pytest.raises(ValueError, match="stands in two short sentences"):
        text_uses(TEXT, {"bank", "money", "river", "the"})


def test_the_commonest_words_of_a_real_text_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tu, "TOO_COMMON", 1)
    assert sorted(text_uses(TEXT)) == ["bank", "money", "river"]
