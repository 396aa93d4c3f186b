"""Everything that fixes the training of a task head, apart from the model and the examples."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bert_core.checkpoint.head_file import WHOLE
from bert_core.model.task_head import Pooling

FEWEST_STEPS = 200
"""Steps that a set of few examples is read for, at the least, when layers learn too."""


@dataclass(frozen=True, kw_only=True)
class HeadArguments:
    """Settings of one run.

    Raises:
        ValueError: when a value is out of range, naming it.
    """

    pooling: str = "cls"
    """The vector that is read: at [CLS], or the mean of all tokens' ('mean')."""
    layers: int = 0
    """Layers of the encoder, from the last down, trained too; 0 leaves it frozen, -1 trains all."""
    epochs: int = 0
    """Passes over the examples; 0: as many as the kind of training needs."""
    batch: int = 32
    """Examples in a batch."""
    rate: float = 1e-3
    """Peak learning rate of the head."""
    body_rate: float = 0.0
    """Peak learning rate of the encoder's layers; 0: 3e-4 for some layers, 5e-5 for all."""
    warmup: float = 0.06
    """Share of the run over which the rate rises from zero; it then falls to zero."""
    weight_decay: float = 0.01
    dropout: float = 0.1
    """Before the classifier."""
    length: int = 128
    """Tokens of a text that are read, [CLS] and [SEP] included."""
    seed: int = 42

    def __post_init__(self) -> None:
        if self.pooling not in ("cls", "mean"):
            raise ValueError(f"pooling is {self.pooling!r}; it must be cls or mean")
        for name, least in (("layers", -1), ("epochs", 0), ("batch", 1), ("length", 4),
                            ("seed", 0)):  # fmt: skip
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be {least} or more")
        if not 0 < self.rate < math.inf:
            raise ValueError(f"rate is {self.rate}; it must be above 0")
        for name in ("body_rate", "weight_decay"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be 0 or more")
        for name in ("warmup", "dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be from 0 up to 1")

    def passes(self, examples: int) -> int:
        """Passes over so many examples: short sets are read more often."""
        if self.epochs:
            return self.epochs
        steps, least, most = (400, 5, 30) if self.layers == 0 else (FEWEST_STEPS, 3, 20)
        a_pass = math.ceil(examples / self.batch)
        return min(most, max(least, math.ceil(steps / max(1, a_pass))))

    @property
    def pooled(self) -> Pooling:
        """`pooling`, once it is known to be one."""
        return "mean" if self.pooling == "mean" else "cls"

    @property
    def encoder_rate(self) -> float:
        """Peak learning rate of the encoder's layers."""
        return self.body_rate or (5e-5 if self.layers == WHOLE else 3e-4)

    def rate_factor(self, progress: float) -> float:
        """Share of the peak rate at `progress` (0 to 1): linear up, then linear down."""
        if progress < self.warmup:
            return progress / self.warmup
        return max(0.0, (1 - progress) / (1 - self.warmup))
