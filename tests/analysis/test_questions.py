"""What is asked, and the log-probability of its answer."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from bert_core.analysis.encoding import tokenise
from bert_core.analysis.questions import (
    embed,
    log_probabilities,
    masked_word_question,
    next_sentence_question,
    own_positions,
)
from bert_core.checkpoint.load import Checkpoint
from tests.analysis.conftest import Reference
from tests.model.tiny import random_model

TEXT, PAIR = "The old river flows to the sea.", "It has boats."
PLACE = 3
Without = Callable[..., Checkpoint]


def test_the_word_that_stands_there_is_hidden_and_watched(
    bert: Checkpoint, reference: Reference
) -> None:
    question = masked_word_question(bert, tokenise(bert, TEXT), PLACE)
    shown = list(question.encoding.ids)
    assert question.encoding.tokens[PLACE] == "river"
    shown[PLACE] = bert.tokenizer.mask_id
    assert question.shown_ids == tuple(shown)
    assert (question.kind, question.position, question.answer) == ("masked word", PLACE, "river")
    assert question.answer_id == bert.tokenizer.token_to_id("river")
    chance = reference.probabilities(shown)[PLACE, question.answer_id].item()
    assert question.probability == pytest.approx(chance, abs=1e-6)


@pytest.mark.parametrize("word", ["[MASK]", "zebra"])
def test_where_no_word_is_known_the_best_guess_is_watched(
    bert: Checkpoint, reference: Reference, word: str
) -> None:
    encoding = tokenise(bert, f"the old {word} flows to the [MASK]")
    assert encoding.tokens[PLACE] in ("[MASK]", "[UNK]")
    question = masked_word_question(bert, encoding, PLACE)
    shown = [*encoding.ids[:PLACE], bert.tokenizer.mask_id, *encoding.ids[PLACE + 1 :]]
    assert question.shown_ids == tuple(shown), "a [MASK] that was typed elsewhere stays"
    row = reference.probabilities(shown)[PLACE]
    assert question.answer_id == row.argmax().item()
    assert question.answer == bert.tokenizer.id_to_token(question.answer_id)
    assert question.probability == pytest.approx(row.max().item(), abs=1e-6)


@pytest.mark.parametrize(
    ("answer", "token"),
    [("Town", "town"), (" sea ", "sea"), ("##ing", "##ing"), ("[MASK]", "[MASK]")],
)
def test_an_answer_may_be_any_one_token(
    bert: Checkpoint, reference: Reference, answer: str, token: str
) -> None:
    question = masked_word_question(bert, tokenise(bert, TEXT), PLACE, answer)
    assert question.answer == token
    assert question.answer_id == bert.tokenizer.token_to_id(token)
    chance = reference.probabilities(question.shown_ids)[PLACE, question.answer_id].item()
    assert question.probability == pytest.approx(chance, abs=1e-6)


def test_a_place_may_be_in_the_second_text(bert: Checkpoint, reference: Reference) -> None:
    encoding = tokenise(bert, TEXT, PAIR)
    place = encoding.tokens.index("has")
    assert encoding.segment_ids[place] == 1
    question = masked_word_question(bert, encoding, place)
    row = reference.probabilities(question.shown_ids, encoding.segment_ids)[place]
    assert question.answer == "has"
    assert question.probability == pytest.approx(row[question.answer_id].item(), abs=1e-6)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("boats", r"'boats' is 2 tokens to the model \(boat ##s\).*choose a word that is one"),
        ("the sea", r"'the sea' is 2 tokens to the model \(the sea\)"),
        ("zebra", "'zebra' is not in the model's vocabulary"),
        ("[UNK]", r"'\[UNK\]' is not in the model's vocabulary"),
        ("boat zebra", "'boat zebra' is not in"),
        ("", "there is no word"),
        (" \n", "there is no word"),
    ],
)
def test_an_answer_that_is_not_one_token_is_refused(
    bert: Checkpoint, answer: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        masked_word_question(bert, tokenise(bert, TEXT), PLACE, answer)


@pytest.mark.parametrize("place", [0, 9, 13, 14, 15, 16, -1, -2, 500])
def test_only_the_texts_own_tokens_can_be_hidden(bert: Checkpoint, place: int) -> None:
    encoding = tokenise(bert, TEXT, PAIR)
    assert [at for at, word in enumerate(encoding.word_ids) if word is None] == [0, 9, 15]
    if place not in (13, 14):
        with pytest.raises(ValueError, match=f"position {place} cannot be hidden.*from 1 to 14"):
            masked_word_question(bert, encoding, place)
    else:
        assert masked_word_question(bert, encoding, place).position == place


def test_a_model_without_the_head_says_so(without: Without) -> None:
    bare = without("pooler", "nsp")
    with pytest.raises(ValueError, match="bare has no masked-word head.*'bundled'"):
        masked_word_question(bare, tokenise(bare, TEXT), PLACE)
    with pytest.raises(ValueError, match="bare has no next-sentence head.*'bundled'"):
        next_sentence_question(without("mlm"), TEXT, PAIR)


def test_does_it_follow(bert: Checkpoint, reference: Reference) -> None:
    question = next_sentence_question(bert, TEXT, PAIR)
    encoding = tokenise(bert, TEXT, PAIR)
    assert question.encoding == encoding and question.shown_ids == encoding.ids
    assert (question.kind, question.position) == ("next sentence", 0)
    assert (question.answer_id, question.answer) == (0, "B follows A")
    with torch.inference_mode():
        logits = reference.pairs(
            torch.tensor([encoding.ids]), token_type_ids=torch.tensor([encoding.segment_ids])
        ).logits
    assert question.probability == pytest.approx(logits.softmax(-1)[0, 0].item(), abs=1e-6)
    with pytest.raises(ValueError, match="sentence B is empty"):
        next_sentence_question(bert, TEXT, " ")


def test_own_positions_leave_out_the_place_and_what_was_added(bert: Checkpoint) -> None:
    encoding = tokenise(bert, "a boat", "the [MASK]")
    assert own_positions(masked_word_question(bert, encoding, 2)) == [1, 4, 5]
    assert own_positions(next_sentence_question(bert, "a boat", "the sea")) == [1, 2, 4, 5]


def test_log_probabilities_of_rows_with_the_place_elsewhere(
    bert: Checkpoint, reference: Reference
) -> None:
    question = masked_word_question(bert, tokenise(bert, "a boat"), 1, "river")
    mask = bert.tokenizer.mask_id
    rows = [[2, mask, 7, 9, 3], [2, 8, 6, mask, 3]]
    segments = [[0, 0, 0, 1, 1], [0, 0, 0, 0, 0]]
    found = log_probabilities(bert, question, embed(bert, question, rows, segments), [1, 3])
    for at, row, kinds, value in zip([1, 3], rows, segments, found.tolist(), strict=True):
        expected = reference.probabilities(row, kinds)[at, question.answer_id].log().item()
        assert value == pytest.approx(expected, abs=1e-5)


def test_the_question_as_it_is_asked_has_its_own_probability(bert: Checkpoint) -> None:
    word = masked_word_question(bert, tokenise(bert, TEXT), PLACE)
    for question in (word, next_sentence_question(bert, TEXT, PAIR)):
        (found,) = log_probabilities(bert, question, embed(bert, question)).exp().tolist()
        assert found == pytest.approx(question.probability, abs=1e-6)


def test_in_half_precision_all_answers_still_sum_to_one(bert: Checkpoint) -> None:
    model = random_model(bert.model.config, seed=5).to(torch.bfloat16)
    half = Checkpoint("half", model, bert.tokenizer, ())
    question = masked_word_question(half, tokenise(half, TEXT), PLACE)
    embedded, total = embed(half, question), 0.0
    for answer in range(model.config.vocab_size):
        found = log_probabilities(half, replace(question, answer_id=answer), embedded)
        assert found.dtype == torch.float32
        total += found.exp().item()
    assert total == pytest.approx(1, abs=1e-5)
