"""Linear layers of a training step on a processor, in less time.

I = features before, H = features after.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bert_core.model.fused import row_sum


class Linear(nn.Linear):
    """`torch.nn.Linear` by the function `linear`."""

    def forward(self, input: Tensor) -> Tensor:
        """(.., H) from (.., I)."""
        return linear(input, self.weight, self.bias)


def linear(inputs: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """`torch.nn.functional.linear`, where a processor learns in bfloat16 in less time.

    Args:
        inputs: (.., I).
        weight: (H, I).
        bias: (H,).

    Returns:
        (.., H), in the type of autocast where that is on.
    """
    learned = torch.is_grad_enabled() and (weight.requires_grad or inputs.requires_grad)
    if not (learned and _adds(inputs.device, product_type(inputs))):
        return F.linear(inputs, weight, bias)
    found: Tensor = _Linear.apply(inputs, weight, bias)  # type: ignore[no-untyped-call]
    return found


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        fast = product_type(inputs)
        ctx.types = inputs.dtype, weight.dtype, bias.dtype
        inputs, weight = inputs.to(fast), weight.to(fast)
        ctx.save_for_backward(inputs, weight)
        return product(inputs, weight, bias)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        inputs, weight = ctx.saved_tensors
        own, of_weight, of_bias = ctx.types
        first, second, third = ctx.needs_input_grad
        rows, slope = inputs.flatten(0, -2), gradient.flatten(0, -2)
        with torch.autocast(gradient.device.type, enabled=False):
            return (
                (gradient @ weight).to(own) if first else None,
                (_turned(slope, rows) @ rows).to(of_weight) if second else None,
                row_sum(slope).to(of_bias) if third else None,
            )


def _turned(slope: Tensor, rows: Tensor) -> Tensor:
    """`slope.t()`, laid out anew where the product with `rows` would do so over and over."""
    return slope.t().contiguous() if slope.shape[1] < rows.shape[1] else slope.t()


def product(inputs: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """`torch.nn.functional.linear` without gradients, in the one type of `inputs` and `weight`.

    In bfloat16 on a processor that one copies the bias to every row before it multiplies, which
    takes a fifth of the time; the product that torch keeps for its compiler adds it itself.
    """
    bias = bias.to(weight.dtype)
    with torch.autocast(inputs.device.type, enabled=False):
        if not _adds(inputs.device, inputs.dtype):
            return F.linear(inputs, weight, bias)
        found: Tensor = torch.ops.mkldnn._linear_pointwise(inputs, weight, bias, "none", [], "")
        return found


def _adds(device: torch.device, kind: torch.dtype) -> bool:
    """Whether there is a product that adds the bias itself."""
    if device.type != "cpu" or kind != torch.bfloat16 or not torch.backends.mkldnn.enabled:
        return False
    return hasattr(torch.ops.mkldnn, "_linear_pointwise") and bool(
        torch.ops.mkldnn._is_mkldnn_bf16_supported()
    )


def product_type(tensor: Tensor) -> torch.dtype:
    """The type in which a matrix product with `tensor` is worked out: autocast's, if that is on."""
    kind = tensor.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else tensor.dtype
