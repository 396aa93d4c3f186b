"""One row a word: the mean of its pieces, whatever else is in the batch."""

import numpy as np
import pytest

from bert_core.analysis.vectors import Target, embed
from bert_core.checkpoint.load import Checkpoint
from bert_core.index import words
from bert_core.index.words import embed_words, words_of

TEXTS = ["The fishings, boats.", "", "sea", "  the   long old river runs. ", "a zebra [SEP] by 日"]


def spelt(bert: Checkpoint, text: str, limit: int = 40) -> list[str]:
    encoding = bert.tokenizer.encode(text, max_tokens=limit)
    silent = bert.tokenizer.special_ids - {bert.tokenizer.unk_id}
    return [encoding.text[word.start : word.end] for word in words_of(encoding, silent)]


def test_words_are_whole_and_special_tokens_are_none(bert: Checkpoint) -> None:
    assert spelt(bert, TEXTS[0]) == ["The", "fishings", ",", "boats", "."]
    assert spelt(bert, TEXTS[1]) == []
    assert spelt(bert, TEXTS[4]) == ["a", "zebra", "by", "日"]
    assert spelt(bert, "sea[MASK]sea sea") == ["sea", "sea", "sea"]


def test_a_word_cut_by_the_positions_is_left_out(bert: Checkpoint) -> None:
    assert spelt(bert, "the sea boats", 5) == ["the", "sea"]
    assert spelt(bert, "the sea boats", 6) == ["the", "sea", "boats"]
    assert spelt(bert, "the sea boat", 4) == ["the", "sea"]
    assert spelt(bert, "the sea. a", 4) == ["the", "sea"]


@pytest.mark.parametrize("batch_tokens", [1, 12, 4_096])
def test_vectors_are_those_of_one_word_at_a_time(
    bert: Checkpoint, monkeypatch: pytest.MonkeyPatch, batch_tokens: int
) -> None:
    monkeypatch.setattr(words, "BATCH_TOKENS", batch_tokens)
    found = embed_words(bert, TEXTS, (0, 2))
    targets = [
        Target(encoding.text, word.start, word.end)
        for encoding, each in zip(found.encodings, found.words, strict=True)
        for word in each
    ]
    expected = embed(bert, targets)
    expected /= np.linalg.norm(expected, axis=-1, keepdims=True)
    assert list(found.vectors) == [0, 2] and len(targets) == 16
    for layer, vectors in found.vectors.items():
        assert vectors.dtype == np.float16
        np.testing.assert_allclose(vectors.astype(np.float32), expected[:, layer], atol=1e-3)


def test_what_is_left_out_is_counted(bert: Checkpoint) -> None:
    found = embed_words(bert, ["sea " * 50, "sea"], (1,))
    assert [len(each) for each in found.words] == [38, 1]
    assert found.left_out == 12 and found.tokens == 43


def test_texts_without_words_have_no_vectors(bert: Checkpoint) -> None:
    assert embed_words(bert, ["", " "], (1,)).vectors[1].shape == (0, 32)
