"""Masked words: the same numbers as `transformers`, and everything derived from them."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from bert_core.analysis.encoding import tokenise
from bert_core.analysis.predictions import (
    MOST_GUESSES,
    likeliest_position,
    masked_words,
    typed_masks,
)
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import MaskPrediction
from tests.analysis.conftest import Reference
from tests.model.tiny import VOCABULARY, random_model, tiny_config

EVERYTHING = len(VOCABULARY)
TEXT = "The old river flows to the sea."
TYPED = "the [MASK] river flows [MASK] the town"


def distribution(place: MaskPrediction) -> np.ndarray:
    """The probabilities of a place by id; asked for with top_k = EVERYTHING."""
    assert len(place.guesses) == EVERYTHING
    return np.array([guess.probability for guess in sorted(place.guesses, key=lambda g: g.id)])


def test_typed_masks_are_found(bert: Checkpoint) -> None:
    assert typed_masks(bert, tokenise(bert, TYPED)) == (2, 5)
    assert typed_masks(bert, tokenise(bert, TEXT)) == ()


@pytest.mark.parametrize(
    ("text", "hidden", "positions"),
    [
        (TYPED, {}, [2, 5]),
        (TEXT, {3: None}, [3]),
        (TEXT, {6: None, 1: None, 8: None}, [1, 6, 8]),
        (TYPED, {6: None}, [2, 5, 6]),
        (TEXT, {2: 9, 5: None}, [2, 5]),  # a random token is shown at 2
        (TEXT, {2: "keep"}, [2]),
        ("[MASK]", {}, [1]),
    ],
)
def test_probabilities_equal_transformers(
    bert: Checkpoint,
    reference: Reference,
    text: str,
    hidden: dict[int, int | str | None],
    positions: list[int],
) -> None:
    encoding = tokenise(bert, text)
    ids, asked = list(encoding.ids), dict[int, int | None]()
    for position, shown in hidden.items():
        asked[position] = encoding.ids[position] if shown == "keep" else shown  # type: ignore[assignment]
        ids[position] = VOCABULARY.index("[MASK]") if shown is None else asked[position]
    result = masked_words(bert, encoding, asked, top_k=EVERYTHING)
    assert result.encoding == encoding and list(result.masked_ids) == ids
    assert [place.position for place in result.predictions] == positions
    expected = reference.probabilities(ids).numpy()
    for place in result.predictions:
        np.testing.assert_allclose(distribution(place), expected[place.position], atol=1e-5)
        assert place.vocabulary == EVERYTHING
        best = place.guesses[0]
        top = expected[place.position].argmax()
        assert (best.id, best.token) == (top, VOCABULARY[top])


def test_the_second_text_of_a_pair_is_segment_b(bert: Checkpoint, reference: Reference) -> None:
    encoding = tokenise(bert, "the old town", "a [MASK] by the sea")
    (place,) = masked_words(bert, encoding, {}, top_k=EVERYTHING).predictions
    expected = reference.probabilities(encoding.ids, encoding.segment_ids)[place.position]
    np.testing.assert_allclose(distribution(place), expected.numpy(), atol=1e-5)
    other = reference.probabilities(encoding.ids)[place.position]
    assert not np.allclose(distribution(place), other.numpy(), atol=1e-4)


def test_the_top_k_are_the_likeliest_in_order(bert: Checkpoint, reference: Reference) -> None:
    encoding = tokenise(bert, TYPED)
    for k in (1, 5, EVERYTHING, MOST_GUESSES):
        for place in masked_words(bert, encoding, {}, top_k=k).predictions:
            order = reference.probabilities(encoding.ids)[place.position].argsort(descending=True)
            assert [guess.id for guess in place.guesses] == order[:k].tolist()
            assert [guess.rank for guess in place.guesses] == list(range(1, len(order[:k]) + 1))
            assert [guess.token for guess in place.guesses] == [VOCABULARY[i] for i in order[:k]]


def test_the_hidden_token_is_ranked_wherever_it_is(bert: Checkpoint, reference: Reference) -> None:
    encoding = tokenise(bert, TEXT)
    ranks = set()
    for position in range(1, len(encoding) - 1):
        (place,) = masked_words(bert, encoding, {position: None}, top_k=1).predictions
        shown = [*encoding.ids[:position], 4, *encoding.ids[position + 1 :]]
        chances = reference.probabilities(shown)[position]
        true = place.true
        assert true is not None
        assert (true.id, true.token) == (encoding.ids[position], encoding.tokens[position])
        assert true.rank == 1 + chances.argsort(descending=True).tolist().index(true.id)
        assert true.probability == pytest.approx(chances[true.id].item(), abs=1e-5)
        ranks.add(true.rank)
    assert len(ranks) > 3, "all hidden tokens rank alike: the ranks were hardly tested"


def test_a_typed_mask_has_no_true_token(bert: Checkpoint) -> None:
    result = masked_words(bert, tokenise(bert, TYPED), {1: None})
    assert [place.true is None for place in result.predictions] == [False, True, True]


def test_entropy_and_the_sum_of_the_softmax(bert: Checkpoint, reference: Reference) -> None:
    encoding = tokenise(bert, TYPED)
    (place, _) = masked_words(bert, encoding, {}, top_k=EVERYTHING).predictions
    with torch.inference_mode():
        logits = reference.masked(input_ids=torch.tensor([encoding.ids])).logits[0, 2]
    chances = logits.double().softmax(-1)
    assert place.entropy == pytest.approx(-(chances * chances.log2()).sum().item(), abs=1e-5)
    assert place.log_normaliser == pytest.approx(math.log(logits.double().exp().sum()), abs=1e-5)
    for guess in place.guesses:
        assert guess.logit == pytest.approx(logits[guess.id].item(), abs=1e-5)
        assert guess.probability == pytest.approx(math.exp(guess.logit - place.log_normaliser))


def test_equal_logits_rank_by_id(rigged: Callable[[Tensor], Checkpoint]) -> None:
    knows_nothing = rigged(torch.zeros(EVERYTHING))
    encoding = tokenise(knows_nothing, TEXT)
    (place,) = masked_words(knows_nothing, encoding, {3: None}, top_k=7).predictions
    assert [guess.id for guess in place.guesses] == list(range(7))
    assert [guess.rank for guess in place.guesses] == list(range(1, 8))
    assert place.entropy == pytest.approx(math.log2(EVERYTHING), abs=1e-5)
    assert place.true is not None and place.true.rank == 1 + encoding.ids[3]
    assert place.true.probability == pytest.approx(1 / EVERYTHING)


def test_rows_of_the_model_beyond_the_vocabulary_have_a_name(without) -> None:
    padded = without("mlm")
    model = random_model(tiny_config(vocab_size=EVERYTHING + 6), seed=6, heads=("mlm",))
    padded = Checkpoint("padded", model, padded.tokenizer, ())
    result = masked_words(padded, tokenise(padded, TYPED), {}, top_k=MOST_GUESSES)
    names = {guess.id: guess.token for guess in result.predictions[0].guesses}
    assert len(names) == EVERYTHING + 6 and names[EVERYTHING + 2] == f"[#{EVERYTHING + 2}]"


def test_a_model_without_the_head_says_so(without) -> None:
    bare = without("pooler", "nsp")
    with pytest.raises(ValueError, match="bare has no masked-word head.*'bundled'"):
        masked_words(bare, tokenise(bare, TYPED), {})


@pytest.mark.parametrize(
    ("hidden", "options", "message"),
    [
        ({}, {}, r"nothing is hidden; hide a word, or type \[MASK\]"),
        ({0: None}, {}, "position 0 cannot be hidden.*from 1 to 8"),
        ({9: None}, {}, "position 9 cannot be hidden"),
        ({10: None}, {}, "position 10 cannot be hidden"),
        ({-3: None}, {}, "position -3 cannot be hidden"),
        ({2: EVERYTHING}, {}, f"no token with the id {EVERYTHING}; ids go from 0 to 25"),
        ({2: -1}, {}, "no token with the id -1"),
        ({2: None}, {"top_k": 0}, "top_k is 0; it must be from 1 to 1000"),
        ({2: None}, {"top_k": -4}, "top_k is -4"),
        ({2: None}, {"top_k": 1001}, "top_k is 1001"),
    ],
)
def test_what_cannot_be_asked_is_named(
    bert: Checkpoint, hidden: dict[int, int | None], options: dict[str, int], message: str
) -> None:
    encoding = tokenise(bert, TEXT)
    assert len(encoding) == 10
    with pytest.raises(ValueError, match=message):
        masked_words(bert, encoding, hidden, **options)


def test_the_likeliest_place_is_that_of_the_highest_true_probability(bert: Checkpoint) -> None:
    encoding = tokenise(bert, "the river flows to the sea.")
    positions = [1, 2, 3, 5, 6]
    true = [
        masked_words(bert, encoding, {place: None}).predictions[0].true for place in positions
    ]
    chances = [one.probability for one in true if one is not None]
    assert likeliest_position(bert, encoding, positions) == positions[chances.index(max(chances))]
    with pytest.raises(ValueError, match="there is no position"):
        likeliest_position(bert, encoding, [])
