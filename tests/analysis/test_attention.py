"""Attention between tokens or words, with and without [CLS] and [SEP]."""

from dataclasses import replace

import numpy as np
import pytest

from bert_core.analysis.attention import as_units, attention_maps, difference
from bert_core.analysis.encoding import encode
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import EncoderResult, FloatArray
from tests.analysis.made import encoded, made

TEXT, PAIR = "Boats, fishing [MASK] the very old [SEP] river.", "It runs Zürich."


@pytest.fixture(scope="module")
def result(bert: Checkpoint) -> EncoderResult:
    return encode(bert, TEXT, PAIR, attention=True)


def test_tokens_are_the_model_s_own(bert: Checkpoint, result: EncoderResult) -> None:
    maps, encoding = as_units(result), result.encoding
    assert (maps.words, maps.special, maps.encoding) == (False, True, encoding)
    np.testing.assert_array_equal(maps.attention, result.attention)
    assert [unit.label for unit in maps.units] == [*encoding.tokens]
    assert [unit.positions for unit in maps.units] == [(at,) for at in range(len(encoding))]
    assert [unit.segment for unit in maps.units] == [*encoding.segment_ids]
    assert [unit.special for unit in maps.units] == [word is None for word in encoding.word_ids]


@pytest.mark.parametrize("special", [True, False])
@pytest.mark.parametrize("words", [True, False])
def test_rows_sum_to_1_and_one_call_makes_them(
    bert: Checkpoint, result: EncoderResult, words: bool, special: bool
) -> None:
    maps = attention_maps(bert, TEXT, PAIR, words, special)
    assert (maps.words, maps.special) == (words, special)
    assert maps.attention.dtype == np.float32 and maps.attention.min() > 0
    np.testing.assert_allclose(maps.attention.sum(-1), 1, atol=1e-6)
    switched = as_units(result, words, special)
    assert switched.units == maps.units
    np.testing.assert_array_equal(switched.attention, maps.attention)


def test_words_are_labelled_as_typed(result: EncoderResult) -> None:
    units = as_units(result, words=True).units
    assert [unit.label for unit in units] == [
        "[CLS]", "Boats", ",", "fishing", "[MASK]", "the", "very", "old", "[SEP]", "river", ".",
        "[SEP]", "It", "runs", "Zürich", ".", "[SEP]",
    ]  # fmt: skip
    assert units[1].positions == (1, 2) and units[3].positions == (4, 5)
    assert [place for unit in units for place in unit.positions] == [*range(len(result.encoding))]
    assert [at for at, unit in enumerate(units) if unit.special] == [0, 11, 16]
    assert [unit.segment for unit in units] == [0] * 12 + [1] * 5


@pytest.mark.parametrize("words", [True, False])
def test_only_what_the_tokenizer_added_is_left_out(result: EncoderResult, words: bool) -> None:
    every = as_units(result, words).units
    own = as_units(result, words, special=False).units
    assert own == tuple(unit for unit in every if not unit.special)
    assert [unit.label for unit in own].count("[SEP]") == 1, "the one that was typed"
    assert "[MASK]" in [unit.label for unit in own]


def test_attention_to_a_word_is_a_sum_and_from_it_a_mean() -> None:
    """On paper: [CLS] boat ##s the [SEP]."""
    rows = [
        [0.5, 0.1, 0.2, 0.1, 0.1],
        [0.0, 0.4, 0.2, 0.3, 0.1],
        [0.2, 0.1, 0.1, 0.1, 0.5],
        [0.1, 0.3, 0.4, 0.1, 0.1],
        [0.2, 0.2, 0.2, 0.2, 0.2],
    ]
    hand = made([[rows]], "boats the")
    maps = as_units(replace(hand, scores=np.log(hand.attention + 1e-9)), words=True)
    expected = [
        [0.5, 0.3, 0.1, 0.1],
        [0.1, 0.4, 0.2, 0.3],
        [0.1, 0.7, 0.1, 0.1],
        [0.2, 0.4, 0.2, 0.2],
    ]
    np.testing.assert_allclose(maps.attention, [[expected]], atol=1e-7)


