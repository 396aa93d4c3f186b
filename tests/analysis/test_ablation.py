"""Heads switched off: the shared batch gives what one pass for each head gives."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bert_core.analysis import ablation
from bert_core.analysis.ablation import ablate_heads
from bert_core.analysis.encoding import tokenise
from bert_core.analysis.questions import masked_word_question, next_sentence_question
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import HeadAblation, Question
from tests.model.tiny import strong_heads

LAYERS, HEADS = 3, 4
TEXT, PAIR = "The old [MASK] flows to the sea.", "It has boats."


@pytest.fixture
def deep() -> Checkpoint:
    """Three layers, so that there is one with layers below and above; heads that matter."""
    return strong_heads(LAYERS, seed=15)


def word_question(checkpoint: Checkpoint, text: str = TEXT, pair: str | None = None) -> Question:
    encoding = tokenise(checkpoint, text, pair)
    return masked_word_question(checkpoint, encoding, min(3, len(encoding) - 2), "river")


@torch.inference_mode()
def one_pass(checkpoint: Checkpoint, question: Question, mask: Tensor) -> float:
    """The answer's probability with this head mask (L, A), through the model as a whole."""
    model = checkpoint.model
    ids, segments = (torch.tensor([row]) for row in (
        question.shown_ids, question.encoding.segment_ids
    ))  # fmt: skip
    output = model(ids, segments, head_mask=mask[None])
    if question.kind == "next sentence":
        assert model.nsp is not None
        return float(model.nsp(output.pooled).softmax(-1)[0, 0])
    assert model.mlm is not None
    return float(model.mlm(output.last[0, question.position]).softmax(-1)[question.answer_id])


def assert_equals_one_pass_each(
    checkpoint: Checkpoint, question: Question, found: HeadAblation
) -> None:
    def chance(layer: int, head: int | slice) -> float:
        mask = torch.ones(LAYERS, HEADS)
        mask[layer, head] = 0
        return one_pass(checkpoint, question, mask)

    heads = [[chance(layer, head) for head in range(HEADS)] for layer in range(LAYERS)]
    layers = [chance(layer, slice(None)) for layer in range(LAYERS)]
    np.testing.assert_allclose(found.probability, heads, rtol=1e-5)
    np.testing.assert_allclose(found.layer_off, layers, rtol=1e-5)
    none = one_pass(checkpoint, question, torch.zeros(LAYERS, HEADS))
    assert found.all_off == pytest.approx(none, rel=1e-5)
    told_apart = np.sort([*np.ravel(heads), *layers, none, question.probability])
    assert (np.diff(told_apart) / told_apart[1:]).min() > 3e-5, "two could be mixed up unnoticed"


def test_every_head_equals_a_pass_of_its_own(deep: Checkpoint) -> None:
    question = word_question(deep)
    found = ablate_heads(deep, question)
    assert found.question is question
    assert found.probability.shape == (LAYERS, HEADS) and found.layer_off.shape == (LAYERS,)
    assert_equals_one_pass_each(deep, question, found)
    np.testing.assert_allclose(found.change, found.probability - question.probability)


def test_so_in_a_pair_and_for_the_next_sentence(deep: Checkpoint) -> None:
    for question in (word_question(deep, TEXT, PAIR), next_sentence_question(deep, TEXT, PAIR)):
        assert_equals_one_pass_each(deep, question, ablate_heads(deep, question))


@pytest.mark.parametrize("most", [1, 20, 35, 70, 10_000])
def test_so_however_the_batch_is_split(
    deep: Checkpoint, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(ablation, "MOST_TOKENS", most)
    question = word_question(deep)
    assert_equals_one_pass_each(deep, question, ablate_heads(deep, question))


@pytest.fixture
def rows_seen(deep: Checkpoint) -> Iterator[list[tuple[int, int]]]:
    """(rows, tokens) of every batch that went through any layer."""
    seen: list[tuple[int, int]] = []
    layers = deep.model.encoder.layers

    def note(module: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        seen.append((arguments[0].shape[0], arguments[0].shape[1]))

    handles = [layer.register_forward_pre_hook(note) for layer in layers]
    yield seen
    for handle in handles:
        handle.remove()


def test_layers_below_a_head_run_once(deep: Checkpoint, rows_seen: list[tuple[int, int]]) -> None:
    question = word_question(deep)
    rows_seen.clear()
    ablate_heads(deep, question)
    rows = [count for count, _ in rows_seen]
    growing = [(HEADS + 1) * (layer + 1) for layer in range(LAYERS)]  # a row for 'all' of a layer
    assert sorted(rows) == sorted([1] * 2 * LAYERS + growing), "untouched, all off, and these"


def test_a_text_of_512_tokens_takes_no_more_memory(
    deep: Checkpoint, rows_seen: list[tuple[int, int]]
) -> None:
    question = word_question(deep, "the old [MASK] " + "flows to the sea " * 130)
    assert len(question.shown_ids) == 512
    found = ablate_heads(deep, question)
    assert max(rows * tokens for rows, tokens in rows_seen) <= ablation.MOST_TOKENS == 4_096
    assert max(rows for rows, _ in rows_seen) == 8
    mask = torch.ones(LAYERS, HEADS)
    mask[1, 2] = 0
    assert found.probability[1, 2] == pytest.approx(one_pass(deep, question, mask), rel=1e-5)


def test_with_all_heads_off_no_other_token_is_seen(deep: Checkpoint) -> None:
    found = ablate_heads(deep, word_question(deep, "the old [MASK] flows to the sea"))
    other = ablate_heads(deep, word_question(deep, "fish has [MASK] runs very long water"))
    assert found.all_off == pytest.approx(other.all_off, rel=1e-5)
    assert found.layer_off[0] != pytest.approx(other.layer_off[0], rel=1e-3)
    with torch.no_grad():
        for layer in deep.model.encoder.layers:
            layer.attention.output.weight.zero_()
    assert word_question(deep).probability == pytest.approx(found.all_off, rel=1e-5)


def test_one_token(deep: Checkpoint) -> None:
    question = word_question(deep, "[MASK]")
    assert question.position == 1
    assert_equals_one_pass_each(deep, question, ablate_heads(deep, question))


def test_a_model_of_half_precision(deep: Checkpoint) -> None:
    exact = ablate_heads(deep, word_question(deep))
    deep.model.to(torch.bfloat16)
    rough = ablate_heads(deep, word_question(deep))
    assert rough.probability.dtype == np.float32
    np.testing.assert_allclose(rough.probability, exact.probability, rtol=0.2)


@pytest.mark.parametrize("asks_for_gradients", [True, False])
def test_the_model_is_left_as_it_was_and_serves_threads(
    deep: Checkpoint, asks_for_gradients: bool
) -> None:
    deep.model.requires_grad_(asks_for_gradients)
    before = {name: weight.clone() for name, weight in deep.model.state_dict().items()}
    questions = [word_question(deep, text) for text in (TEXT, "a long [MASK]", "very old [MASK] .")]
    alone = [ablate_heads(deep, question).probability for question in questions]
    with ThreadPoolExecutor(4) as pool:
        run: Callable[[Question], HeadAblation] = lambda question: ablate_heads(deep, question)  # noqa: E731
        together = list(pool.map(run, questions * 4))
    for at, found in enumerate(together):
        np.testing.assert_allclose(found.probability, alone[at % 3], rtol=1e-5)
    for name, weight in deep.model.named_parameters():
        assert weight.requires_grad is asks_for_gradients and weight.grad is None, name
    assert all(torch.equal(before[name], now) for name, now in deep.model.state_dict().items())
