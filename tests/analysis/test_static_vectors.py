"""One vector a word: looked up, compared, and carried into the model's space."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from bert_core.analysis import carry_over as carrying
from bert_core.analysis.carry_over import carry_over
from bert_core.analysis.contexts import contexts
from bert_core.analysis.static_vectors import (
    StaticVectors,
    input_embedding_static,
    load_static,
    vocabulary_words,
)
from bert_core.analysis.unit import unit
from bert_core.checkpoint.load import Checkpoint
from bert_core.checkpoint.word_vectors import save_vectors
from bert_core.outputs import LabelledSentence
from bert_core.tokenizer import Tokenizer
from tests.model.tiny import WORDS, random_model, tiny_config


def vectors_of(words: list[str], matrix: np.ndarray) -> StaticVectors:
    rows = {word: row for row, word in enumerate(words)}
    return StaticVectors("Word2Vec", tuple(words), unit(matrix), rows)


@pytest.fixture
def four(tmp_path: Path) -> StaticVectors:
    """Four directions of a plane: 0, 10, 90 and 180 degrees, of different lengths."""
    words = ("river", "stream", "Bank", "New_York")
    matrix = np.array([[2, 0], [5, 5 * np.tan(np.pi / 18)], [0, 0.5], [-3, 0]], np.float32)
    return load_static(save_vectors(tmp_path / "ours", words, matrix, {}))


def test_neighbours_are_by_cosine_without_the_word_itself(four: StaticVectors) -> None:
    np.testing.assert_allclose(np.linalg.norm(four.matrix, axis=1), 1, atol=1e-6)
    found = four.lookup("river", 2)
    assert (found.source, found.word, found.vocabulary, found.reason) == (
        "Word2Vec", "river", 4, None
    )  # fmt: skip
    assert [word for word, _ in found.neighbours] == ["stream", "Bank"]
    expected = [np.cos(np.pi / 18), 0.0]
    np.testing.assert_allclose([cosine for _, cosine in found.neighbours], expected, atol=1e-3)
    assert found.vector is not None
    np.testing.assert_allclose(found.vector, [1, 0], atol=1e-3)
    assert len(four.lookup("river", 100).neighbours) == 3
    assert four.lookup("river", 0).neighbours == ()


@pytest.mark.parametrize(
    ("typed", "word"),
    [("River", "river"), ("RIVER", "river"), (" bank ", "Bank"), ("New York", "New_York")],
)
def test_case_and_spaces_are_tried(four: StaticVectors, typed: str, word: str) -> None:
    assert four.lookup(typed).word == word


def test_the_word_as_typed_comes_first() -> None:
    both = vectors_of(["turkey", "Turkey"], np.eye(2, dtype=np.float32))
    assert both.lookup("Turkey").word == "Turkey" and both.lookup("turkey").word == "turkey"
    assert both.lookup("TURKEY").word == "turkey"


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("zebra", "'zebra' is not among the 4 words of Word2Vec"),
        ("river bank", "'river bank' is not one word of Word2Vec"),
        ("  ", "there is nothing to look up"),
    ],
)
def test_an_unknown_word_has_a_reason(four: StaticVectors, typed: str, reason: str) -> None:
    found = four.lookup(typed)
    assert found.vector is None and found.neighbours == () and reason in (found.reason or "")
    assert found.vocabulary == 4


def test_a_file_is_named_as_the_source_and_its_rows_are_limited(tmp_path: Path) -> None:
    path = tmp_path / "glove.tiny.txt"
    path.write_text("the 1 0\nriver 0 2\nsea 0 0\n")
    whole = load_static(path)
    assert whole.source == "glove.tiny.txt" and whole.words == ("the", "river", "sea")
    assert whole.matrix.tolist() == [[1, 0], [0, 1], [0, 0]], "a row of zeros is no NaN"
    assert load_static(path, 1).words == ("the",)
    with pytest.raises(ValueError, match="no file or folder"):
        load_static(tmp_path / "none")


@pytest.mark.parametrize("number", [-1, 1_001])
def test_so_many_neighbours_are_refused(four: StaticVectors, bert: Checkpoint, number: int) -> None:
    with pytest.raises(ValueError, match=f"neighbours is {number}; it must be from 0 to 1,000"):
        four.lookup("river", number)
    with pytest.raises(ValueError, match=f"neighbours is {number}"):
        input_embedding_static(bert, "river", number)


def test_the_input_embedding_is_compared_with_whole_words_only(bert: Checkpoint) -> None:
    words, matrix = vocabulary_words(bert)
    assert words == tuple(WORDS) and matrix.shape == (len(WORDS), 32)
    found = input_embedding_static(bert, "River", 5)
    weight = bert.model.embeddings.token.weight
    own = weight[bert.tokenizer.token_to_id("river")]
    assert found.vector is not None and found.vocabulary == len(WORDS)
    torch.testing.assert_close(torch.from_numpy(found.vector), own)
    ids = [bert.tokenizer.token_to_id(word) for word in WORDS]
    cosines = torch.cosine_similarity(own[None], weight[ids])
    order = [WORDS[i] for i in cosines.argsort(descending=True) if WORDS[i] != "river"][:5]
    assert [word for word, _ in found.neighbours] == order
    assert found.neighbours[0][1] == pytest.approx(float(cosines.sort().values[-2]), abs=1e-5)


def test_a_word_of_pieces_has_their_mean_as_everywhere(bert: Checkpoint) -> None:
    found = input_embedding_static(bert, "fishing", 3)
    elsewhere = contexts(bert, [LabelledSentence("a fishing boat")], "fishing").input_embedding
    assert found.vector is not None
    np.testing.assert_allclose(found.vector, elsewhere, atol=1e-6)
    assert len(found.neighbours) == 3 and "fishing" not in dict(found.neighbours)


@pytest.mark.parametrize(("word", "reason"), [("日", "no pieces"), ("", "type a word")])
def test_a_word_without_pieces_has_a_reason(bert: Checkpoint, word: str, reason: str) -> None:
    found = input_embedding_static(bert, word)
    assert found.vector is None and reason in (found.reason or "")


# ------------------------------------------------------------------------- carrying over


def letters(number: int) -> str:
    """A word of its own for every number."""
    return "w" + "".join("abcdefghij"[int(digit)] for digit in f"{number:04}")


@pytest.fixture(scope="module")
def large() -> Checkpoint:
    """A model that knows 1,200 words."""
    entries = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *map(letters, range(1_200))]
    model = random_model(tiny_config(vocab_size=len(entries)), seed=3)
    return Checkpoint("large", model, Tokenizer.from_vocabulary(entries), ())


def related(large: Checkpoint, noise: float) -> StaticVectors:
    """Static vectors (D = 32) from which a rotation, a shift and `noise` lead to the model's."""
    words, embeddings = vocabulary_words(large)
    random = np.random.default_rng(8)
    rotation = np.linalg.qr(random.normal(size=(32, 32)))[0]
    matrix = embeddings @ rotation + noise * random.normal(size=embeddings.shape)
    order = random.permutation(len(words))
    return StaticVectors(
        "Word2Vec", tuple(words[i] for i in order), matrix[order].astype(np.float32),
        {words[i]: row for row, i in enumerate(order)},
    )  # fmt: skip


