"""Parts of a training step in bfloat16 by the functions of `kernels`, each in one pass.

They work on one thread: where torch has several for an operation, its own are used.

N = vectors, H = values of each.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


def gelu(inputs: Tensor) -> Tensor:
    """`torch.nn.functional.gelu`, with a backward pass of its own."""
    if not _learned(inputs):
        return F.gelu(inputs)
    found: Tensor = _Gelu.apply(inputs)  # type: ignore[no-untyped-call]
    return found


class _Gelu(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor) -> Tensor:
        ctx.save_for_backward(inputs)
        return F.gelu(inputs)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        from bert_core.model import kernels

        (inputs,) = ctx.saved_tensors
        found = torch.empty(inputs.shape, dtype=inputs.dtype)
        kernels.gelu_slope(bits(gradient), bits(inputs), bits(found))
        return found


def normalised_sum(hidden: Tensor, update: Tensor, norm: nn.LayerNorm) -> tuple[Tensor, Tensor]:
    """`norm(hidden + update)`, (.., H): to be added to, and to be multiplied with, where the latter
    may have the type of `update`."""
    if hidden.dtype != torch.float32 or not _learned(update):
        found: Tensor = norm(hidden + update)
        return found, found
    both: tuple[Tensor, Tensor] = _NormalisedSum.apply(  # type: ignore[no-untyped-call]
        hidden, update, norm.weight, norm.bias, norm.eps
    )
    return both


class _NormalisedSum(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, update: Tensor, weight: Tensor, bias: Tensor, eps: float
    ) -> tuple[Tensor, Tensor]:
        from bert_core.model import kernels

        found, scale = hidden.new_empty(hidden.shape), hidden.new_empty(hidden.shape[:-1].numel())
        narrow, units = update.new_empty(hidden.shape), update.new_empty(hidden.shape)
        kernels.normalised_sum(
            _rows(hidden), bits(update), _array(weight), _array(bias), np.float32(eps),
            _rows(found), bits(narrow), bits(units), _array(scale),
        )  # fmt: skip
        ctx.save_for_backward(units, weight, scale)
        ctx.set_materialize_grads(False)
        return found, narrow

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *given: Tensor | None) -> tuple[Tensor | None, ...]:
        from bert_core.model import kernels

        units, weight, scale = ctx.saved_tensors
        found, narrow = weight.new_empty(units.shape), torch.empty_like(units)
        gradient = torch.zeros_like(found) if given[0] is None else given[0]
        other = units.new_empty(0, len(weight)) if given[1] is None else given[1]
        of_weight, of_bias = torch.zeros_like(weight), torch.zeros_like(weight)
        kernels.normalised_sum_slopes(
            _rows(gradient), bits(other), bits(units), _array(weight), _array(scale),
            _rows(found), bits(narrow), _array(of_weight), _array(of_bias),
        )  # fmt: skip
        return found, narrow, of_weight, of_bias, None


def row_sum(rows: Tensor) -> Tensor:
    """`rows.sum(0)`, (H,), of (N, H) without a gradient; in float32 where it is worked out here."""
    if on_one_thread(rows):
        from bert_core.model import kernels

        total = torch.zeros(rows.shape[1])
        kernels.add_rows(bits(rows), _array(total))
        return total
    # As a product, which in bfloat16 takes half the time; sixteen rows of ones, since for a single
    # one another function runs.
    return (rows.new_ones(16, len(rows)) @ rows)[0]


def on_one_thread(tensor: Tensor) -> bool:
    """Whether the functions of `kernels` are the quicker ones for a tensor."""
    narrow = tensor.device.type == "cpu" and tensor.dtype == torch.bfloat16
    return narrow and torch.get_num_threads() == 1


def _learned(tensor: Tensor) -> bool:
    return torch.is_grad_enabled() and tensor.requires_grad and on_one_thread(tensor)


def bits(tensor: Tensor) -> npt.NDArray[np.uint16]:
    """(N, H): those of (.., H) in bfloat16, in its memory where that is in one piece."""
    return _rows(tensor.contiguous().view(torch.int16)).view(np.uint16)


def _rows(tensor: Tensor) -> npt.NDArray[Any]:
    """(.., H) -> (N, H)"""
    return _array(tensor.flatten(0, -2))


def _array(tensor: Tensor) -> npt.NDArray[Any]:
    found: npt.NDArray[Any] = tensor.contiguous().numpy()
    return found
