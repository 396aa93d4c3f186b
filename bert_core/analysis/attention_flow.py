"""Where a token's vector may come from: rollout, maximum flow, and attention times values.

L = layers, A = heads, T = tokens, H = hidden size, D = head size, H = A x D.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from bert_core.analysis.encoding import as_batch, stack
from bert_core.cancel import Asked, stop_if
from bert_core.checkpoint.load import Checkpoint
from bert_core.model.encoder import EncoderLayer
from bert_core.outputs import AttentionFlow, EncoderResult, Encoding, FloatArray

DoubleArray = npt.NDArray[np.float64]

MOST_FLOW_TOKENS = 48
"""Most tokens of `flow`, which takes time by their fourth power: with so many 4 s of one core for
6 layers, 12 s for 12."""
_UNIT = 2**30
"""A capacity of 1 as a whole number: scipy's maximum flow takes int32."""


def rollout(result: EncoderResult) -> AttentionFlow:
    """Attention multiplied through the layers (Abnar and Zuidema 2020, section 3).

    Of each layer the mean over heads is taken, and half of the identity added to half of it, for
    the residual connection: A = 0.5 W + 0.5 I. Rollout at layer l is A_l ... A_2 A_1.

    Returns:
        Weights (L, T, T); rows sum to 1.

    Raises:
        ValueError: when `result` has no attention.
    """
    rolled: list[DoubleArray] = []
    for mixed in _mixed(result):
        rolled.append(mixed @ rolled[-1] if rolled else mixed)
    return AttentionFlow("rollout", result.encoding, np.stack(rolled).astype(np.float32))


def flow(result: EncoderResult, cancelled: Asked = None) -> AttentionFlow:
    """Maximum flow through the layers (Abnar and Zuidema 2020, section 3).

    Each token at each layer is a node, and an edge leads from token i at layer l to token j at
    layer l - 1 with the capacity A_l(i, j) of `rollout`. The weight of input token j for token i
    at layer l is the most that can flow from the one node to the other, for each pair on its
    own; then each row is scaled to sum to 1, as the authors' program does.

    Args:
        result: of `encode(..., attention=True)`.
        cancelled: asked before each row.

    Returns:
        Weights (L, T, T); rows sum to 1.

    Raises:
        ValueError: when `result` has no attention or more than `MOST_FLOW_TOKENS` tokens.
        Cancelled: when `cancelled` said so.
    """
    tokens = len(result.encoding)
    if tokens > MOST_FLOW_TOKENS:
        raise ValueError(
            f"the text has {tokens} tokens; attention flow takes at most {MOST_FLOW_TOKENS}: "
            "shorten the text, or choose rollout"
        )
    mixed = _mixed(result)
    capacities = np.rint(mixed * _UNIT).astype(np.int32)
    weights = [mixed[0]]  # from layer 1 to the input there are single edges
    for layer in range(2, len(mixed) + 1):
        flows = _layer_flow(capacities[:layer], cancelled)
        weights.append(flows / flows.sum(axis=1, keepdims=True))
    return AttentionFlow("flow", result.encoding, np.stack(weights).astype(np.float32))


def value_weighted(checkpoint: Checkpoint, encoding: Encoding) -> FloatArray:
    """Norms of what each token really adds: || p(i, j) f(x_j) || (Kobayashi et al. 2020).

    f(x) is the head's value vector, its bias included, through the head's slice of the output
    projection; the bias of that projection belongs to no token and is left out.

    Returns:
        (L, A, T, T): row i, column j is the length of the vector that token i gets from token j.
        Rows do not sum to 1.
    """
    ids, segments = as_batch(checkpoint, [encoding.ids], [encoding.segment_ids])
    norms = []
    with torch.inference_mode():
        records = checkpoint.model(ids, segments, record_attention=True).attention
        for layer, record in zip(checkpoint.model.encoder.layers, records, strict=True):
            assert isinstance(layer, EncoderLayer)
            values = record.values[0].float()  # (A, T, D)
            output = layer.attention.output.weight.float()  # (H, A x D)
            slices = output.T.reshape(*values.shape[::2], -1)  # (A, D, H)
            lengths = (values @ slices).norm(dim=-1)  # (A, T)
            norms.append(record.probabilities[0] * lengths[:, None, :])
    return stack(norms)


def _mixed(result: EncoderResult) -> DoubleArray:
    """(L, T, T): half the mean of the heads, half the identity; rows sum to 1."""
    if result.attention is None:
        raise ValueError("attention was not kept; call encode with attention=True")
    mean = result.attention.mean(axis=1, dtype=np.float64)
    mean /= mean.sum(axis=-1, keepdims=True)
    mixed: DoubleArray = 0.5 * mean + 0.5 * np.eye(mean.shape[-1])
    return mixed


def _layer_flow(
    capacities: npt.NDArray[np.int32], cancelled: Asked
) -> DoubleArray:
    """(T, T): most flow from each token of the last of these layers (l, T, T) to each input.

    The graph has the source, then the layers l - 1 to 1, then the sink. Other tokens of layer l
    and of the input lie on no path from source to sink. Of the compressed matrix only the first
    row, the edges of the source, and the last entries of the rows of layer 1, the edges into the
    sink, change from pair to pair.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow

    between, tokens = len(capacities) - 1, capacities.shape[1]
    sink = 1 + between * tokens
    inner = (between - 1) * tokens  # rows of the layers l - 1 to 2
    lengths = np.repeat([tokens, tokens, 1, 0], [1, inner, tokens, 1])
    starts = np.concatenate([[0], lengths.cumsum()]).astype(np.int32)
    firsts = 1 + tokens * np.repeat(np.arange(between), [1, *[tokens] * (between - 1)])
    columns = (firsts[:, None] + np.arange(tokens)).ravel()
    places = np.concatenate([columns, np.full(tokens, sink)]).astype(np.int32)
    data = np.concatenate([capacities[-1][0], capacities[-2:0:-1].ravel(), capacities[0][:, 0]])
    graph = csr_array((data, places, starts), shape=(sink + 1, sink + 1))
    flows = np.empty((tokens, tokens))
    for source, leaving in enumerate(capacities[-1]):
        stop_if(cancelled, "attention flow was stopped")
        graph.data[:tokens] = leaving
        for target, arriving in enumerate(capacities[0].T):
            graph.data[-tokens:] = arriving
            flows[source, target] = maximum_flow(graph, 0, sink).flow_value
    return flows / _UNIT