@pytest.mark.parametrize("words", [True, False])
def test_without_special_tokens_the_rest_keeps_its_proportions(
    result: EncoderResult, words: bool
) -> None:
    every = as_units(result, words)
    own = [at for at, unit in enumerate(every.units) if not unit.special]
    left = every.attention[:, :, own][..., own]
    expected = left / left.sum(-1, keepdims=True)
    found = as_units(result, words, special=False).attention
    np.testing.assert_allclose(found, expected, atol=1e-6)


def _scored(scores: list[list[float]], text: str) -> EncoderResult:
    """One head with these scores, and with the softmax of them in float32."""
    given = np.array([[scores]], np.float32)
    powers = np.exp(given - given.max(-1, keepdims=True))
    attention: FloatArray = powers / powers.sum(-1, keepdims=True)
    return replace(made(attention, text), scores=given)


def test_a_row_that_leaves_nothing_to_ordinary_tokens_is_shared_out_as_the_model_does() -> None:
    """[CLS] boat ##s the [SEP]; 'boat' and 'the' look at [SEP] alone, as far as float32 goes."""
    quarter = np.log([0.5, 0.25, 0.25])
    scores = [[0.0] * 5 for _ in range(5)]
    scores[1] = [0, *quarter - 500, 0]
    scores[3] = [-900, *quarter - 500, 900]
    result = _scored(scores, "boats the")
    assert result.attention is not None and not result.attention[0, 0, [1, 3], 1:4].any()
    tokens = as_units(result, special=False).attention[0, 0]
    np.testing.assert_allclose(tokens[[0, 2]], [[0.5, 0.25, 0.25]] * 2, atol=1e-6)
    np.testing.assert_allclose(tokens[1], 1 / 3, atol=1e-6)
    words = as_units(result, words=True, special=False).attention[0, 0]
    np.testing.assert_allclose(words[1], [0.75, 0.25], atol=1e-6)
    assert words[0] == pytest.approx([2 / 3, 1 / 3]), "of its pieces '##s' alone gives anything"


def test_pieces_count_by_what_they_give_to_ordinary_tokens() -> None:
    """[CLS] boat ##s the [SEP]: 'boat' gives them 0.1 of its attention, '##s' 0.9."""
    rows = np.full((5, 5), 0.2)
    rows[1] = [0.5, 0.1, 0.0, 0.0, 0.4]
    rows[2] = [0.1, 0.0, 0.0, 0.9, 0.0]
    words = as_units(_scored(np.log(rows + 1e-12).tolist(), "boats the"), True, False)
    np.testing.assert_allclose(words.attention[0, 0, 0], [0.1, 0.9], atol=1e-6)


def test_one_token_looks_at_itself() -> None:
    hand = _scored([[3.0, 1, 2]] * 3, "sea")
    for words in (True, False):
        assert as_units(hand, words, special=False).attention.tolist() == [[[[1.0]]]]


def test_difference_is_the_second_less_the_first(bert: Checkpoint) -> None:
    first, second = (attention_maps(bert, text) for text in ("the old river", "the old sea"))
    change = difference(first, second)
    assert change.shape == first.attention.shape and change.dtype == np.float32
    np.testing.assert_allclose(first.attention + change, second.attention, atol=1e-7)
    np.testing.assert_allclose(change.sum(-1), 0, atol=1e-6)
    assert np.abs(change).max() > 1e-3


def test_what_cannot_be_compared_is_refused(bert: Checkpoint) -> None:
    first = attention_maps(bert, "the old river")
    with pytest.raises(ValueError, match="first text has 5 tokens, the second 4"):
        difference(first, attention_maps(bert, "the sea"))
    with pytest.raises(ValueError, match="first is of tokens, the second of words"):
        difference(first, attention_maps(bert, "the old river", words=True))
    fewer = replace(first, attention=first.attention[:1])
    with pytest.raises(ValueError, match=r"\(2, 4\) and \(1, 4\)"):
        difference(first, fewer)


def test_without_attention_or_text_there_is_no_map(bert: Checkpoint) -> None:
    with pytest.raises(ValueError, match="attention=True"):
        as_units(encode(bert, "the sea"))
    assert len(encoded("")) == 2
    with pytest.raises(ValueError, match="text is empty"):
        as_units(_scored([[0.0, 0.0]] * 2, ""), special=False)
    with pytest.raises(ValueError, match="text is empty"):
        attention_maps(bert, " ")
