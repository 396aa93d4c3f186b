"""Cosines of occurrences, and each context word taken out: as if the sentence had been typed so."""

import numpy as np
import pytest
import torch
from sklearn.metrics.pairwise import cosine_similarity

from bert_core.analysis import similarity
from bert_core.analysis.similarity import compare_pair, cosine_matrix
from bert_core.analysis.vectors import Target, embed
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import Contexts, Occurrence
from tests.analysis.conftest import Reference

SENTENCES = ("the  very old river, by\tthe sea.", "a river runs - to the 日river town")
OLD, NEW = Occurrence(0, 14, 19, "river"), Occurrence(1, 2, 7, "river")
SECOND_NEW = Occurrence(1, 23, 28, "river")


def given(bert: Checkpoint, *occurrences: Occurrence, text: str | None = None) -> Contexts:
    """Occurrences with their vectors, of SENTENCES or of one text."""
    sentences = SENTENCES if text is None else (text,)
    targets = [Target(sentences[one.sentence], one.start, one.end) for one in occurrences]
    vectors = embed(bert, targets)
    return Contexts("river", sentences, occurrences, vectors, vectors[0, 0])


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def vector(bert: Checkpoint, reference: Reference, text: str, nth: int, layer: int) -> np.ndarray:
    """The nth 'river' of a text, by `transformers`."""
    encoding = bert.tokenizer.encode(text)
    with torch.inference_mode():
        ids = torch.tensor([encoding.ids])
        states = reference.encoder(ids, output_hidden_states=True).hidden_states[layer][0]
    at = [i for i, token in enumerate(encoding.tokens) if token == "river"][nth]
    return states[at].numpy()


def test_the_matrix_is_that_of_scikit_learn() -> None:
    vectors = np.random.default_rng(0).normal(size=(30, 16)).astype(np.float32) * 50
    vectors[7] = vectors[3]
    found = cosine_matrix(vectors)
    np.testing.assert_allclose(found, cosine_similarity(vectors), atol=1e-6)
    assert found.dtype == np.float32 and (found == found.T).all()
    assert (np.diagonal(found) == 1).all() and found.max() == 1


def test_a_vector_of_zeros_has_cosine_0() -> None:
    vectors = np.array([[1, 2], [0, 0], [-1, -2]], dtype=np.float32)
    expected = [[1, 0, -1], [0, 0, 0], [-1, 0, 1]]
    np.testing.assert_allclose(cosine_matrix(vectors), expected, atol=1e-6)


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_every_context_word_is_taken_out_alone(
    bert: Checkpoint, reference: Reference, layer: int
) -> None:
    found = compare_pair(bert, given(bert, OLD, NEW), 0, 1, layer)
    whole = [vector(bert, reference, text, 0, layer) for text in SENTENCES]
    left = {
        (0, "the", 0): " very old river, by\tthe sea.",
        (0, "very", 5): "the  old river, by\tthe sea.",
        (0, "old", 10): "the  very river, by\tthe sea.",
        (0, "by", 21): "the  very old river, the sea.",
        (0, "the", 24): "the  very old river, by\tsea.",
        (0, "sea", 28): "the  very old river, by\tthe.",
        (1, "a", 0): "river runs - to the 日river town",
        (1, "runs", 8): "a river - to the 日river town",
        (1, "to", 15): "a river runs - the 日river town",
        (1, "the", 18): "a river runs - to 日river town",
        (1, "日", 22): "a river runs - to the river town",
        (1, "river", 23): "a river runs - to the 日town",
        (1, "town", 29): "a river runs - to the 日river",
    }
    assert {(one.occurrence, one.word, one.start) for one in found.removals} == set(left)
    before = cosine(*whole)
    for one in found.removals:
        assert SENTENCES[one.occurrence][one.start : one.end] == one.word
        text = left[one.occurrence, one.word, one.start]
        anew = vector(bert, reference, text, 0, layer)
        expected = cosine(anew, whole[1 - one.occurrence])
        assert one.cosine == pytest.approx(expected, abs=1e-5), one
        assert one.change == pytest.approx(expected - before, abs=1e-5), one
    sizes = [abs(one.change) for one in found.removals]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > 1e-3
    assert (found.first, found.second, found.layer) == (0, 1, layer)


def test_the_cosine_at_every_layer(bert: Checkpoint) -> None:
    contexts = given(bert, OLD, NEW)
    found = compare_pair(bert, contexts, 1, 0, 2)
    expected = [cosine(*contexts.vectors[:, layer]) for layer in range(3)]
    assert found.cosines.dtype == np.float32
    np.testing.assert_allclose(found.cosines, expected, atol=1e-6)
    for one in found.removals:
        assert one.cosine - one.change == pytest.approx(expected[2], abs=1e-6)
    other = compare_pair(bert, contexts, 0, 1, 2)
    assert [(one.occurrence, one.start) for one in found.removals] == [
        (one.occurrence, one.start) for one in other.removals
    ]


