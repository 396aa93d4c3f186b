"""Rollout, maximum flow, and attention times the length of values."""

from dataclasses import replace
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
import torch

from bert_core.analysis import attention_flow
from bert_core.analysis.attention_flow import MOST_FLOW_TOKENS, flow, rollout, value_weighted
from bert_core.analysis.encoding import as_batch, encode, tokenise
from bert_core.cancel import Cancelled
from bert_core.checkpoint.load import Checkpoint
from bert_core.model.encoder import EncoderLayer
from bert_core.outputs import EncoderResult
from tests.analysis.made import drawn, encoded, made

TEXT, PAIR = "the boats runs", "very old sea"


def _residual(result: EncoderResult) -> npt.NDArray[np.float64]:
    assert result.attention is not None
    mean = result.attention.astype(float).mean(axis=1)
    return 0.5 * mean + 0.5 * np.eye(mean.shape[-1])


@pytest.mark.parametrize("method", [rollout, flow])
def test_where_each_token_looks_at_itself_nothing_moves(method) -> None:
    tokens = len(encoded(TEXT))
    found = method(made(np.tile(np.eye(tokens), (4, 3, 1, 1)), TEXT))
    np.testing.assert_allclose(found.weights, np.tile(np.eye(tokens), (4, 1, 1)), atol=1e-7)


@pytest.mark.parametrize("method", [rollout, flow])
def test_rows_sum_to_1(bert: Checkpoint, method) -> None:
    result = encode(bert, TEXT, PAIR, attention=True)
    found = method(result)
    assert found.method == method.__name__ and found.encoding == result.encoding
    assert found.weights.shape == (2, *[len(result.encoding)] * 2)
    assert found.weights.dtype == np.float32 and found.weights.min() >= 0
    np.testing.assert_allclose(found.weights.sum(-1), 1, atol=1e-6)


def test_rollout_is_the_product_of_layers() -> None:
    result = drawn(TEXT, PAIR, layers=3, heads=2, seed=1)
    first, second, third = _residual(result)
    found = rollout(result).weights
    np.testing.assert_allclose(found[0], first, atol=1e-6)
    np.testing.assert_allclose(found[1], second @ first, atol=1e-6)
    np.testing.assert_allclose(found[2], third @ second @ first, atol=1e-6)


def test_flow_on_paper() -> None:
    """Two tokens, two layers. With the residual, layer 1 is [[.6 .4] [.3 .7]] and layer 2
    [[.8 .2] [.5 .5]]; from the top left to the bottom left, say, min(.8, .6) + min(.2, .3) flows.
    """
    heads = [[[[0.2, 0.8], [0.6, 0.4]]], [[[0.6, 0.4], [1.0, 0.0]]]]
    found = flow(made(heads, "")).weights
    np.testing.assert_allclose(found[0], [[0.6, 0.4], [0.3, 0.7]], atol=1e-7)
    expected = [[0.8 / 1.4, 0.6 / 1.4], [0.8 / 1.7, 0.9 / 1.7]]
    np.testing.assert_allclose(found[1], expected, atol=1e-7)


def _smallest_cut(layers: npt.NDArray[np.float64], source: int, target: int) -> float:
    """The most that flows, by trying every cut (Ford and Fulkerson 1956).

    A node is on the source's side or not; other tokens of the top are never, and of the input
    they may be, at no cost.
    """
    depth, tokens = len(layers) - 1, layers.shape[1]
    top = np.arange(tokens) == source
    best = np.inf
    for sides in product((False, True), repeat=depth * tokens):
        levels = [top, *np.array(sides).reshape(depth, tokens), np.arange(tokens) != target]
        cut = sum(
            layer[upper][:, ~lower].sum()
            for layer, upper, lower in zip(layers[::-1], levels[:-1], levels[1:], strict=True)
        )
        best = min(best, cut)
    return best


