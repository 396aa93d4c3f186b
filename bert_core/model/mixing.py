"""Attention of a training step on a processor, with a backward pass of its own.

B = batch, T = tokens, A = heads, D = head size, H = A x D.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor


def mixed(joined: Tensor, heads: int, keep: Tensor | None) -> Tensor:
    """What every token gathers, (B, T, H), from queries, keys and values in one (B, T, 3 H).

    Gradients are written where they belong in that one; with plain functions they are put together
    from three, each of which was laid out anew before.

    Args:
        joined: queries, keys and values side by side.
        heads: A.
        keep: (B, 1, 1, T) booleans, False at padding; None when there is none.
    """
    found: Tensor = _Mixed.apply(joined, heads, keep)  # type: ignore[no-untyped-call]
    return found


class _Mixed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, joined: Tensor, heads: int, keep: Tensor | None) -> Tensor:
        rows, tokens, _ = joined.shape
        with torch.autocast(joined.device.type, enabled=False):
            queries, keys, values = _heads(joined, 3, heads)  # (B A, T, D) each
            ctx.heads, ctx.scale = heads, 1 / math.sqrt(queries.shape[-1])
            scores = torch.bmm(queries * ctx.scale, keys.transpose(1, 2))  # (B A, T, T)
            if keep is not None:
                shape = (rows, heads, tokens, tokens)
                scores.view(shape).masked_fill_(~keep, -torch.inf)
            chances = scores.softmax(-1)
            gathered = torch.bmm(chances, values).view(rows, heads, tokens, -1)
        ctx.save_for_backward(joined, chances)
        return gathered.transpose(1, 2).flatten(2)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        joined, chances = ctx.saved_tensors
        rows, tokens, _ = joined.shape
        result = torch.empty_like(joined)
        places = result.view(rows, tokens, 3, ctx.heads, -1)
        with torch.autocast(joined.device.type, enabled=False):
            queries, keys, values = _heads(joined, 3, ctx.heads)
            (slope,) = _heads(gradient, 1, ctx.heads)
            back = torch.bmm(slope, values.transpose(1, 2))  # of the chances
            back = torch._softmax_backward_data(back, chances, -1, chances.dtype)  # of the scores
            found = (
                torch.bmm(back, keys).mul_(ctx.scale),
                torch.bmm(back.transpose(1, 2), queries).mul_(ctx.scale),
                torch.bmm(chances.transpose(1, 2), slope),
            )
            for which, one in enumerate(found):
                own = one.view(rows, ctx.heads, tokens, -1)
                places[:, :, which].copy_(own.transpose(1, 2))
        return result, None, None


def _heads(joined: Tensor, parts: int, heads: int) -> list[Tensor]:
    """(B, T, parts x H) -> parts times (B A, T, D)."""
    rows, tokens, _ = joined.shape
    split = joined.reshape(rows, tokens, parts, heads, -1)
    return [
        split[:, :, part].transpose(1, 2).reshape(rows * heads, tokens, -1)
        for part in range(parts)
    ]
