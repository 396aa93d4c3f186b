"""15% of the places, of which 80% [MASK], 10% random, 10% kept; the same seed, the same masks."""

import numpy as np
import pytest

from bert_core.data.masking import (
    ACTIONS,
    BoolArray,
    IntArray,
    MaskedBatch,
    mask_batch,
    mask_encoding,
    mask_sequence,
)
from bert_core.outputs import MaskedPlace
from tests.model.tiny import tiny_tokenizer

MASK, VOCABULARY, SPECIAL = 4, 1_000, 5


def rows_of_words(rows: int, tokens: int, seed: int) -> tuple[IntArray, BoolArray]:
    """Ids of rows of all lengths from 0 words up, padded; and where there are words."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(SPECIAL, VOCABULARY, (rows, tokens))
    lengths = np.arange(rows) % (tokens - 1)
    place = np.arange(tokens)
    candidates = (place >= 1) & (place <= lengths[:, None])
    ids[:, 0] = 2
    return np.where(candidates | (place == 0), ids, 0), candidates


def masked(seed: int, rate: float = 0.15, rows: int = 400, tokens: int = 128) -> MaskedBatch:
    ids, candidates = rows_of_words(rows, tokens, seed=1)
    return mask_batch(ids, candidates, MASK, VOCABULARY, np.random.default_rng(seed), rate)


@pytest.mark.parametrize("rate", [0.01, 0.15, 0.2, 1.0])
def test_the_number_chosen_is_the_rate_rounded_and_at_least_one(rate: float) -> None:
    ids, candidates = rows_of_words(400, 128, seed=1)
    chosen = masked(seed=2, rate=rate).chosen.sum(1)
    for found, words in zip(chosen.tolist(), candidates.sum(1).tolist(), strict=True):
        assert found == (max(1, round(rate * words)) if words else 0)
    assert 0 in candidates.sum(1), "rows without a word are among them"


def test_special_tokens_and_padding_are_never_chosen_or_changed() -> None:
    ids, candidates = rows_of_words(400, 128, seed=1)
    for seed in range(5):
        batch = masked(seed)
        assert not (batch.chosen & ~candidates).any()
        assert (batch.ids == ids)[~batch.chosen].all()
        assert ((batch.actions >= 0) == batch.chosen).all()


def test_80_10_10() -> None:
    """Each share is within five standard deviations of a binomial of that many draws."""
    ids, _ = rows_of_words(4_000, 128, seed=1)
    batch = masked(seed=3, rows=4_000)
    number = batch.chosen.sum()
    assert number > 30_000
    for action, share in enumerate((0.8, 0.1, 0.1)):
        allowed = 5 * np.sqrt(share * (1 - share) / number)
        assert abs((batch.actions == action).sum() / number - share) < allowed, ACTIONS[action]
    assert (batch.ids[batch.actions == 0] == MASK).all()
    random = batch.ids[batch.actions == 1]
    assert 0 <= random.min() and random.max() < VOCABULARY and len(set(random.tolist())) > 900
    assert (random != ids[batch.actions == 1]).mean() > 0.99
    assert (batch.ids[batch.actions == 2] == ids[batch.actions == 2]).all()


def test_every_place_is_as_likely() -> None:
    ids, rows = np.full((1, 40), 9), 4_000
    batch = mask_batch(
        ids.repeat(rows, 0), np.ones((rows, 40), bool), MASK, VOCABULARY, np.random.default_rng(4)
    )
    share = batch.chosen.mean(0)
    assert abs(share - 0.15).max() < 5 * np.sqrt(0.15 * 0.85 / rows)


def test_the_same_seed_gives_the_same_masks_and_another_seed_others() -> None:
    first, second, other = masked(5), masked(5), masked(6)
    assert (first.ids == second.ids).all() and (first.actions == second.actions).all()
    assert (first.chosen != other.chosen).any() and (first.ids != other.ids).any()


def words_of_one_to_three(rows: int, tokens: int, seed: int) -> IntArray:
    starts = np.random.default_rng(seed).random((rows, tokens)) < 0.5
    starts[:, 2:] |= ~starts[:, 1:-1] & ~starts[:, :-2]
    return starts.cumsum(1)


def test_whole_words_are_never_split_and_fit_the_number() -> None:
    ids, candidates = rows_of_words(400, 128, seed=1)
    words = words_of_one_to_three(400, 128, seed=7)
    rng = np.random.default_rng(8)
    batch = mask_batch(ids, candidates, MASK, VOCABULARY, rng, words=words)
    multiple = filled = 0
    for chosen, row, names in zip(batch.chosen, candidates, words, strict=True):
        sizes = [(row & (names == name)).sum() for name in np.unique(names[row])]
        budget = max(1, round(0.15 * row.sum())) if row.any() else 0
        for name in np.unique(names[chosen]):
            of_word = row & (names == name)
            assert chosen[of_word].all(), "a word is hidden whole"
            multiple += of_word.sum() > 1
        assert not (chosen & ~row).any()
        assert chosen.sum() <= max(budget, min(sizes, default=0))
        assert chosen.any() == row.any()
        filled += chosen.sum() == budget
    assert multiple > 100 and filled > 300


def test_a_sequence_is_masked_as_in_a_batch() -> None:
    ids, candidates = rows_of_words(30, 40, seed=1)
    for words in (None, words_of_one_to_three(30, 40, seed=9)):
        for at in range(1, 30):
            row = None if words is None else words[at : at + 1]
            batch = mask_batch(
                ids[at : at + 1],
                candidates[at : at + 1],
                MASK,
                VOCABULARY,
                np.random.default_rng(at),
                words=row,
            )
            shown = batch.ids[0].tolist()
            places = tuple(
                MaskedPlace(place, int(ids[at, place]), shown[place], ACTIONS[action])
                for place, action in enumerate(batch.actions[0])
                if action >= 0
            )
            result = mask_sequence(
                ids[at].tolist(),
                candidates[at].tolist(),
                MASK,
                VOCABULARY,
                seed=at,
                words=None if row is None else row[0].tolist(),
            )
            assert result.ids == tuple(shown) and result.places == places and places
            assert (result.candidates, result.seed) == (candidates[at].sum(), at)


def test_a_typed_text_keeps_its_special_tokens_and_its_words() -> None:
    tokenizer = tiny_tokenizer()
    encoding = tokenizer.encode("rivers [MASK] fishing seas", "towns boats [SEP] mans")
    assert [encoding.tokens[i] for i in (1, 2)] == ["river", "##s"]
    for seed in range(30):
        for whole in (False, True):
            result = mask_encoding(encoding, tokenizer, seed, rate=0.5, whole_words=whole)
            assert result.candidates == 10
            chosen = {place.position for place in result.places}
            for place in result.places:
                assert encoding.ids[place.position] == place.original_id
                assert place.original_id not in tokenizer.special_ids
                if whole:
                    assert chosen >= set(encoding.word_positions(place.position))
            for at, (shown, original) in enumerate(zip(result.ids, encoding.ids, strict=True)):
                assert shown == original or at in chosen
    assert mask_encoding(encoding, tokenizer, 3) == mask_encoding(encoding, tokenizer, 3)


@pytest.mark.parametrize("rate", [0.0, -0.1, 1.01, float("nan")])
def test_a_rate_out_of_range_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="mask rate is .*above 0 and at most 1"):
        masked(seed=1, rate=rate, rows=3)


def test_a_text_without_a_word_is_refused() -> None:
    with pytest.raises(ValueError, match="no word to hide; type at least one"):
        mask_sequence([2, 3], [False, False], MASK, VOCABULARY, seed=1)
    with pytest.raises(ValueError, match="no word to hide"):
        mask_encoding(tiny_tokenizer().encode(""), tiny_tokenizer(), seed=1)


def test_spans_are_runs_of_whole_words_within_the_number() -> None:
    rng = np.random.default_rng(3)
    ids, candidates = rows_of_words(300, 128, seed=1)
    words = np.cumsum(rng.random(ids.shape) < 0.7, axis=1)
    got = mask_batch(
        ids, candidates, MASK, VOCABULARY, np.random.default_rng(4), 0.15, words, spans=True
    )
    budget = np.maximum(1, np.round(candidates.sum(1) * 0.15)) * (candidates.sum(1) > 0)
    lengths = []
    for chosen, may, names, most in zip(got.chosen, candidates, words, budget, strict=True):
        assert not (chosen & ~may).any()
        taken = np.unique(names[chosen])
        assert (np.isin(names, taken) & may == chosen).all(), "whole words"
        shortest = np.unique(names[may], return_counts=True)[1].min() if may.any() else 0
        assert chosen.sum() <= max(most, shortest)
        lengths += [len(run) for run in np.split(taken, np.flatnonzero(np.diff(taken) != 1) + 1)]
    assert got.chosen.sum() > 0.95 * budget.sum(), "nearly all of the number is used"
    assert 2.0 < np.mean(lengths) < 4.5, "3.8 words a run but for those the number cuts short"
    tokens = mask_batch(ids, candidates, MASK, VOCABULARY, np.random.default_rng(4), 0.15, words)
    alone = [
        len(run)
        for chosen, names in zip(tokens.chosen, words, strict=True)
        for taken in [np.unique(names[chosen])]
        for run in np.split(taken, np.flatnonzero(np.diff(taken) != 1) + 1)
    ]
    assert np.mean(alone) < 1.5, "words on their own stand alone"


def test_spans_do_not_reach_over_a_special_token() -> None:
    words = np.arange(9)[None]
    candidates = np.array([[False, True, True, True, False, True, True, True, False]])
    for seed in range(60):
        rng = np.random.default_rng(seed)
        chosen = mask_batch(words, candidates, MASK, VOCABULARY, rng, 0.5, words, True).chosen
        assert chosen.sum() == 3 and not chosen[0, [0, 4, 8]].any()
