"""An activation and the linear layer behind it, which keep less for the backward pass.

I = features before, H = features after.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

Activation = Callable[[Tensor], Tensor]


def activated_linear(
    inputs: Tensor, weight: Tensor, bias: Tensor, activation: Activation
) -> Tensor:
    """`linear(activation(inputs), weight, bias)`; the activation is worked out again for gradients.

    It takes a hundredth of a training step, and its output would be the largest tensor of a layer.

    Args:
        inputs: (.., I).
        weight: (H, I).
        bias: (H,).
        activation: a function of each number alone.

    Returns:
        (.., H), in the type of autocast where that is on.
    """
    found: Tensor = _ActivatedLinear.apply(  # type: ignore[no-untyped-call]
        inputs, weight, bias, activation
    )
    return found


class _ActivatedLinear(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor, activation: Activation
    ) -> Tensor:
        ctx.activation, ctx.fast = activation, product_type(inputs)
        ctx.save_for_backward(inputs, weight, bias)
        return F.linear(activation(inputs), weight, bias)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        inputs, weight, bias = ctx.saved_tensors
        with torch.autocast(gradient.device.type, enabled=False):
            with torch.enable_grad():
                inputs = inputs.detach().requires_grad_()
                active = ctx.activation(inputs)
            rows, slope = active.detach().flatten(0, -2), gradient.flatten(0, -2)
            back = (slope @ weight.to(ctx.fast)).view_as(active)
            return (
                torch.autograd.grad(active, inputs, back.to(active.dtype))[0],
                (slope.t() @ rows.to(ctx.fast)).to(weight.dtype),
                slope.sum(0, dtype=torch.float32).to(bias.dtype),
                None,
            )


def product_type(tensor: Tensor) -> torch.dtype:
    """The type in which a matrix product with `tensor` is worked out: autocast's, if that is on."""
    kind = tensor.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else tensor.dtype
