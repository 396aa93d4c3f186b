"""Gradients of an answer's log-probability, at one point and along a path.

B = batch, T = tokens, H = hidden size.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

STEPS = 50
"""Points on the path of the integral (Gauss and Legendre's)."""
GRADIENT_TOKENS = 1_024
"""Tokens in one pass that is differentiated, which keeps what every layer computed."""

LogProbabilities = Callable[[Tensor], Tensor]
"""From inputs (B, ...) to one number for each, (B,)."""


def gradient(function: LogProbabilities, point: Tensor) -> Tensor:
    """The gradient (1, ...) at one point (1, ...).

    Only the gradient of the input is computed: the weights, whether they ask for one or not, are
    left without.
    """
    leaf = point.detach().clone().requires_grad_()
    with torch.enable_grad():
        (found,) = torch.autograd.grad(function(leaf).sum(), leaf)
    return found


def integrated_gradients(
    function: LogProbabilities, point: Tensor, baseline: Tensor, tokens: int
) -> Tensor:
    """Integrated gradients (Sundararajan, Taly and Yan 2017), by Captum: (1, ...).

    The gradient, averaged along the straight line from the baseline to the point, times the
    difference of the two. All of it sums to `function(point) - function(baseline)`, but for the
    error of the sum that stands for the integral.

    Args:
        function: what is differentiated.
        point: (1, ...).
        baseline: (1, ...), where nothing is there yet.
        tokens: tokens that each point takes through the model, which bound how many go together.
    """
    from captum.attr import IntegratedGradients

    found: Tensor = IntegratedGradients(function).attribute(
        point, baseline, n_steps=STEPS, internal_batch_size=max(1, GRADIENT_TOKENS // tokens)
    )
    return found
