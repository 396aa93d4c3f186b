"""Does B follow A?"""

import pytest
import torch

from bert_core.analysis.sentence_pairs import next_sentence
from bert_core.checkpoint.load import Checkpoint
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