@pytest.mark.parametrize(("layers", "seed"), [(3, 2), (4, 3), (4, 4)])
def test_flow_is_the_smallest_cut(layers: int, seed: int) -> None:
    result = drawn("sea", None, layers, heads=2, seed=seed)
    found, mixed = flow(result).weights, _residual(result)
    for layer in range(1, layers + 1):
        cuts = np.array([[_smallest_cut(mixed[:layer], i, j) for j in range(3)] for i in range(3)])
        np.testing.assert_allclose(found[layer - 1], cuts / cuts.sum(1, keepdims=True), atol=1e-6)
    assert np.abs(found[-1] - rollout(result).weights[-1]).max() > 0.01


def test_a_long_text_is_refused_with_the_limit(bert: Checkpoint) -> None:
    fits = drawn("sea " * (MOST_FLOW_TOKENS - 2), None, 1, 1, seed=0)
    assert flow(fits).weights.shape == (1, MOST_FLOW_TOKENS, MOST_FLOW_TOKENS)
    over = drawn("sea " * (MOST_FLOW_TOKENS - 1), None, 1, 1, seed=0)
    message = f"has {MOST_FLOW_TOKENS + 1} tokens; attention flow takes at most {MOST_FLOW_TOKENS}"
    with pytest.raises(ValueError, match=message):
        flow(over)
    assert rollout(over).weights.shape[1] == MOST_FLOW_TOKENS + 1


def test_flow_can_be_stopped() -> None:
    result = drawn(TEXT, None, layers=3, heads=1, seed=5)
    tokens, asked = len(result.encoding), []

    def after(calls: int) -> bool:
        asked.append(calls)
        return len(asked) > calls

    flow(result, lambda: after(10**6))
    assert len(asked) == 2 * tokens, "once a row of layers 2 and 3"
    asked.clear()
    with pytest.raises(Cancelled):
        flow(result, lambda: after(3))
    assert len(asked) == 4


def test_without_attention_there_is_no_flow(bert: Checkpoint) -> None:
    for method in (rollout, flow):
        with pytest.raises(ValueError, match="attention=True"):
            method(encode(bert, "the sea"))


def test_half_precision_does_not_matter_to_sums() -> None:
    result = drawn(TEXT, PAIR, layers=3, heads=2, seed=6)
    assert result.attention is not None
    rough = replace(result, attention=result.attention.astype(np.float16).astype(np.float32))
    np.testing.assert_allclose(rollout(rough).weights.sum(-1), 1, atol=1e-6)


@torch.inference_mode()
def test_value_weighted_is_what_each_token_adds(bert: Checkpoint) -> None:
    """By loops: the vectors whose lengths they are, with the bias, make the layer's output."""
    encoding = tokenise(bert, TEXT, PAIR)
    found = value_weighted(bert, encoding)
    result = encode(bert, TEXT, PAIR, attention=True)
    assert result.attention is not None and found.shape == result.attention.shape
    assert found.dtype == np.float32
    size, tokens = bert.model.config.head_size, range(len(encoding))
    states = bert.model(*as_batch(bert, [encoding.ids], [encoding.segment_ids])).hidden_states
    for at, layer in enumerate(bert.model.encoder.layers):
        assert isinstance(layer, EncoderLayer)
        own = layer.attention
        values = own.value(states[at][0])
        total = own.output.bias.repeat(len(encoding), 1)
        for head in range(own.heads):
            part = slice(head * size, (head + 1) * size)
            for i, j in product(tokens, tokens):
                weight = float(result.attention[at, head, i, j])
                added = weight * (own.output.weight[:, part] @ values[j, part])
                total[i] += added
                assert found[at, head, i, j] == pytest.approx(added.norm().item(), rel=1e-4)
        mixed, _ = own(states[at], None, False)
        torch.testing.assert_close(total, mixed[0], atol=1e-5, rtol=1e-5)


def test_flow_is_computed_on_whole_numbers_fine_enough() -> None:
    """A capacity of 1 and the sum of a row, rounded, fit into int32."""
    assert attention_flow._UNIT + MOST_FLOW_TOKENS < 2**31
    assert attention_flow._UNIT >= 2**24, "no coarser than float32"
