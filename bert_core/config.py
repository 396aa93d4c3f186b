"""The shape of a BERT model: everything that fixes the size of its weights."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

ACTIVATIONS = ("gelu", "gelu_new", "relu")


@dataclass(frozen=True, kw_only=True)
class BertConfig:
    """Hyperparameters of a BERT encoder (Devlin et al. 2018, section 3), named as published.

    Raises:
        ValueError: when a value is out of range, naming the field, the value and the range.
    """

    vocab_size: int = 30_522
    """Number of entries in the WordPiece vocabulary: rows of the token embedding."""
    hidden_size: int = 768
    """Width of every vector in the model (H in the paper)."""
    num_hidden_layers: int = 12
    """Number of encoder layers (L in the paper)."""
    num_attention_heads: int = 12
    """Attention heads per layer (A in the paper); must divide `hidden_size`."""
    intermediate_size: int = 3_072
    """Width of the feed-forward layer inside each encoder layer; 4 H in the paper."""
    hidden_act: str = "gelu"
    """Activation of the feed-forward layers and of the masked-word head."""
    hidden_dropout_prob: float = 0.1
    """Dropout after embeddings, attention output and feed-forward output, in training only."""
    attention_probs_dropout_prob: float = 0.1
    """Dropout on attention probabilities, in training only."""
    max_position_embeddings: int = 512
    """Longest input, in tokens, special tokens included."""
    type_vocab_size: int = 2
    """Number of segment embeddings (sentence A and sentence B)."""
    layer_norm_eps: float = 1e-12
    """Term added to the variance in layer normalisation."""
    initializer_range: float = 0.02
    """Standard deviation of freshly drawn weights."""
    pad_token_id: int = 0
    """Vocabulary id of `[PAD]`."""

    def __post_init__(self) -> None:
        for name in _SIZES:
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} is {value!r}; it must be a whole number of 1 or more")
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(
                f"hidden_size {self.hidden_size} cannot be split evenly over "
                f"{self.num_attention_heads} attention heads; choose a multiple of the heads"
            )
        if self.hidden_act not in ACTIVATIONS:
            raise ValueError(
                f"hidden_act is {self.hidden_act!r}; it must be one of {', '.join(ACTIVATIONS)}"
            )
        for name in ("hidden_dropout_prob", "attention_probs_dropout_prob"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not 0 <= value < 1:
                raise ValueError(f"{name} is {value!r}; it must be from 0 up to, not including, 1")
        if not isinstance(self.pad_token_id, int) or not 0 <= self.pad_token_id < self.vocab_size:
            raise ValueError(
                f"pad_token_id is {self.pad_token_id!r}; it must be from 0 to {self.vocab_size - 1}"
            )

    @property
    def head_size(self) -> int:
        """Width of one attention head: hidden_size / num_attention_heads."""
        return self.hidden_size // self.num_attention_heads

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> BertConfig:
        """The config held in a Hugging Face `config.json`; fields unknown here are ignored.

        Raises:
            ValueError: for another architecture, or for features BERT as published lacks.
        """
        model_type = values.get("model_type", "bert")
        if model_type != "bert":
            raise ValueError(f"model_type is {model_type!r}; only 'bert' checkpoints can be read")
        positions = values.get("position_embedding_type", "absolute")
        if positions != "absolute":
            raise ValueError(
                f"position_embedding_type is {positions!r}; only 'absolute' can be read"
            )
        if values.get("is_decoder"):
            raise ValueError("is_decoder is true; only encoders, which see both sides, can be read")
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})

    def to_dict(self) -> dict[str, Any]:
        """Plain values under their Hugging Face names, ready for `config.json`."""
        return {"model_type": "bert", "position_embedding_type": "absolute", **asdict(self)}


_SIZES = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "max_position_embeddings",
    "type_vocab_size",
)

PRESETS: dict[str, BertConfig] = {
    "tiny": BertConfig(
        hidden_size=128, num_hidden_layers=2, num_attention_heads=2, intermediate_size=512
    ),
    "bundled": BertConfig(hidden_size=384, num_hidden_layers=6, intermediate_size=1_536),
    "base": BertConfig(),
    "large": BertConfig(
        hidden_size=1_024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4_096
    ),
}
"""Shapes with a name: BERT-base and BERT-large as published, ours, and one for quick tests."""
