"""Everything that fixes the training of a lens, apart from the model and the text."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LensArguments:
    """Settings of one run; the defaults made the bundled lens.

    Raises:
        ValueError: when a value is out of range, naming it.
    """

    steps: int = 600
    batch_tokens: int = 1_024
    """Tokens in a batch, padding included."""
    length: int = 128
    """Longest row, in tokens."""
    mask_rate: float = 0.2
    """Share of tokens that are masked, as in the training of the model."""
    rate: float = 3e-3
    """Peak learning rate of Adam."""
    warmup: float = 0.05
    """Share of the run over which the rate rises from zero; it then falls to zero."""
    places: int = 5_000
    """Masked places of held-out text that the lens is measured at."""
    seed: int = 42

    def __post_init__(self) -> None:
        for name in ("steps", "places"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be 1 or more")
        if not 8 <= self.length <= self.batch_tokens:
            raise ValueError(
                f"length is {self.length}; it must be from 8 to batch_tokens ({self.batch_tokens})"
            )
        for name in ("mask_rate", "warmup"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be between 0 and 1")
        if not 0 < self.rate < math.inf:
            raise ValueError(f"rate is {self.rate}; it must be above 0")
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}; it must be 0 or more")

    def rate_at(self, step: int) -> float:
        """Learning rate of a step, counted from 0: linear up, then linear down."""
        progress = (step + 1) / (self.steps + 1)
        return self.rate * min(progress / self.warmup, (1 - progress) / (1 - self.warmup))
