"""The masked-word loss over the whole vocabulary without a second copy of its logits.

N = places to answer for, H = hidden size, V = vocabulary size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from bert_core.model.fused import bits, on_one_thread
from bert_core.model.linear import product, product_type

AT_ONCE, ON_GPU = 64, 128
"""Places whose logits are turned into probabilities together, in float32."""
LEAST = torch.finfo(torch.float32).tiny
"""Of the true token's probability: a place's loss is at most 87 nats."""
PART = 4_096
"""Entries of the vocabulary whose logits are worked out together, where one thread does it: a
product with 30,522 at once takes more than twice the time."""


def summed_cross_entropy(vectors: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """What `cross_entropy(linear(vectors, weight, bias), targets, reduction="sum")` is, in nats.

    The gradient with respect to the logits is worked out in the forward pass, a few places at a
    time, and written over them; so of the largest tensor of a training step there is one copy, in
    the type of autocast, instead of five in two types.

    Args:
        vectors: (N, H), or more: those beyond the targets are left out.
        weight: (V, H).
        bias: (V,).
        targets: (N,), ids of the true tokens.
    """
    found: Tensor = _SummedCrossEntropy.apply(  # type: ignore[no-untyped-call]
        vectors, weight, bias, targets
    )
    return found


class _SummedCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, vectors: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
        fast = product_type(weight)
        ctx.types = vectors.dtype, weight.dtype, bias.dtype
        vectors, weight, bias = vectors.to(fast), weight.to(fast), bias.float()
        with torch.autocast(vectors.device.type, enabled=False):
            losses = _in_one_pass if on_one_thread(vectors) else _in_steps
            slopes, loss, of_bias = losses(vectors, weight, bias, targets)
            slopes[len(targets) :] = 0
        ctx.save_for_backward(vectors, weight, of_bias)
        ctx.slopes = slopes  # not with the others, which are kept until all is done
        return loss

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        vectors, weight, of_bias = ctx.saved_tensors
        slopes, ctx.slopes = ctx.slopes, None
        own, of_weight, kind = ctx.types
        with torch.autocast(vectors.device.type, enabled=False):
            scaled = (vectors.float() * gradient).to(vectors.dtype)
            of_vectors, of_entries = slopes @ weight, slopes.t() @ scaled
            del slopes
            return (
                of_vectors.to(own).mul_(gradient),
                of_entries.to(of_weight),
                (of_bias * gradient).to(kind),
                None,
            )


Found = tuple[Tensor, Tensor, Tensor]
"""The gradient with respect to the logits (N, V), as far as there are targets, the loss, and the
bias' gradient (V,)."""


def _in_one_pass(vectors: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Found:
    from bert_core.model import kernels

    slopes, of_bias = vectors.new_empty(len(vectors), len(weight)), torch.zeros_like(bias)
    parts = zip(torch.split(weight, PART), torch.split(slopes, PART, dim=1), strict=True)
    for entries, logits in parts:
        torch.mm(vectors, entries.t(), out=logits)
    asked, arrays = slopes[: len(targets)], (bias.numpy(), targets.numpy())
    loss = kernels.cross_entropy(bits(asked), *arrays, np.float32(LEAST), of_bias.numpy())
    return slopes, torch.tensor(loss, dtype=torch.float32), of_bias


def _in_steps(vectors: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Found:
    slopes, of_bias = product(vectors, weight, bias), torch.zeros_like(bias)
    loss = torch.zeros((), dtype=torch.float32, device=vectors.device)
    asked, count = slopes[: len(targets)], AT_ONCE if vectors.device.type == "cpu" else ON_GPU
    for part, true in zip(torch.split(asked, count), torch.split(targets, count), strict=True):
        likely, at = part.softmax(1, dtype=torch.float32), true[:, None]
        loss -= likely.gather(1, at).clamp_min_(LEAST).log_().sum()
        likely.scatter_add_(1, at, likely.new_full(at.shape, -1.0))
        of_bias += likely.sum(0)
        part.copy_(likely)
    return slopes, loss, of_bias
