"""Senses of a dictionary against occurrences."""

import numpy as np
import pytest

from bert_core.analysis.contexts import contexts
from bert_core.analysis.definitions import match_senses, sense_vectors
from bert_core.analysis.vectors import Target, embed
from bert_core.checkpoint.load import Checkpoint, load_checkpoint
from bert_core.outputs import Contexts, LabelledSentence, WordSense

WATER = WordSense("n-1", "noun", ("river",), "very long water", ("the boats by the river", "a sea"))
FLOW = WordSense("v-2", "verb", ("flow", "river"), "runs to the sea", ())
SENSES = (WATER, FLOW)


def occurrences(bert: Checkpoint, word: str, *texts: str) -> Contexts:
    return contexts(bert, [LabelledSentence(text) for text in texts], word, inflected=True)


def test_a_sense_is_the_word_in_its_gloss_and_in_its_examples(bert: Checkpoint) -> None:
    gloss = Target("the river: very long water.", 4, 9)
    example = Target("the boats by the river", 17, 22)
    verb = Target("to river: runs to the sea.", 3, 8)
    for layer in (0, 2):
        first, second, third = embed(bert, [gloss, example, verb], layer)
        found = sense_vectors(bert, "river", SENSES, layer)
        np.testing.assert_allclose(found, [(first + second) / 2, third], atol=1e-5)


def test_scores_are_cosines_and_the_best_is_the_highest(bert: Checkpoint) -> None:
    where = occurrences(bert, "river", "the river runs by the town", "long rivers", "a river .")
    vectors = sense_vectors(bert, "river", SENSES, 2)
    matches = match_senses(bert, where, SENSES, 2)
    assert [match.occurrence for match in matches] == [0, 1, 2]
    for match, own in zip(matches, where.vectors[:, 2], strict=True):
        lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(own)
        np.testing.assert_allclose(match.scores, vectors @ own / lengths, atol=1e-5)
        assert match.best == int(np.argmax(match.scores))


def test_one_occurrence_gives_the_same_alone(bert: Checkpoint) -> None:
    both = occurrences(bert, "river", "the river runs", "a river .")
    alone = occurrences(bert, "river", "a river .")
    found = match_senses(bert, alone, SENSES, 1)[0].scores
    np.testing.assert_allclose(found, match_senses(bert, both, SENSES, 1)[1].scores, atol=1e-5)


def test_a_form_is_looked_up_under_the_word_of_the_dictionary(bert: Checkpoint) -> None:
    np.testing.assert_allclose(
        sense_vectors(bert, "rivers", (WATER,), 2), sense_vectors(bert, "river", (WATER,), 2)
    )
    unknown = sense_vectors(bert, "town", (WATER,), 2)
    np.testing.assert_allclose(
        unknown, embed(bert, [Target("the town: very long water.", 4, 8)], 2), atol=1e-5
    )


def test_examples_beyond_the_positions_are_left_out(bert: Checkpoint) -> None:
    far = WordSense("n-1", "noun", ("river",), "very long water", ("sea " * 100 + "river",))
    near = WordSense("n-1", "noun", ("river",), "very long water", ())
    np.testing.assert_allclose(
        sense_vectors(bert, "river", (far,), 2), sense_vectors(bert, "river", (near,), 2)
    )


def test_no_senses_no_matches_and_a_wrong_layer_is_named(bert: Checkpoint) -> None:
    where = occurrences(bert, "river", "the river runs")
    assert match_senses(bert, where, (), 2) == ()
    with pytest.raises(ValueError, match="layer is 3; it must be from 0 to 2"):
        match_senses(bert, where, SENSES, 3)
    with pytest.raises(ValueError, match="layer is -1"):
        match_senses(bert, where, SENSES, -1)


def test_the_bundled_model_tells_a_river_bank_from_a_bank_of_money() -> None:
    bundled = load_checkpoint("bundled", device="cpu")
    senses = (
        WordSense(
            "n-1", "noun", ("bank",), "sloping land (especially the slope beside a body of water)",
            ("they pulled the canoe up on the bank",),
        ),
        WordSense(
            "n-2", "noun", ("depository financial institution", "bank"),
            "a financial institution that accepts deposits and channels the money into lending",
            ("he cashed a check at the bank",),
        ),
    )  # fmt: skip
    where = occurrences(
        bundled, "bank",
        "Reeds grew thick on the muddy bank of the river.",
        "The boat drifted to the opposite bank and stuck in the mud.",
        "They walked along the grassy banks until the stream turned east.",
        "She opened a savings account at the bank on the corner.",
        "The bank raised its interest rates again last week.",
        "He asked the bank for a loan to buy a house.",
    )  # fmt: skip
    matches = match_senses(bundled, where, senses, where.layers)
    assert [match.best for match in matches] == [0] * 3 + [1] * 3