def test_a_linear_relation_is_found(large: Checkpoint) -> None:
    static = related(large, 0.0)
    over = carry_over(static, large)
    assert over is not None and (over.words, over.held_out) == (1_080, 120)
    assert over.fit > 0.999 and over.hits == 1.0 and over.chance == pytest.approx(10 / 1_200)
    placed = over.place(static.matrix[static.rows[letters(700)]])
    expected = input_embedding_static(large, letters(700)).vector
    np.testing.assert_allclose(placed, expected, atol=1e-3)
    assert placed.dtype == np.float32


def test_where_there_is_no_relation_the_fit_says_so(large: Checkpoint) -> None:
    over = carry_over(related(large, 100.0), large)
    assert over is not None
    assert abs(over.fit) < 0.15 and over.hits < 0.08, "the words it was fitted on must not count"


def test_nothing_is_carried_without_words_in_common(
    large: Checkpoint, bert: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    static = related(large, 0.0)
    assert static.find("unknown") is None
    assert carry_over(static, bert) is None
    monkeypatch.setattr(carrying, "FEWEST_WORDS", 1_201)
    assert carry_over(static, large) is None


# ------------------------------------------------------------------------- the bundled vectors


def test_the_bundled_vectors_know_what_goes_together() -> None:
    static = load_static()
    assert static.source == "Word2Vec" and static.matrix.shape == (20_000, 100)
    for word, expected in {"bank": "banks", "whale": "sperm", "doctor": "physician"}.items():
        assert expected in dict(static.lookup(word, 15).neighbours)


def test_vectors_are_not_changed_by_a_lookup(four: StaticVectors) -> None:
    before = replace(four, matrix=four.matrix.copy())
    four.lookup("river")
    np.testing.assert_array_equal(before.matrix, four.matrix)
