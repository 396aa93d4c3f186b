"""Forward passes that never were, with queries, keys and the attention that they make."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bert_core.outputs import EncoderResult, Encoding


def attended(
    tokens: Sequence[str] | int,
    layers: int = 2,
    heads: int = 3,
    size: int = 4,
    b_start: int | None = None,
    seed: int = 1,
) -> EncoderResult:
    """A result on these tokens, or on so many; from `b_start` on they are sentence B's.

    Args:
        tokens: as the tokenizer writes them, or how many.
        layers: of the model.
        heads: in every layer.
        size: of a head's queries and keys.
        b_start: the first token of sentence B.
        seed: of queries and keys.
    """
    named = [f"t{at}" for at in range(tokens)] if isinstance(tokens, int) else list(tokens)
    count = len(named)
    random = np.random.default_rng(seed)
    shape = (layers, heads, count, size)
    queries, keys = (2 * random.normal(size=shape).astype(np.float32) for _ in range(2))
    scores = queries @ keys.swapaxes(-1, -2) / np.sqrt(size)
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    states = np.zeros((layers + 1, count, 2), np.float32)
    encoding = Encoding(
        text=" ".join(named[:b_start]),
        pair=None if b_start is None else " ".join(named[b_start:]),
        tokens=tuple(named), ids=(1,) * count, offsets=((0, 0),) * count,
        word_ids=(None,) * count,
        segment_ids=tuple(int(b_start is not None and at >= b_start) for at in range(count)),
    )  # fmt: skip
    return EncoderResult(
        encoding, states, attention=powers / powers.sum(-1, keepdims=True), scores=scores,
        queries=queries, keys=keys,
    )  # fmt: skip