def test_two_in_one_sentence_lose_the_word_together(
    bert: Checkpoint, reference: Reference
) -> None:
    found = compare_pair(bert, given(bert, SECOND_NEW, NEW), 0, 1, 2)
    words = [one.word for one in found.removals]
    assert sorted(words) == sorted(["a", "runs", "to", "the", "日", "town"]), "neither river"
    runs = found.removals[words.index("runs")]
    text = "a river - to the 日river town"
    expected = cosine(*(vector(bert, reference, text, nth, 2) for nth in (0, 1)))
    assert runs.cosine == pytest.approx(expected, abs=1e-5)
    assert {one.occurrence for one in found.removals} == {0}


def test_only_the_nearest_words_are_taken_out(bert: Checkpoint) -> None:
    contexts = given(bert, OLD, NEW)
    for most, words in (
        (1, {(0, "old"), (1, "a")}),
        (2, {(0, "old"), (0, "by"), (1, "a"), (1, "runs")}),
        (3, {(0, "very"), (0, "old"), (0, "by"), (1, "a"), (1, "runs"), (1, "to")}),
    ):
        found = compare_pair(bert, contexts, 0, 1, 2, most)
        assert {(one.occurrence, one.word) for one in found.removals} == words
    assert compare_pair(bert, contexts, 0, 1, 2, 0).removals == ()


def test_words_are_those_of_the_tokenizer(bert: Checkpoint) -> None:
    text = "Fishings: [MASK] river ... 日本 boats' town-sea -- Ünder!"
    spans = similarity._words(bert, text)
    words = ["Fishings", "MASK", "river", "日", "本", "boats", "town", "sea", "Ünder"]
    assert [text[start:end].strip("[]") for start, end in spans] == words


@pytest.mark.parametrize(
    ("text", "word", "left"),
    [
        ("the old river", "old", "the river"),
        ("the old river", "the", "old river"),
        ("the old river", "river", "the old"),
        ("an old, old sea", "old", "an, old sea"),
        ("(old) sea", "old", "() sea"),
        ("a\u3000old sea", "old", "a\u3000sea"),
        ("sea日river", "日", "sea river"),
        ("日本語", "本", "日 語"),
        ("the 日river", "日", "the river"),
        ("the日 river", "日", "the river"),
        ("old", "old", ""),
    ],
)
def test_one_space_goes_with_the_word(text: str, word: str, left: str) -> None:
    start = text.index(word)
    found, cut, put = similarity._without(text, (start, start + len(word)))
    assert found == left == text[: cut[0]] + put + text[cut[1] :]


def test_the_target_is_followed_to_its_new_place(bert: Checkpoint) -> None:
    text = "日river 本sea日river"
    last = Occurrence(0, 12, 17, "river")
    assert text[last.start : last.end] == "river"
    for removal in similarity._removals(bert, given(bert, last, text=text), {0: last}, 40):
        target = removal.targets[0]
        assert target.text[target.start : target.end] == "river"
        assert target.text.rindex("river") == target.start


def test_beyond_the_positions_words_are_not_seen(bert: Checkpoint) -> None:
    text = "river " + "sea " * 100 + "river"
    one, other = Occurrence(0, 0, 5, "river"), Occurrence(0, 6, 9, "sea")
    found = compare_pair(bert, given(bert, one, other, text=text), 0, 1, 1, most=500)
    assert len(found.removals) == bert.model.config.max_position_embeddings - 4
    assert {removal.word for removal in found.removals} == {"sea"}


def test_what_is_not_there_is_named(bert: Checkpoint) -> None:
    contexts = given(bert, OLD, NEW)
    for pair in ((2, 0), (0, 2)):
        with pytest.raises(ValueError, match="no occurrence 2; it must be from 0 to 1"):
            compare_pair(bert, contexts, *pair, 0)
    with pytest.raises(ValueError, match="both occurrences are number 1; choose two"):
        compare_pair(bert, contexts, 1, 1, 0)
    for layer in (-1, 3):
        with pytest.raises(ValueError, match=f"layer is {layer}; it must be from 0 to 2"):
            compare_pair(bert, contexts, 0, 1, layer)
    with pytest.raises(ValueError, match="most is -1"):
        compare_pair(bert, contexts, 0, 1, 0, -1)
