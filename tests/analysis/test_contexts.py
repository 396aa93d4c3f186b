"""Every occurrence of a word with its vectors: all of them, in order, and no others."""

import numpy as np
import pytest
import torch

from bert_core.analysis import contexts as module
from bert_core.analysis.contexts import contexts
from bert_core.analysis.vectors import MOST_TOKENS_A_CHARACTER, Target, embed, is_cut
from bert_core.cancel import Cancelled
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import LabelledSentence
from tests.analysis.conftest import POSITIONS, Reference

SENTENCES = [
    LabelledSentence("The long river has fish.", "water"),
    LabelledSentence("a boat"),
    LabelledSentence("River by river", "both"),
    LabelledSentence("two rivers"),
]


def test_each_occurrence_has_its_vectors(bert: Checkpoint, reference: Reference) -> None:
    found = contexts(bert, SENTENCES, "river", inflected=True)
    assert found.word == "river" and found.left_out == 0
    assert found.sentences == tuple(sentence.text for sentence in SENTENCES)
    assert [one.form for one in found.occurrences] == ["river", "River", "river", "rivers"]
    assert [one.sentence for one in found.occurrences] == [0, 2, 2, 3]
    assert found.labels == ("water", "both", "both", None)
    assert found.vectors.shape == (4, 3, 32) and found.vectors.dtype == np.float32
    for one, pieces, vector in zip(
        found.occurrences, [[3], [1], [3], [2, 3]], found.vectors, strict=True
    ):
        ids = torch.tensor([bert.tokenizer.encode(found.sentences[one.sentence]).ids])
        with torch.inference_mode():
            states = reference.encoder(ids, output_hidden_states=True).hidden_states
        expected = np.stack([state[0, pieces].mean(0).numpy() for state in states])
        np.testing.assert_allclose(vector, expected, atol=1e-5)


def test_without_inflected_forms_only_the_word_itself(bert: Checkpoint) -> None:
    assert len(contexts(bert, SENTENCES, "river").occurrences) == 3


@pytest.mark.parametrize(("word", "pieces"), [("River", ["river"]), ("boats", ["boat", "##s"])])
def test_the_input_embedding_is_that_of_the_word_alone(
    bert: Checkpoint, reference: Reference, word: str, pieces: list[str]
) -> None:
    found = contexts(bert, [LabelledSentence("very old boats by the river")], word)
    table = reference.encoder.get_input_embeddings().weight.detach().numpy()
    expected = table[[bert.tokenizer.token_to_id(piece) for piece in pieces]].mean(0)
    np.testing.assert_allclose(found.input_embedding, expected, atol=1e-6)


def test_chunks_do_not_matter_and_progress_is_told(
    bert: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = contexts(bert, SENTENCES, "river", inflected=True)
    monkeypatch.setattr(module, "CHUNK", 3)
    told: list[tuple[int, int]] = []
    parts = contexts(bert, SENTENCES, "river", True, lambda *now: told.append(now), lambda: False)
    np.testing.assert_allclose(parts.vectors, whole.vectors, atol=1e-6)
    assert parts.occurrences == whole.occurrences
    assert told == [(3, 4), (4, 4)]


def test_work_that_nobody_wants_any_more_stops(
    bert: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 1)
    told: list[int] = []
    with pytest.raises(Cancelled, match="stopped after 2 of 4 occurrences"):
        contexts(
            bert, SENTENCES, "river", True, lambda done, _: told.append(done),
            lambda: len(told) == 2,
        )  # fmt: skip
    assert told == [1, 2]


def test_occurrences_beyond_the_positions_are_left_out_and_counted(bert: Checkpoint) -> None:
    last = "sea " * (POSITIONS - 3) + "river"
    beyond = "river " + "sea " * (POSITIONS - 3) + "river river"
    half = "sea " * (POSITIONS - 3) + "rivers"
    sentences = [LabelledSentence(text) for text in (last, beyond, half, "the river")]
    found = contexts(bert, sentences, "river", inflected=True)
    assert [(one.sentence, one.start) for one in found.occurrences] == [
        (0, 4 * (POSITIONS - 3)), (1, 0), (3, 4)
    ]  # fmt: skip
    assert found.left_out == 3
    assert len(found.vectors) == 3
    np.testing.assert_allclose(found.vectors[2], embed(bert, [Target("the river", 4, 9)])[0],
                               atol=1e-5)  # fmt: skip
    with pytest.raises(ValueError, match=f"'river' stands only beyond the {POSITIONS} tokens"):
        contexts(bert, [LabelledSentence("sea " * POSITIONS + "river")], "river")


@pytest.mark.parametrize("character", ["\u1f82", "각", "海", "."])
def test_no_character_makes_more_tokens_than_is_reckoned_with(
    bert: Checkpoint, character: str
) -> None:
    """So that a short text need not be split to know that it fits."""
    tokens = len(bert.tokenizer.encode(character * 5)) - 2
    assert tokens <= 5 * MOST_TOKENS_A_CHARACTER
    length = POSITIONS - 2
    assert not is_cut(bert, Target("." * length, length - 1, length))
    assert is_cut(bert, Target("." * (length + 1), length, length + 1))


def test_too_many_occurrences_are_refused_with_what_would_do(
    bert: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert module.MOST_OCCURRENCES == 10_000
    monkeypatch.setattr(module, "MOST_OCCURRENCES", 3)
    assert len(contexts(bert, SENTENCES, "river").occurrences) == 3
    with pytest.raises(ValueError, match="occurs 4 times; at most 3 .* first 3 sentences") as error:
        contexts(bert, SENTENCES, "river", inflected=True)
    assert len(contexts(bert, SENTENCES[:3], "river", inflected=True).occurrences) == 3, error


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("", "the word is empty"),
        ("rivers' end", "does not occur in the 4 sentences"),
        ("boats", "similar words that do: boat"),
    ],
)
def test_a_word_that_cannot_be_shown_is_named(bert: Checkpoint, word: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        contexts(bert, SENTENCES, word)


def test_one_occurrence_and_mixed_scripts_work(bert: Checkpoint) -> None:
    sentences = [LabelledSentence("在 river 边"), LabelledSentence("Ποτάμι, река")]
    assert len(contexts(bert, sentences, "river").occurrences) == 1
    assert len(contexts(bert, sentences, "река").vectors) == 1


def test_many_are_computed_in_bfloat16_and_nearly_the_same(
    bert: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentences = [LabelledSentence(text) for text in ("the old river", "a river by the sea")]
    exact = contexts(bert, sentences, "river")
    monkeypatch.setattr(module, "MANY", 1)
    monkeypatch.setattr(module, "_has_bfloat16", lambda checkpoint: True)
    quick = contexts(bert, sentences, "river")
    assert (exact.reduced, quick.reduced) == (False, True)
    assert quick.vectors.dtype == np.float32
    assert not np.array_equal(quick.vectors, exact.vectors)
    np.testing.assert_allclose(quick.vectors, exact.vectors, atol=0.05)
