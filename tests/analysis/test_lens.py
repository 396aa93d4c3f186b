"""The lens: every layer's readings against `transformers`, and words through the layers."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from bert_core.analysis.encoding import tokenise
from bert_core.analysis.lens import read_lens
from bert_core.analysis.predictions import MOST_GUESSES, masked_words
from bert_core.checkpoint.lens_file import TunedLens
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import Lens, LensReading, MaskedWords
from bert_core.outputs.lens import RAW, TUNED
from tests.analysis.conftest import Reference
from tests.model.tiny import TINY, VOCABULARY

EVERYTHING, LAYERS, HIDDEN = len(VOCABULARY), 2, int(TINY["hidden_size"])
TEXT = "The old river flows to the sea."
TYPED = "the [MASK] river flows [MASK] the town"


def asked(
    bert: Checkpoint, text: str = TEXT, hidden: Mapping[int, int | None] | None = None
) -> MaskedWords:
    places = {} if hidden is None else hidden
    return masked_words(bert, tokenise(bert, text), places, top_k=EVERYTHING)


def read(bert: Checkpoint, position: int = 3, text: str = TEXT, **options: Any) -> Lens:
    hidden = {} if "[MASK]" in text else {position: None}
    given = {"top_k": EVERYTHING, **options}
    return read_lens(bert, asked(bert, text, hidden), position, **given)


def distribution(reading: LensReading) -> np.ndarray:
    assert len(reading.guesses) == EVERYTHING
    return np.array([guess.probability for guess in sorted(reading.guesses, key=lambda g: g.id)])


@torch.inference_mode()
def expected(reference: Reference, result: MaskedWords, position: int) -> Tensor:
    """(layers + 1, vocabulary): the masked-word head of `transformers` on its hidden states."""
    given = {
        "input_ids": torch.tensor([result.masked_ids]),
        "token_type_ids": torch.tensor([result.encoding.segment_ids]),
    }
    states = reference.masked(**given, output_hidden_states=True).hidden_states
    return torch.stack([reference.masked.cls(state)[0, position] for state in states]).softmax(-1)


def random_lens(seed: int = 3, layers: int = LAYERS, hidden: int = HIDDEN) -> TunedLens:
    draw = torch.Generator().manual_seed(seed)
    weights = torch.randn(layers, hidden, hidden, generator=draw) * 0.2
    return TunedLens(weights, torch.randn(layers, hidden, generator=draw), "", {})


@pytest.mark.parametrize(
    ("text", "hidden", "position"),
    [
        (TYPED, {}, 2), (TYPED, {}, 5), (TEXT, {3: None}, 3), (TEXT, {1: None, 7: None}, 7),
        (TEXT, {2: 9, 5: None}, 2),  # a random token is shown there
    ],
)  # fmt: skip
def test_every_layer_reads_as_in_transformers(
    bert: Checkpoint, reference: Reference, text: str, hidden: dict[int, int | None], position: int
) -> None:
    result = asked(bert, text, hidden)
    lens = read_lens(bert, result, position, EVERYTHING)
    rows = expected(reference, result, position).numpy()
    assert (lens.kinds, lens.layers, lens.vocabulary) == ((RAW,), LAYERS, EVERYTHING)
    assert (lens.encoding, lens.position) == (result.encoding, position)
    assert [reading.layer for reading in lens.readings] == [0, 1, 2]
    for reading, row in zip(lens.readings, rows, strict=True):
        np.testing.assert_allclose(distribution(reading), row, atol=1e-5)
        assert [guess.id for guess in reading.guesses] == np.argsort(-row, kind="stable").tolist()
        assert reading.entropy == pytest.approx(-(row * np.log2(row)).sum(), abs=1e-4)
    assert not np.allclose(rows[0], rows[1], atol=1e-3) and not np.allclose(rows[1], rows[2])


def test_the_second_text_of_a_pair_is_segment_b(bert: Checkpoint, reference: Reference) -> None:
    result = masked_words(bert, tokenise(bert, "the old town", "a [MASK] by the sea"), {})
    position = result.predictions[0].position
    rows = expected(reference, result, position).numpy()
    for reading in read_lens(bert, result, position, EVERYTHING).readings:
        np.testing.assert_allclose(distribution(reading), rows[reading.layer], atol=1e-5)


@pytest.mark.parametrize("text", [TYPED, "a [MASK]", "very long [MASK] [MASK] water"])
@pytest.mark.parametrize("tuned", [None, random_lens()])
def test_the_last_reading_is_the_models_own_answer(
    bert: Checkpoint, text: str, tuned: TunedLens | None
) -> None:
    result = asked(bert, text)
    for own in result.predictions:
        lens = read_lens(bert, result, own.position, EVERYTHING, tuned=tuned)
        assert lens.kinds == ((RAW,) if tuned is None else (RAW, TUNED))
        for kind in lens.kinds:
            last = lens.of_kind(kind)[-1]
            assert last.layer == LAYERS
            assert [guess.id for guess in last.guesses] == [guess.id for guess in own.guesses]
            for guess, other in zip(last.guesses, own.guesses, strict=True):
                assert guess.probability == pytest.approx(other.probability, abs=1e-5)
                assert guess.logit == pytest.approx(other.logit, abs=1e-4)
            assert last.entropy == pytest.approx(own.entropy, abs=1e-4)


def test_a_lens_of_zeros_changes_nothing(bert: Checkpoint) -> None:
    zeros = TunedLens(torch.zeros(LAYERS, HIDDEN, HIDDEN), torch.zeros(LAYERS, HIDDEN), "", {})
    lens = read(bert, tuned=zeros)
    assert len(lens.readings) == 2 * (LAYERS + 1)
    for raw, tuned in zip(lens.of_kind(RAW), lens.of_kind(TUNED), strict=True):
        assert raw.layer == tuned.layer and (raw.kind, tuned.kind) == (RAW, TUNED)
        np.testing.assert_allclose(distribution(raw), distribution(tuned), atol=1e-6)


def test_a_tuned_reading_is_of_the_vector_moved_by_its_layers_map(bert: Checkpoint) -> None:
    tuned, result = random_lens(), asked(bert, TEXT, {3: None})
    lens = read_lens(bert, result, 3, EVERYTHING, tuned=tuned)
    head = bert.model.mlm
    assert head is not None
    with torch.inference_mode():
        states = bert.model(torch.tensor([result.masked_ids])).hidden_states
        for layer in range(LAYERS):
            x = states[layer][0, 3]
            moved = x + tuned.weights[layer] @ x + tuned.biases[layer]
            row = head(moved).softmax(-1).numpy()
            np.testing.assert_allclose(distribution(lens.of_kind(TUNED)[layer]), row, atol=1e-5)
            assert not np.allclose(distribution(lens.of_kind(RAW)[layer]), row, atol=1e-3)


@pytest.mark.parametrize("word", ["river", "Sea", ".", "##ing"])
def test_a_word_is_followed_through_the_layers(
    bert: Checkpoint, reference: Reference, word: str
) -> None:
    lens = read(bert, words=[word], tuned=random_lens())
    (followed,) = lens.words
    rows = expected(reference, asked(bert, TEXT, {3: None}), 3).numpy()
    id = VOCABULARY.index(word.lower())
    assert (followed.word, followed.id, followed.refusal) == (word, id, None)
    np.testing.assert_allclose(followed.curves[RAW].probabilities, rows[:, id], atol=1e-5)
    ranks = [1 + np.argsort(-row, kind="stable").tolist().index(id) for row in rows]
    assert followed.curves[RAW].ranks.tolist() == ranks
    for reading in lens.of_kind(TUNED):
        (own,) = (guess for guess in reading.guesses if guess.id == id)
        curve = followed.curves[TUNED]
        assert curve.probabilities[reading.layer] == pytest.approx(own.probability)
        assert curve.ranks[reading.layer] == own.rank


def test_a_word_that_cannot_be_followed_says_why_and_the_others_are(bert: Checkpoint) -> None:
    lens = read(bert, words=["fishing", "river", "xyz", "", "old town"])
    fishing, river, unknown, empty, two = lens.words
    assert fishing.refusal == (
        "it is 2 word pieces long (fish ##ing), and the lens reads a single place; ask for one of "
        "the pieces"
    )
    assert two.refusal is not None and "2 word pieces long (old town)" in two.refusal
    assert unknown.refusal is not None and "has no beginning of 'xyz'" in unknown.refusal
    assert empty.refusal == "there is nothing to look up; type a word"
    assert all((one.id, one.curves) == (None, {}) for one in (fishing, unknown, empty, two))
    assert river.refusal is None and river.curves[RAW].ranks.shape == (LAYERS + 1,)


def test_the_hidden_token_is_followed_where_it_is_known(bert: Checkpoint) -> None:
    true = read(bert).true
    assert true is not None and (true.word, true.id) == ("river", VOCABULARY.index("river"))
    (own,) = asked(bert, TEXT, {3: None}).predictions
    assert own.true is not None and true.curves[RAW].ranks[-1] == own.true.rank
    assert true.curves[RAW].probabilities[-1] == pytest.approx(own.true.probability, abs=1e-5)
    assert read(bert, 2, TYPED).true is None


def test_equal_logits_rank_by_id(rigged: Callable[[Tensor], Checkpoint]) -> None:
    lens = read(rigged(torch.zeros(EVERYTHING)), top_k=4, words=["river"])
    for reading in lens.readings:
        assert [guess.id for guess in reading.guesses] == [0, 1, 2, 3]
        assert reading.entropy == pytest.approx(math.log2(EVERYTHING), abs=1e-5)
    assert set(lens.words[0].curves[RAW].ranks.tolist()) == {1 + VOCABULARY.index("river")}


def test_a_model_without_the_head_says_so_as_predictions_do(
    bert: Checkpoint, without: Callable[..., Checkpoint]
) -> None:
    bare = without("pooler", "nsp")
    with pytest.raises(ValueError, match="bare has no masked-word head.*'bundled'") as said:
        read_lens(bare, asked(bert, TYPED), 2)
    with pytest.raises(ValueError) as other:
        masked_words(bare, tokenise(bare, TYPED), {})
    assert str(said.value) == str(other.value)


@pytest.mark.parametrize(
    ("position", "options", "message"),
    [
        (3, {}, "position 3 is not masked; choose one of 2, 5"),
        (0, {}, "position 0 is not masked"),
        (2, {"top_k": 0}, f"top_k is 0; it must be from 1 to {MOST_GUESSES}"),
        (2, {"top_k": MOST_GUESSES + 1}, f"top_k is {MOST_GUESSES + 1}"),
        (2, {"tuned": random_lens(layers=3)}, r"model of 3 layers × 32, but .* has 2 × 32"),
        (2, {"tuned": random_lens(hidden=16)}, r"model of 2 layers × 16, but .* has 2 × 32"),
    ],
)
def test_what_cannot_be_read_is_named(
    bert: Checkpoint, position: int, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        read_lens(bert, asked(bert, TYPED), position, **options)


def test_a_kind_that_is_not_there_is_named(bert: Checkpoint) -> None:
    with pytest.raises(ValueError, match="no 'tuned' readings; there are raw"):
        read(bert).of_kind(TUNED)
