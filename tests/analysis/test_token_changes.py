"""Tokens taken out and swapped: as if the other text had been typed."""

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from bert_core.analysis import token_changes
from bert_core.analysis.encoding import tokenise
from bert_core.analysis.questions import masked_word_question, next_sentence_question
from bert_core.analysis.token_changes import delete_each, swap
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import Question
from tests.analysis.conftest import POSITIONS

FIRST, SECOND = ["the", "old", "[MASK]", "flows", "to", "the", "sea"], ["it", "has", "fish", "."]


def asked(checkpoint: Checkpoint, words: list[str], second: list[str] | None = None) -> Question:
    """How likely is 'river' at the only [MASK]?"""
    pair = None if second is None else " ".join(second)
    encoding = tokenise(checkpoint, " ".join(words), pair)
    return masked_word_question(checkpoint, encoding, encoding.tokens.index("[MASK]"), "river")


@pytest.mark.parametrize("most", [1, 20, 4_096])
def test_without_a_token_it_is_the_text_without_that_word(
    bert: Checkpoint, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(token_changes, "MOST_TOKENS", most)
    question = asked(bert, FIRST)
    found = delete_each(bert, question)
    assert [one.position for one in found] == [1, 2, 4, 5, 6, 7], "not the place, not [CLS], [SEP]"
    for one in found:
        words = FIRST[: one.position - 1] + FIRST[one.position :]
        assert one.token == FIRST[one.position - 1] and one.replacement is None
        assert one.probability == pytest.approx(asked(bert, words).probability, rel=1e-5)
    chances = sorted(one.probability for one in found)
    assert min(b - a for a, b in zip(chances, chances[1:], strict=False)) > 1e-5 * chances[-1]


def test_a_token_of_a_pair_leaves_its_own_segment(bert: Checkpoint) -> None:
    hidden = ["it", "has", "[MASK]", "."]
    for first, second in ((FIRST, SECOND), (["a", "boat"], hidden)):
        words = [*first, *second]
        found = delete_each(bert, asked(bert, first, second))
        assert len(found) == len(words) - 1
        for one in found:
            at = one.position - (1 if one.position <= len(first) else 2)
            assert one.token in (words[at], "[UNK]")
            left = words[:at] + words[at + 1 :]
            ends = len(first) - (at < len(first))
            other = asked(bert, left[:ends], left[ends:])
            assert one.probability == pytest.approx(other.probability, rel=1e-5)


def test_so_for_the_next_sentence(bert: Checkpoint) -> None:
    question = next_sentence_question(bert, "a very old boat", "fish runs")
    found = {one.position: one.probability for one in delete_each(bert, question)}
    assert list(found) == [1, 2, 3, 4, 6, 7]
    for at, pair in ((2, ("a old boat", "fish runs")), (7, ("a very old boat", "fish"))):
        other = next_sentence_question(bert, *pair)
        assert found[at] == pytest.approx(other.probability, rel=1e-5)
    assert len(delete_each(bert, next_sentence_question(bert, "a", "b"))) == 2


def test_a_single_token_leaves_nothing_to_take_out(bert: Checkpoint) -> None:
    assert delete_each(bert, asked(bert, ["[MASK]"])) == ()


@pytest.mark.parametrize(
    ("position", "word", "put"),
    [
        (2, "long", ["long"]),
        (2, "Boats", ["boats"]),  # two pieces before the place
        (7, "town fishy", ["town", "fishy"]),  # three behind it
        (1, "[MASK]", ["[MASK]"]),
        (2, "##ing", None),
    ],
)
def test_with_another_word_it_is_the_text_with_that_word(
    bert: Checkpoint, position: int, word: str, put: list[str] | None
) -> None:
    found = swap(bert, asked(bert, FIRST), position, word)
    assert (found.position, found.token, found.replacement) == (
        position, FIRST[position - 1], word
    )  # fmt: skip
    words = FIRST[: position - 1] + (put or ["old"]) + FIRST[position:]
    encoding = tokenise(bert, " ".join(words))
    place = len(encoding) - 6 if position < 3 else 3
    expected = masked_word_question(bert, encoding, place, "river").probability
    assert (found.probability == pytest.approx(expected, rel=1e-5)) is (put is not None)


@pytest.mark.parametrize(
    ("position", "word", "message"),
    [
        (0, "long", "position 0 cannot be swapped"),
        (8, "long", "position 8 cannot be swapped"),
        (3, "long", "position 3 cannot be swapped.*other than the hidden one"),
        (-1, "long", "position -1 cannot be swapped"),
        (99, "long", "position 99 cannot be swapped"),
        (2, "", "there is no word"),
        (2, "zebra", "'zebra' is not in the model's vocabulary"),
        (2, "sea " * 60, f"is 60 tokens long, and the text fills the model's {POSITIONS}"),
    ],
)
def test_what_cannot_be_swapped_is_refused(
    bert: Checkpoint, position: int, word: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        swap(bert, asked(bert, FIRST), position, word)


def test_a_full_text_takes_a_word_of_one_token(bert: Checkpoint) -> None:
    question = asked(bert, ["[MASK]", *["sea"] * 100])
    assert len(question.shown_ids) == POSITIONS
    assert swap(bert, question, 9, "boat").probability > 0
    with pytest.raises(ValueError, match="'boats' is 2 tokens long"):
        swap(bert, question, 9, "boats")


@pytest.fixture
def tokens_seen(without: Callable[..., Checkpoint]) -> Iterator[tuple[Checkpoint, list[int]]]:
    """A checkpoint, and the tokens of every batch that went through its first layer."""
    checkpoint, seen = without("mlm"), list[int]()

    def note(module: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        seen.append(arguments[0].shape[0] * arguments[0].shape[1])

    handle = checkpoint.model.encoder.layers[0].register_forward_pre_hook(note)
    yield checkpoint, seen
    handle.remove()


def test_a_batch_holds_no_more_tokens_than_it_may(
    tokens_seen: tuple[Checkpoint, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint, seen = tokens_seen
    monkeypatch.setattr(token_changes, "MOST_TOKENS", 100)
    question = asked(checkpoint, ["[MASK]", *["sea"] * 29])
    seen.clear()
    found = delete_each(checkpoint, question)
    assert len(found) == 29 and len(seen) == 10 and max(seen) <= 100
    assert sum(seen) == 29 * 31, "no padding"
    assert not torch.is_inference(checkpoint.model.embeddings.token.weight)
