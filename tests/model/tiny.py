"""Tiny models, inputs and a tokenizer for tests: every weight random, biases and norms too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from bert_core.checkpoint.load import Checkpoint
from bert_core.checkpoint.save import save_checkpoint
from bert_core.config import BertConfig
from bert_core.model.bert import HEADS, Bert
from bert_core.tokenizer import Tokenizer

WORDS = "a boat by fish flows has in long old river runs sea the to town very water".split()
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, "##s", "##ing", "##y", "."]
TINY = {
    "vocab_size": len(VOCABULARY),
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 40,
}


def tiny_config(**changes: Any) -> BertConfig:
    """A config of a few thousand weights, with the changes asked for."""
    return BertConfig(**{**TINY, **changes})


def tiny_tokenizer() -> Tokenizer:
    """A tokenizer of the 26 entries of VOCABULARY."""
    return Tokenizer.from_vocabulary(VOCABULARY)


def randomise(model: nn.Module, seed: int) -> None:
    """Draw every weight in place, so that no two of the same shape can be mixed up unnoticed.

    A fresh model has zero biases and unit norms, between which no test could tell.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            deviation = 0.02 if parameter.ndim > 1 and parameter.shape[-1] > 256 else 0.1
            parameter.normal_(0.0, deviation, generator=generator)
            if parameter.ndim == 1 and name.endswith("weight"):
                parameter.add_(1.0)


def random_model(config: BertConfig, seed: int, heads: tuple[str, ...] = HEADS) -> Bert:
    """A model in evaluation mode with random weights."""
    model = Bert(config, heads)
    randomise(model, seed)
    return model.eval()


def strong_heads(layers: int, seed: int) -> Checkpoint:
    """A model whose heads matter, with 512 positions."""
    model = random_model(tiny_config(num_hidden_layers=layers, max_position_embeddings=512), seed)
    with torch.no_grad():
        for layer in model.encoder.layers:
            for part in layer.attention.children():
                if isinstance(part, nn.Linear):
                    part.weight *= 4
    return Checkpoint("deep", model, tiny_tokenizer(), ())


def saved_tiny(folder: Path, heads: tuple[str, ...] = HEADS, **changes: int) -> str:
    """The folder, with a tiny checkpoint in it; `changes` are of its configuration."""
    model = random_model(tiny_config(**changes), 9, heads)
    save_checkpoint(folder, model, tiny_tokenizer(), torch.float32)
    return str(folder)


def random_batch(
    config: BertConfig, seed: int, lengths: tuple[int, ...] = (13, 9, 4, 1)
) -> tuple[Tensor, Tensor, Tensor]:
    """ids, segment_ids and padding (B, T) of rows of these lengths; the second half is B."""
    generator = torch.Generator().manual_seed(seed)
    shape = (len(lengths), max(lengths))
    places = torch.arange(shape[1])
    padding = places >= torch.tensor(lengths)[:, None]
    ids = torch.randint(0, config.vocab_size, shape, generator=generator)
    segments = (places >= torch.tensor(lengths)[:, None] // 2).long() % config.type_vocab_size
    return ids.masked_fill(padding, config.pad_token_id), segments * ~padding, padding
