"""Everything that fixes a training run, apart from the text."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bert_core.data.masking import MASKINGS

SENSE_SOURCES = ("wordnet", "text")
PRECISIONS = ("auto", "bfloat16", "float32")


@dataclass(frozen=True, kw_only=True)
class TrainingArguments:
    """Settings of one run; the defaults suit some million tokens from an encoder that can read.

    Raises:
        ValueError: when a value is out of range, naming it.
    """

    tokens: int = 10_000_000
    """Length of the run, in tokens read (padding not counted)."""
    batch_tokens: int = 8_192
    """Tokens in a batch, padding included."""
    accumulate: int = 1
    """Parts a batch is learned in, one after the other, in less memory."""
    precision: str = "auto"
    """Of the products: 'bfloat16', 'float32', or 'auto', bfloat16 where the device has it."""
    length: int = 128
    """Longest row, in tokens."""
    short: float = 0.2
    """Share of the rows made of few sentences, like those people type."""
    single: float = 0.25
    """Share of the rows without a second part, which ask for masked words alone."""
    mask_rate: float = 0.2
    """Share of tokens the model has to answer for; 0.15 as published, and in evaluation."""
    masking: str = "tokens"
    """What is hidden: 'tokens', as published, whole 'words', or 'spans' of words."""
    body_rate: float = 8e-4
    """Peak learning rate of the encoder and its embeddings; a larger model needs a lower one (the
    published BERT had 1e-4)."""
    embedding_rate: float = 0.0
    """Peak learning rate of the embeddings; 0 for that of the encoder."""
    head_rate: float = 1e-3
    """Peak learning rate of the pooler and the heads."""
    warmup: float = 0.06
    """Share of the run over which the learning rate rises from zero; it then falls to zero."""
    weight_decay: float = 0.01
    """Decoupled weight decay, on matrices alone."""
    clip: float = 1.0
    """Largest norm of the gradient."""
    dropout: float = 0.0
    """Dropout while training; a run of one or two passes over the text has no use for it."""
    sense_weight: float = 0.0
    """Weight of the loss that contrasts senses of a word; 0 leaves that objective out."""
    sense_start: float = 0.0
    """Share of the run after which that objective begins."""
    sense_source: str = "wordnet"
    """What it learns from: uses of each sense in 'wordnet', or copies of the 'text' itself."""
    senses: int = 64
    """Senses contrasted in a step, two uses of each."""
    guide_weight: float = 1.0
    """Weight, within that loss, of following a sentence encoder; 0 leaves it out."""
    seed: int = 42
    log_every: int = 20
    """Steps between lines of the log."""
    save_every: int = 100
    """Steps between checkpoints to resume from."""

    def __post_init__(self) -> None:
        counted = "tokens", "batch_tokens", "accumulate", "length", "senses"
        for name in (*counted, "log_every", "save_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be 1 or more")
        if not 8 <= self.length <= self.batch_tokens:
            raise ValueError(
                f"length is {self.length}; it must be from 8 to batch_tokens ({self.batch_tokens})"
            )
        for name in ("mask_rate", "warmup"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be between 0 and 1")
        for name in ("body_rate", "head_rate", "clip"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be above 0")
        for name in ("embedding_rate", "weight_decay", "sense_weight", "guide_weight", "seed"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be 0 or more")
        if self.masking not in MASKINGS:
            raise ValueError(f"masking is {self.masking!r}; it must be {' or '.join(MASKINGS)}")
        if self.sense_source not in SENSE_SOURCES:
            raise ValueError(
                f"sense_source is {self.sense_source!r}; it must be {' or '.join(SENSE_SOURCES)}"
            )
        if self.precision not in PRECISIONS:
            raise ValueError(
                f"precision is {self.precision!r}; it must be {' or '.join(PRECISIONS)}"
            )
        for name in ("dropout", "sense_start"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be from 0 up to 1")
        for name in ("short", "single"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be from 0 to 1")

    def rate_factor(self, progress: float) -> float:
        """Share of the peak learning rate at `progress` (0 to 1): linear up, then linear down."""
        if progress < self.warmup:
            return progress / self.warmup
        return max(0.0, (1 - progress) / (1 - self.warmup))
