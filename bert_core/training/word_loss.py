"""The masked-word loss over the whole vocabulary without a second copy of its logits.

N = places to answer for, H = hidden size, V = vocabulary size.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from bert_core.model.linear import product, product_type

AT_ONCE, ON_GPU = 64, 128
"""Places whose logits are turned into probabilities together, in float32."""
LEAST = torch.finfo(torch.float32).tiny
"""Of the true token's probability: a place's loss is at most 87 nats."""


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
        vectors, weight = vectors.to(fast), weight.to(fast)
        with torch.autocast(vectors.device.type, enabled=False):
            count = AT_ONCE if vectors.device.type == "cpu" else ON_GPU
            slopes = product(vectors, weight, bias)  # logits as yet
            loss = torch.zeros((), dtype=torch.float32, device=vectors.device)
            of_bias = torch.zeros_like(bias, dtype=torch.float32)
            asked = slopes[: len(targets)]
            slopes[len(targets) :] = 0
            for part, true in zip(
                torch.split(asked, count), torch.split(targets, count), strict=True
            ):
                likely, at = part.softmax(1, dtype=torch.float32), true[:, None]
                loss -= likely.gather(1, at).clamp_min_(LEAST).log_().sum()
                likely.scatter_add_(1, at, likely.new_full(at.shape, -1.0))
                of_bias += likely.sum(0)
                part.copy_(likely)
        ctx.save_for_backward(vectors, weight, slopes, of_bias)
        return loss

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        vectors, weight, slopes, of_bias = ctx.saved_tensors
        own, of_weight, kind = ctx.types
        with torch.autocast(vectors.device.type, enabled=False):
            scaled = (vectors.float() * gradient).to(vectors.dtype)
            return (
                (slopes @ weight).to(own).mul_(gradient),
                (slopes.t() @ scaled).to(of_weight),
                (of_bias * gradient).to(kind),
                None,
            )
