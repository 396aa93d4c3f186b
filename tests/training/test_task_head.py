"""Training a head: it learns what can be learned, and says what cannot be."""

from itertools import product

import numpy as np
import pytest
import torch

from bert_core.cancel import Cancelled
from bert_core.checkpoint.head_file import WHOLE
from bert_core.model.task_head import class_logits
from bert_core.outputs import LabelledSentence
from bert_core.training import head_fit
from bert_core.training.head_arguments import HeadArguments
from bert_core.training.head_report import tfidf_answers
from bert_core.training.task_head import check_examples, make_folds, train_head
from tests.checkpoint.heads import encoder

WORDS = ("old", "long", "very", "town", "fish", "by", "in", "the")
EXAMPLES = [
    LabelledSentence(f"the {noun} {word} {more}", noun)
    for noun, word, more in product(("river", "boat"), WORDS, ("sea", "water"))
]
FEW = EXAMPLES[:6] + EXAMPLES[-6:]


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_it_learns_a_word_that_gives_the_class_away(pooling: str) -> None:
    base = encoder()
    before = {name: tensor.clone() for name, tensor in base.model.state_dict().items()}
    trained = train_head(base, EXAMPLES, HeadArguments(pooling=pooling, rate=1e-2, epochs=5))
    assert trained.scores.texts == len(EXAMPLES) and trained.scores.accuracy >= 0.9
    assert trained.head.facts.pooling == pooling and trained.head.facts.labels == ("boat", "river")
    assert all(torch.equal(before[name], one) for name, one in base.model.state_dict().items())


def test_the_head_that_is_saved_reads_vectors_as_they_are() -> None:
    """The scale that training works with is folded into the head's first layer."""
    trained = train_head(encoder(), EXAMPLES, HeadArguments(rate=1e-2, epochs=8))
    head = trained.head
    rows = [head.checkpoint.tokenizer.encode(one.text, None, 40).ids for one in EXAMPLES]
    answers = class_logits(head.model, rows, head.checkpoint.tokenizer.pad_id).argmax(axis=1)
    right = [head.facts.labels[at] == one.label for at, one in zip(answers, EXAMPLES, strict=True)]
    assert np.mean(right) >= 0.95


@pytest.mark.parametrize(("layers", "changed"), [(1, {"1"}), (WHOLE, {"0", "1"})])
def test_only_the_layers_asked_for_learn(layers: int, changed: set[str]) -> None:
    base = encoder()
    trained = train_head(base, EXAMPLES, HeadArguments(layers=layers, epochs=1, body_rate=1e-2))
    old, new = base.model.state_dict(), trained.head.model.state_dict()
    moved = {name for name in new if name in old and not torch.equal(old[name], new[name])}
    assert {name.split(".")[2] for name in moved if name.startswith("encoder.")} == changed
    assert any(name.startswith("embeddings.") for name in moved) == (layers == WHOLE)
    assert trained.sizes is None and trained.scores.texts < len(EXAMPLES)


def test_the_same_seed_gives_the_same_head() -> None:
    first, second = (train_head(encoder(), FEW, HeadArguments(epochs=2)) for _ in range(2))
    assert first.scores.loss == second.scores.loss
    weights = [one.head.model.task.dense.weight for one in (first, second)]
    assert torch.equal(*weights)


def test_every_example_of_a_small_set_is_tested_by_a_head_that_did_not_see_it() -> None:
    truths = [0, 1] * 6 + [2, 2]
    folds, _ = make_folds(truths, 0, HeadArguments())
    assert sorted(at for _, test in folds for at in test) == list(range(len(truths)))
    for train, test in folds:
        assert not set(train) & set(test)
        assert {truths[at] for at in train} == {0, 1, 2}


def test_a_part_of_its_own_is_tested_on_and_not_learned_from() -> None:
    (fold,), _ = make_folds([0, 1, 0, 1], 3, HeadArguments())
    assert fold == ([0, 1, 2, 3], [4, 5, 6])


def test_the_curve_over_examples_ends_with_all_of_them() -> None:
    sizes = train_head(encoder(), FEW, HeadArguments(epochs=2)).sizes
    assert sizes is not None and sizes.sizes[0] == 4
    assert sizes.sizes[-1] >= len(FEW) * 3 // 5
    assert len(sizes.head) == len(sizes.baseline) == len(sizes.sizes)


def test_a_bag_of_words_learns_and_survives_texts_without_words() -> None:
    assert tfidf_answers(["fish boat", "river sea"], [0, 1], ["a boat", "the sea"]) == [0, 1]
    assert tfidf_answers(["?", "!", "…"], [1, 1, 0], ["?"]) == [1]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["a", "a", "a", "a"], "all examples have the label 'a'"),
        (["a", None, "b", "b"], r"1 of 4 examples have no label \(numbers 2\)"),
        ([None] * 4, "no example has a label"),
        (["a", "b", "b"], "at least 4"),
        (["a", "a", "b", "b", "c"], "'c' stands at one example alone"),
        ([str(at // 2) for at in range(120)], "60 different labels"),
    ],
)
def test_examples_that_cannot_be_learned_from_are_named(
    labels: list[str | None], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        check_examples([LabelledSentence("a text", label) for label in labels])


def test_a_loss_that_is_no_number_ends_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> torch.Tensor:
        return torch.full((), torch.nan, requires_grad=True)

    monkeypatch.setattr(head_fit.F, "cross_entropy", broken)
    with pytest.raises(ValueError, match="no number any more in pass 1; lower the learning rate"):
        train_head(encoder(), FEW, HeadArguments())


def test_it_can_be_stopped() -> None:
    with pytest.raises(Cancelled):
        train_head(encoder(), FEW, HeadArguments(), cancelled=lambda: True)


@pytest.mark.parametrize(
    ("field", "value"),
    [("pooling", "max"), ("layers", -2), ("batch", 0), ("rate", 0.0), ("dropout", 1.0)],
)
def test_settings_out_of_range_are_named(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=field):
        HeadArguments(**{field: value})  # type: ignore[arg-type]
