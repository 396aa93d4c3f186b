"""The masked-word loss over the whole vocabulary without a second copy of its logits.

N = places to answer for, H = hidden size, V = vocabulary size.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from bert_core.model.activated_linear import product_type

AT_ONCE = 128
"""Places whose logits are turned into probabilities together, in float32."""


def summed_cross_entropy(vectors: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """What `cross_entropy(linear(vectors, weight, bias), targets, reduction="sum")` is, in nats.

    The gradient with respect to the logits is worked out in the forward pass, a few places at a
    time, and written over them; so of the largest tensor of a training step there is one copy, in
    the type of autocast, instead of five in two types.

    Args:
        vectors: (N, H).
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
        kind = vectors.device.type
        fast = product_type(weight)
        ctx.types = vectors.dtype, weight.dtype, bias.dtype
        vectors, weight = vectors.to(fast), weight.to(fast)
        with torch.autocast(kind, enabled=False):
            logits = _rows(len(vectors), len(weight), fast, vectors.device)  # (N, V)
            torch.mm(vectors, weight.t(), out=logits)  # without the bias
            loss = torch.zeros((), dtype=torch.float32, device=vectors.device)
            for part, true in zip(
                torch.split(logits, AT_ONCE), torch.split(targets, AT_ONCE), strict=True
            ):
                likely = (part + bias.float()).log_softmax(1)
                at = true[:, None]
                loss -= likely.gather(1, at).sum()
                slope = likely.exp_()
                slope.scatter_add_(1, at, slope.new_full(at.shape, -1.0))
                part.copy_(slope)
        ctx.save_for_backward(vectors, weight, logits)
        return loss

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        vectors, weight, slopes = ctx.saved_tensors
        own, of_weight, of_bias = ctx.types
        with torch.autocast(vectors.device.type, enabled=False):
            return (
                (slopes @ weight).to(own).mul_(gradient),
                (slopes.t() @ vectors).to(of_weight).mul_(gradient),
                slopes.sum(0, dtype=torch.float32).to(of_bias).mul_(gradient),
                None,
            )


def _rows(count: int, width: int, kind: torch.dtype, device: torch.device) -> Tensor:
    """(count, width), from memory for a round number of rows.

    Their number differs from step to step, and memory for each other one would not be used again.
    """
    return torch.empty(-(-count // AT_ONCE) * AT_ONCE, width, dtype=kind, device=device)[:count]
