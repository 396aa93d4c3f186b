"""How far a training is: what a line of its log says."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from bert_core.training.arguments import TrainingArguments


@dataclass(frozen=True)
class Progress:
    """One line of the log: means over the steps since the line before."""

    step: int
    tokens: int
    """Tokens read so far, padding not counted."""
    mlm_loss: float
    nsp_loss: float
    sense_loss: float
    """0 where senses are not contrasted."""
    rate_factor: float
    """Share of the peak learning rate."""
    tokens_per_second: float
    seconds_left: float

    def line(self) -> str:
        """The same in words."""
        senses = f"senses {self.sense_loss:.3f}  " if self.sense_loss else ""
        return (
            f"step {self.step}  {self.tokens / 1e6:.2f} M tokens  masked words "
            f"{self.mlm_loss:.3f}  next sentence {self.nsp_loss:.3f}  {senses}"
            f"{self.tokens_per_second:,.0f} tokens/s  {self.seconds_left / 60:.0f} min left"
        )


class Meter:
    """Means of the losses, and the speed, since it was last read."""

    def __init__(self) -> None:
        self.losses = list[tuple[float, float, float]]()
        self.tokens, self.since = 0, time.monotonic()

    def add(self, losses: tuple[float, float, float], tokens: int) -> None:
        """Note a step: its losses (masked words, next sentence, senses), and its tokens."""
        self.losses.append(losses)
        self.tokens += tokens

    def read(self, step: int, tokens: int, arguments: TrainingArguments) -> Progress:
        """The line of the log for a run that has taken so many steps and read so many tokens."""
        now = time.monotonic()
        speed = self.tokens / max(now - self.since, 1e-9)
        mlm, nsp, sense = np.array(self.losses).mean(axis=0).tolist()
        self.losses, self.tokens, self.since = [], 0, now
        left = max(0, arguments.tokens - tokens)
        factor = arguments.rate_factor(tokens / arguments.tokens)
        return Progress(step, tokens, mlm, nsp, sense, factor, speed, left / speed)
