"""Does B follow A?"""

import numpy as np
import pytest
import torch

from bert_core.analysis import sentence_pairs
from bert_core.analysis.sentence_pairs import (
    against_random,
    judge_pairs,
    next_sentence,
    pair_changes,
    pair_words,
)
from bert_core.cancel import Cancelled
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import HeldOutSentence
from bert_core.outputs.sentence_pairs import sigmoid
from tests.analysis.conftest import POSITIONS, Reference

PAIRS = [
    ("The old river flows.", "It has fish."),
    ("a boat", "very long water runs to the sea"),
    ("sea " * 50, "town " * 60),
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_the_answer_equals_transformers(
    bert: Checkpoint, reference: Reference, first: str, second: str
) -> None:
    answer = next_sentence(bert, first, second)
    ids, segments = answer.encoding.ids, answer.encoding.segment_ids
    assert len(ids) <= POSITIONS and set(segments) == {0, 1}
    with torch.inference_mode():
        expected = reference.pairs(torch.tensor([ids]), token_type_ids=torch.tensor([segments]))
    follows, random = expected.logits[0].tolist()  # 0 is "B follows A" in the published head
    assert abs(follows - random) > 1e-3, "the order of the logits could not be told"
    assert answer.logits == pytest.approx((follows, random), abs=1e-5)
    chance = expected.logits.softmax(-1)[0, 0].item()
    assert answer.is_next_probability == pytest.approx(chance, abs=1e-5)


def test_the_order_of_the_sentences_counts(bert: Checkpoint) -> None:
    first, second = PAIRS[0]
    there, back = next_sentence(bert, first, second), next_sentence(bert, second, first)
    assert there.logits != pytest.approx(back.logits, abs=1e-4)


@pytest.mark.parametrize(
    ("first", "second", "name"), [("", "b", "A"), (" \n", "b", "A"), ("a", "", "B"), ("", "", "A")]
)
def test_an_empty_sentence_is_named(bert: Checkpoint, first: str, second: str, name: str) -> None:
    with pytest.raises(ValueError, match=f"sentence {name} is empty"):
        next_sentence(bert, first, second)


def test_a_model_without_the_head_says_so(without) -> None:
    with pytest.raises(ValueError, match="bare has no next-sentence head.*'bundled'"):
        next_sentence(without("pooler", "mlm"), "a boat", "a town")


def test_swapped_and_zeroed_are_what_they_say(bert: Checkpoint, reference: Reference) -> None:
    first, second = PAIRS[0]
    found = pair_changes(bert, first, second)
    assert found.given == next_sentence(bert, first, second)
    assert found.swapped == next_sentence(bert, second, first)
    ids = torch.tensor([found.given.encoding.ids])
    with torch.inference_mode():  # without segment ids, transformers takes 0 for all
        expected = reference.pairs(ids).logits[0]
    assert found.zeroed_logits == pytest.approx(expected.tolist(), abs=1e-5)
    assert found.zeroed_probability == pytest.approx(expected.softmax(-1)[0].item(), abs=1e-5)
    assert found.zeroed_logits != pytest.approx(found.given.logits, abs=1e-4)


def test_many_pairs_of_any_length_are_judged_as_each_alone(
    bert: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentence_pairs, "BATCH_TOKENS", 70)
    pairs = [*PAIRS, ("a", "b"), ("sea " * 9, "the town")]
    alone = [next_sentence(bert, *pair).logits for pair in pairs]
    np.testing.assert_allclose(judge_pairs(bert, pairs), alone, atol=1e-5)
    assert judge_pairs(bert, []).shape == (0, 2)


def test_b_stands_where_it_does_among_random_sentences(bert: Checkpoint) -> None:
    first = "The old river flows."
    words = "it has fish", "a boat", "the sea", "very long water", "the town by the river"
    sentences = [HeldOutSentence(f"toy/{at}", one) for at, one in enumerate(words)]
    alone = [next_sentence(bert, first, one).log_odds for one in words]
    best, worst = words[int(np.argmax(alone))], words[int(np.argmin(alone))]
    rest = [one for one in sentences if one.sentence != best]
    found = against_random(bert, first, best, rest)
    assert (found.below, found.percentile) == (4, 100)
    assert found.sentences == tuple(rest)
    kept = [score for score, one in zip(alone, words, strict=True) if one != best]
    np.testing.assert_allclose(found.log_odds, kept, atol=1e-5)
    np.testing.assert_allclose(found.probability, 1 / (1 + np.exp(-np.array(kept))), atol=1e-5)
    rest = [one for one in sentences if one.sentence != worst]
    assert against_random(bert, first, worst, rest).percentile == 0
    tie = against_random(bert, first, best, [HeldOutSentence("toy/0", best)])
    assert tie.percentile == 50, "what scores the same counts half"


def test_a_word_is_taken_out_with_all_its_pieces(bert: Checkpoint) -> None:
    found = pair_words(bert, "The boats run", "it has fishing boats.")
    assert [(one.segment, one.word, one.positions) for one in found.words] == [
        (0, "The", (1,)), (0, "boats", (2, 3)), (0, "run", (4,)),
        (1, "it", (6,)), (1, "has", (7,)), (1, "fishing", (8, 9)), (1, "boats", (10, 11)),
        (1, ".", (12,)),
    ]  # fmt: skip
    for taken, first, second in (
        (1, "The run", "it has fishing boats."), (5, "The boats run", "it has boats.")
    ):  # fmt: skip
        expected = next_sentence(bert, first, second)
        one = found.words[taken]
        assert one.logits == pytest.approx(expected.logits, abs=1e-5)
        assert one.is_next_probability == pytest.approx(expected.is_next_probability, abs=1e-5)
        carried = found.given.log_odds - expected.log_odds
        assert found.carried[taken] == pytest.approx(carried, abs=1e-5)


def test_a_word_alone_in_its_sentence_stays(bert: Checkpoint) -> None:
    found = pair_words(bert, "fish", "a boat")
    assert [one.word for one in found.words] == ["a", "boat"]
    nothing = pair_words(bert, "fish", "boats")
    assert nothing.words == () and nothing.carried.shape == (0,)


@pytest.mark.parametrize("question", [pair_changes, pair_words])
def test_bad_pairs_are_refused_by_all(bert: Checkpoint, without, question) -> None:
    with pytest.raises(ValueError, match="sentence B is empty"):
        question(bert, "a", "\x00 ")
    with pytest.raises(ValueError, match="bare has no next-sentence head"):
        question(without("pooler", "mlm"), "a boat", "a town")


def test_work_that_is_not_wanted_stops(bert: Checkpoint) -> None:
    asked: list[bool] = []

    def cancelled() -> bool:
        asked.append(True)
        return True

    with pytest.raises(Cancelled):
        pair_words(bert, "The old river", "it has fish", cancelled)
    assert asked == [True]


def test_probabilities_at_the_ends() -> None:
    assert sigmoid(0) == 0.5 and sigmoid(800) == 1 and sigmoid(-800) == 0
    assert sigmoid(-2) == pytest.approx(1 - sigmoid(2))
