"""Word2Vec: the words it learns, what it learns of them, and that it can be repeated."""

import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bert_core.checkpoint.word_vectors import read_facts, read_vectors
from bert_core.data.documents import Document
from bert_core.training.word2vec import (
    Word2VecArguments,
    split_words,
    train_and_save,
    train_vectors,
)

QUICK = Word2VecArguments(size=16, epochs=4, min_count=2, sample=0.0, negative=5)
PLACES, MEALS = ("river", "stream", "brook"), ("soup", "bread", "stew")


def two_topics(sentences: int = 600) -> list[Document]:
    """Sentences about water with one set of words, about food with another."""
    draw = random.Random(3)
    around = {PLACES: "flows wide deep cold down valley".split(),
              MEALS: "hot salt eat plate tasty spoon".split()}  # fmt: skip
    texts = []
    for at in range(sentences):
        names, others = list(around.items())[at % 2]
        texts.append(" ".join(["The", draw.choice(names), *draw.sample(others, 4)]) + ".")
    return [Document(f"toy/{i}", "toy", tuple(texts[i::10])) for i in range(10)]


def test_words_are_runs_of_letters_in_lower_case() -> None:
    text = "The Bank's 24 co-owners didn't see ÉCLAIRS_2."
    expected = "the bank s co owners didn t see éclairs".split()
    assert split_words(text) == expected


def test_words_of_one_topic_are_nearest_to_each_other() -> None:
    found = train_vectors(two_topics(), QUICK)
    assert found.tokens == 600 * 6 and found.learned == len(found.words) == 19
    assert found.words[0] == "the" and found.matrix.shape == (19, 16)
    unit = found.matrix / np.linalg.norm(found.matrix, axis=1, keepdims=True)
    of = {word: unit[i] for i, word in enumerate(found.words)}
    for own, other in ((PLACES, MEALS), (MEALS, PLACES)):
        within = min(float(of[a] @ of[b]) for a in own for b in own)
        across = max(float(of[a] @ of[b]) for a in own for b in other)
        assert within > across + 0.1


def test_rare_words_are_not_learned_and_few_are_kept() -> None:
    documents = [*two_topics(), Document("toy/x", "toy", ("Once a hapax stood here.",))]
    found = train_vectors(documents, Word2VecArguments(size=4, epochs=1, min_count=3, keep=5))
    assert "hapax" not in found.words
    assert (found.learned, len(found.words), found.matrix.shape) == (19, 5, (5, 4))


def test_epochs_are_reported() -> None:
    seen: list[tuple[int, float]] = []
    train_vectors(two_topics(40), QUICK, lambda epoch, seconds: seen.append((epoch, seconds)))
    assert [epoch for epoch, _ in seen] == [1, 2, 3, 4]
    assert 0 < seen[0][1] <= seen[-1][1]


TRAIN = """
from tests.training.test_word2vec import fingerprint
print(fingerprint())
"""


def fingerprint() -> str:
    """What a training gives, in short."""
    found = train_vectors(two_topics(100), QUICK)
    return " ".join([hashlib.sha256(found.matrix.tobytes()).hexdigest(), *found.words])


def test_another_process_with_another_hash_seed_gives_the_same() -> None:
    other = subprocess.run(
        [sys.executable, "-c", TRAIN], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONHASHSEED": "1"}, cwd=Path(__file__).parents[2],
    ).stdout  # fmt: skip
    assert other.strip() == fingerprint()


def test_the_seed_matters() -> None:
    one = train_vectors(two_topics(40), QUICK).matrix
    other = train_vectors(two_topics(40), Word2VecArguments(**{**vars(QUICK), "seed": 7})).matrix
    assert not np.allclose(one, other)


def test_only_the_training_part_of_a_folder_is_learned_and_saved(tmp_path: Path) -> None:
    from bert_core.training.recipe import corpus_split

    corpus = tmp_path / "corpus"
    corpus.mkdir()
    letters = "abcdefghij"
    for at in range(200):
        name = "".join(letters[int(digit)] for digit in str(at))
        (corpus / f"{at}.txt").write_text(f"Word{name} river flows. Word{name} sea is wide.")
    split = corpus_split(str(corpus))
    assert split.heldout
    found = train_and_save(str(corpus), tmp_path / "out", QUICK)
    held = {word for document in split.heldout for word in split_words(document.sentences[0])}
    held = {word for word in held if word.startswith("word")}
    assert held and not held & set(found.words) and "river" in found.words
    words, matrix = read_vectors(tmp_path / "out")
    assert words == found.words
    np.testing.assert_array_equal(matrix, found.matrix.astype(np.float16).astype(np.float32))
    facts = read_facts(tmp_path / "out")
    assert facts["corpus"] == "corpus" and facts["seed"] == "42" and facts["size"] == "16"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("size", 0, "size is 0; it must be 1 to 1,000"),
        ("epochs", -1, "epochs is -1"),
        ("seed", -1, "seed is -1; it must be 0 to"),
        ("workers", 0, "workers is 0"),
        ("keep", 1, "keep is 1"),
        ("sample", 2.0, "sample is 2.0"),
        ("sample", float("nan"), "sample is nan"),
    ],
)
def test_a_setting_out_of_range_is_named(name: str, value: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Word2VecArguments(**{name: value})  # type: ignore[arg-type]


def test_a_text_with_too_few_words_is_refused() -> None:
    with pytest.raises(ValueError, match="0 words occur 5 times in this text; two are needed"):
        train_vectors([Document("a", "toy", ("One two three.",))], Word2VecArguments())
    with pytest.raises(ValueError, match="two are needed"):
        train_vectors([Document("a", "toy", ("So so so.",))], Word2VecArguments(min_count=2))
