"""One sense or two, told by the likeness of two vectors."""

import numpy as np
import pytest

from bert_core.analysis import word_in_context as module
from bert_core.analysis.word_in_context import best_threshold, word_in_context
from bert_core.checkpoint.load import Checkpoint, load_checkpoint
from bert_core.data.sentence_sets import builtin_sentences, builtin_words
from bert_core.words.occurrences import find_occurrences
from bert_core.words.uses import Use, UsePair


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    return load_checkpoint("bundled", device="cpu")


def pair(word: str, first: str, second: str, same: bool) -> UsePair:
    places = [text.index(word) for text in (first, second)]
    uses = [
        Use(text, at, at + len(word)) for text, at in zip((first, second), places, strict=True)
    ]
    return UsePair(word, *uses, same)


def test_the_threshold_tells_most_pairs_right() -> None:
    alike = np.array([0.9, 0.2, 0.7, 0.4, 0.6], dtype=np.float32)
    same = np.array([True, False, True, True, False])
    threshold = best_threshold(alike, same)
    assert 0.2 < threshold < 0.4, "four of five; above 0.6 it would be four too, and is higher"
    assert best_threshold(alike, np.ones(5, dtype=bool)) == -np.inf
    assert best_threshold(alike, np.zeros(5, dtype=bool)) == np.inf


def test_each_half_of_the_words_is_judged_by_the_other(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two words whose likenesses need opposite thresholds: what holds for one fails the other."""
    pairs = [
        pair("bank", "the bank", "a bank", True),
        pair("bank", "the bank", "one bank", False),
        pair("bat", "the bat", "a bat", True),
        pair("bat", "the bat", "one bat", False),
    ]
    given = [0.9, 0.8, 0.3, 0.2]  # thresholds 0.85 and 0.25: with the other's, half are right
    vectors = np.zeros((8, 1, 2), dtype=np.float32)
    for at, cosine in enumerate(given):
        vectors[2 * at, 0] = 3, 0
        vectors[2 * at + 1, 0] = 5 * cosine, 5 * np.sqrt(1 - cosine**2)
    monkeypatch.setattr(module, "embed", lambda *_: vectors)
    scores = word_in_context(checkpoint, pairs)
    assert scores.accuracy_by_layer == (0.5,)
    assert (scores.pairs, scores.words) == (4, 2)


def labelled_pairs(word: str) -> list[UsePair]:
    """One pair of each label, and as many of two labels, from the project's own sentences."""
    by_label: dict[str | None, list[Use]] = {}
    sentences = builtin_sentences(word)
    for found in find_occurrences(sentences, word, inflected=True):
        one = sentences[found.sentence]
        by_label.setdefault(one.label, []).append(Use(one.text, found.start, found.end))
    groups = list(by_label.values())
    same = [UsePair(word, group[0], group[1], True) for group in groups]
    return same + [
        UsePair(word, group[2], other[2], False)
        for group, other in zip(groups, groups[1:] + groups[:1], strict=True)
    ]


def test_layers_tell_what_input_embeddings_cannot(checkpoint: Checkpoint) -> None:
    pairs = [pair for word in builtin_words() for pair in labelled_pairs(word)]
    scores = word_in_context(checkpoint, pairs)
    assert len(scores.accuracy_by_layer) == checkpoint.model.config.num_hidden_layers + 1
    assert scores.accuracy_by_layer[0] < 0.7 < 0.8 < scores.accuracy_by_layer[-1]


def test_one_word_is_too_few(checkpoint: Checkpoint) -> None:
    with pytest.raises(ValueError, match="at least two words"):
        word_in_context(checkpoint, [pair("bank", "the bank", "a bank", True)])
