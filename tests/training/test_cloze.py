"""Sentences with a gap: the project's own are sound, and a guess is scored for what it is."""

from collections import Counter

import pytest
import torch
from torch import Tensor

from bert_core.checkpoint.load import Checkpoint, load_tokenizer
from bert_core.data.cloze import KINDS, Cloze, cloze_sentences
from bert_core.training.cloze import cloze_scores
from tests.model.tiny import VOCABULARY, random_model, tiny_config, tiny_tokenizer


def guessing(*words: str) -> Checkpoint:
    """A model whose guesses are these words in this order, whatever it reads."""
    model = random_model(tiny_config(), 3)
    order = torch.zeros(len(VOCABULARY))
    for worth, word in enumerate(reversed(words), 1):
        order[VOCABULARY.index(word)] = worth

    def answer(hidden: Tensor) -> Tensor:
        return order.expand(len(hidden), -1)

    assert model.mlm is not None
    model.mlm.forward = answer  # type: ignore[method-assign]
    return Checkpoint("tiny", model, tiny_tokenizer(), ())


def test_the_projects_sentences_can_be_asked() -> None:
    sentences, tokenizer = cloze_sentences(), load_tokenizer("bundled")
    assert len(sentences) >= 200 and len({one.sentence for one in sentences}) == len(sentences)
    assert set(Counter(one.kind for one in sentences)) == set(KINDS)
    assert min(Counter(one.kind for one in sentences).values()) >= 50
    for one in sentences:
        assert tokenizer.encode(one.sentence).tokens.count("[MASK]") == 1, one
        assert one.answers and len(set(one.answers)) == len(one.answers)
        whole = [word for word in one.answers if tokenizer.pieces(word) == (word,)]
        assert whole, f"no answer is one token: {one}"


def test_first_among_five_and_copied_are_told_apart() -> None:
    asked = [
        Cloze("the river flows to the [MASK] .", ("sea",), "fact"),
        Cloze("a [MASK] runs by the river .", ("boat", "river"), "idiom"),
        Cloze("a [MASK] by the town .", ("fish",), "copying"),
    ]
    found = cloze_scores(guessing("river", "sea", "boat", "the", "a", "fish"), asked)
    assert list(found) == ["all", *KINDS]
    assert found["all"].sentences == 3 and found["grammar"].sentences == 0
    assert (found["fact"].top1, found["fact"].top5, found["fact"].copied) == (0, 1, 1)
    assert (found["idiom"].top1, found["idiom"].copied) == (1, 0), "it fits, so it is no copy"
    assert (found["copying"].top5, found["copying"].copied) == (0, 0), "the sixth is too late"
    assert found["all"].top1 == pytest.approx(1 / 3)


def test_a_model_without_the_head_is_refused() -> None:
    bert = Checkpoint("body", random_model(tiny_config(), 3, ()), tiny_tokenizer(), ())
    with pytest.raises(ValueError, match="body has no masked-word head"):
        cloze_scores(bert)
