"""Attention of a training step on a processor, with a backward pass of its own.

B = batch, T = tokens, A = heads, D = head size, H = A x D.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

AT_ONCE = 1_024
"""Tokens worked out together."""


def mixed(joined: Tensor, heads: int, keep: Tensor | None) -> Tensor:
    """What every token gathers, (B, T, H), from queries, keys and values in one (B, T, 3 H).

    Scores are queries times keys: the queries are divided by the root of the head size before.

    Gradients are written where they belong in that one; with plain functions they are put together
    from three, each of which was laid out anew before.

    Args:
        joined: queries, keys and values side by side.
        heads: A.
        keep: (B, 1, 1, T) or (B, 1, T, T) booleans, False where a token does not look; None where
            all look at all.
    """
    found: Tensor = _Mixed.apply(joined, heads, keep)  # type: ignore[no-untyped-call]
    return found


class _Mixed(torch.autograd.Function):
    """A few rows at a time, so that what is worked out for them stays in the processor's cache."""

    @staticmethod
    def forward(ctx: Any, joined: Tensor, heads: int, keep: Tensor | None) -> Tensor:
        rows, tokens, _ = joined.shape
        apart = joined.new_empty(_by_head(joined, 3, heads).shape)  # (3, B, A, T, D)
        chances = joined.new_empty(rows, heads, tokens, tokens)
        gathered = joined.new_empty(rows, tokens, apart.shape[2] * apart.shape[4])
        unseen = None if keep is None else ~keep
        with torch.autocast(joined.device.type, enabled=False):
            for some in _few(rows, tokens):
                parts, given = apart[:, some], _by_head(joined[some], 3, heads)
                parts.copy_(given)
                queries, keys, values = parts.flatten(1, 2)  # (b A, T, D) each
                scores = chances[some].flatten(0, 1)  # (b A, T, T)
                torch.bmm(queries, keys.transpose(1, 2), out=scores)
                if unseen is not None and unseen[some].any():
                    chances[some].masked_fill_(unseen[some], -torch.inf)
                torch.softmax(scores, -1, out=scores)
                found = torch.bmm(scores, values).view_as(parts[0])
                _by_head(gathered[some], 1, heads)[0].copy_(found)
        ctx.save_for_backward(apart, chances)
        return gathered

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        apart, chances = ctx.saved_tensors
        rows, heads, tokens, _ = chances.shape
        result = gradient.new_empty(rows, tokens, 3 * gradient.shape[-1])
        with torch.autocast(gradient.device.type, enabled=False):
            for some in _few(rows, tokens):
                queries, keys, values = apart[:, some].flatten(1, 2)  # (b A, T, D) each
                chance = chances[some].flatten(0, 1)  # (b A, T, T)
                slope = _by_head(gradient[some], 1, heads)[0].flatten(0, 1)
                back = torch.bmm(slope, values.transpose(1, 2))  # of the chances
                torch._softmax_backward_data(back, chance, -1, back.dtype, grad_input=back)
                places = _by_head(result[some], 3, heads)
                places[0].copy_(torch.bmm(back, keys).view_as(places[0]))
                places[1].copy_(torch.bmm(back.transpose(1, 2), queries).view_as(places[1]))
                places[2].copy_(torch.bmm(chance.transpose(1, 2), slope).view_as(places[2]))
        return result, None, None


def _few(rows: int, tokens: int) -> Iterator[slice]:
    count = max(1, AT_ONCE // tokens)
    return (slice(begin, begin + count) for begin in range(0, rows, count))


def _by_head(joined: Tensor, parts: int, heads: int) -> Tensor:
    """(B, T, parts x H) -> (parts, B, A, T, D), sharing memory."""
    return joined.view(*joined.shape[:2], parts, heads, -1).permute(2, 0, 3, 1, 4)
