"""Batches: every row once, no more tokens than asked for, padding marked."""

from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from bert_core.data.batching import RowBatch, batch_rows, packed_rows
from bert_core.data.sentence_pairs import IS_NEXT, IS_RANDOM, NO_LABEL, Row

PAD = 77


def some_rows(number: int, seed: int) -> list[Row]:
    """Rows of 2 to 64 tokens, in which the padding id occurs as a token too."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(number):
        size = int(rng.integers(2, 65))
        ids, segments = rng.integers(0, 100, size).tolist(), rng.integers(0, 2, size).tolist()
        made.append(Row(tuple(ids), tuple(segments), int(rng.choice([-100, 0, 1]))))
    return made


def unpacked(batch: RowBatch) -> list[Row]:
    """The rows of a batch, read back from its arrays."""
    numbers = np.zeros_like(batch.ids) if batch.rows is None else batch.rows
    places = [
        (line, np.flatnonzero((numbers[line] == number) & ~batch.padding[line]))
        for line in range(len(numbers))
        for number in range(numbers[line].max() + 1)
    ]
    return [
        Row(tuple(batch.ids[at].tolist()), tuple(batch.segment_ids[at].tolist()), int(label))
        for at, label in zip(places, batch.next_labels, strict=True)
    ]


@pytest.mark.parametrize("tokens", [64, 500, 10_000])
@pytest.mark.parametrize("window", [1, 100, 2_048])
def test_every_row_is_there_once_within_the_tokens(tokens: int, window: int) -> None:
    rows = some_rows(700, seed=1)
    batches = list(batch_rows(iter(rows), tokens, PAD, np.random.default_rng(2), window))
    assert Counter(row for batch in batches for row in unpacked(batch)) == Counter(rows)
    for batch in batches:
        assert 0 < batch.ids.size <= tokens
        assert batch.ids.shape == batch.segment_ids.shape == batch.padding.shape
        assert batch.next_labels.shape == batch.ids.shape[:1]
        assert batch.tokens == sum(len(row.ids) for row in unpacked(batch))


def test_padding_is_marked_and_stands_at_the_end() -> None:
    rows = [Row((5, PAD, 6), (0, 0, 1), IS_NEXT), Row((7,), (0,), NO_LABEL)]
    (batch,) = batch_rows(rows, 100, PAD)
    assert batch.ids.tolist() == [[5, PAD, 6], [7, PAD, PAD]]
    assert batch.segment_ids.tolist() == [[0, 0, 1], [0, 0, 0]]
    assert batch.padding.tolist() == [[False, False, False], [False, True, True]]
    assert batch.next_labels.tolist() == [IS_NEXT, NO_LABEL]
    assert batch.tokens == 4
    for batch in batch_rows(some_rows(300, seed=3), 500, PAD):
        assert (np.diff(batch.padding.astype(int), axis=1) >= 0).all()
        assert not batch.padding.all(0).any(), "no column is padding alone"


@pytest.mark.parametrize("tokens", [1_000, 8_192])
def test_there_is_little_padding(tokens: int) -> None:
    batches = list(batch_rows(some_rows(20_000, seed=4), tokens, PAD))
    size = sum(batch.ids.size for batch in batches)
    assert sum(batch.tokens for batch in batches) / size > 0.97


def test_the_seed_decides_the_order_and_nothing_else() -> None:
    def batches(seed: int | None) -> list[list[Row]]:
        rng = None if seed is None else np.random.default_rng(seed)
        return [unpacked(batch) for batch in batch_rows(some_rows(300, seed=5), 500, PAD, rng)]

    assert batches(6) == batches(6) and batches(None) == batches(None)
    assert batches(6) != batches(7)
    key = repr
    assert sorted(batches(6), key=key) == sorted(batches(7), key=key)
    widths = [len(batch[0].ids) for batch in batches(None)]
    assert widths == sorted(widths, reverse=True)


def test_no_rows_make_no_batch() -> None:
    assert list(batch_rows([], 100, PAD)) == []


@pytest.mark.parametrize("tokens", [64, 500, 10_000])
@pytest.mark.parametrize("window", [1, 100, 2_048])
def test_rows_that_share_lines_are_there_once_and_whole(tokens: int, window: int) -> None:
    rows = some_rows(700, seed=1)
    batches = list(packed_rows(iter(rows), tokens, PAD, np.random.default_rng(2), window))
    assert Counter(row for batch in batches for row in unpacked(batch)) == Counter(rows)
    for batch in batches:
        assert 0 < batch.ids.size <= tokens
        assert batch.tokens == sum(len(row.ids) for row in unpacked(batch))
        assert (np.diff(batch.padding.astype(int), axis=1) >= 0).all()
        if batch.rows is not None:
            steps = np.diff(batch.rows, axis=1)
            assert not batch.rows[:, 0].any() and ((steps == 0) | (steps == 1)).all()
            assert not steps[batch.padding[:, 1:]].any(), "padding counts with the last row"


def test_batches_of_shared_lines_have_one_shape_and_little_padding() -> None:
    batches = list(packed_rows(some_rows(20_000, seed=4), 1_024, PAD, window=10_000))
    shapes = Counter(batch.ids.shape for batch in batches)
    assert shapes[16, 64] >= len(batches) - 2, "but the last of each window"
    assert sum(batch.tokens for batch in batches) / sum(b.ids.size for b in batches) > 0.99
    assert batches[0].rows is None and not batches[0].padding.any(), "long rows stand alone"


def test_the_seed_decides_the_order_of_shared_lines() -> None:
    def first(seed: int | None) -> list[Row]:
        rng = None if seed is None else np.random.default_rng(seed)
        return unpacked(next(packed_rows(some_rows(300, seed=5), 500, PAD, rng)))

    assert first(6) == first(6) != first(7)
    assert [len(row.ids) for row in first(None)][:2] == [64, 64]


def test_lines_are_no_longer_than_the_longest_row() -> None:
    rows = [Row((7,) * size, (0,) * size, NO_LABEL) for size in (2, 5, 3, 1)]
    (batch,) = packed_rows(rows, 100, PAD)
    assert batch.ids.shape == (3, 5) and batch.rows is not None
    assert batch.rows.tolist() == [[0] * 5, [0] * 5, [0, 0, 0, 1, 1]]
    assert batch.padding.sum() == 4
    assert list(packed_rows([], 100, PAD)) == []


@pytest.mark.parametrize("make", [batch_rows, packed_rows])
def test_a_row_longer_than_a_batch_is_refused(make: Callable[..., Iterator[RowBatch]]) -> None:
    rows = [Row((1,) * 9, (0,) * 9, IS_RANDOM)]
    with pytest.raises(ValueError, match="row of 9 tokens is longer than a batch of 8"):
        list(make(rows, 8, PAD))
