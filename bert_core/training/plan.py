"""What is asked of a training that somebody watches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bert_core.config import BertConfig
from bert_core.data.documents import Document
from bert_core.training.arguments import TrainingArguments

SCRATCH = "scratch"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is asked for.

    Raises:
        ValueError: when a shape cannot be, naming what would be right.
    """

    text: str
    """What the text is called."""
    documents: Callable[[], list[Document]]
    """Reads it, when its turn has come."""
    start: str = SCRATCH
    """SCRATCH, or the checkpoint that is trained on."""
    layers: int = 2
    width: int = 128
    heads: int = 2
    minutes: float | None = None
    """How long to learn, at the speed that is measured; None: `arguments.tokens`."""
    arguments: TrainingArguments = field(default_factory=TrainingArguments)

    def __post_init__(self) -> None:
        if self.start == SCRATCH:
            self.config(1)

    def config(self, vocabulary: int) -> BertConfig:
        """The shape of a model from scratch."""
        return BertConfig(
            vocab_size=vocabulary, hidden_size=self.width, num_hidden_layers=self.layers,
            num_attention_heads=self.heads, intermediate_size=4 * self.width,
            max_position_embeddings=self.arguments.length,
        )  # fmt: skip

    @property
    def title(self) -> str:
        """What the model is called that comes of it."""
        if self.start == SCRATCH:
            return f"{self.text}, {self.layers} × {self.width} from scratch"
        return f"{self.start.rstrip('/').split('/')[-1]}, trained on with {self.text}"
