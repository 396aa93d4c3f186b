"""What a run starts from: fresh weights, or an encoder that already reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from bert_core.checkpoint.load import load_checkpoint
from bert_core.config import BertConfig
from bert_core.data.sentence_pairs import TokenisedDocument
from bert_core.model.bert import Bert, initialise
from bert_core.tokenizer import Tokenizer
from bert_core.training.text import token_counts


def from_scratch(config: BertConfig, seed: int) -> Bert:
    """A model with all heads and freshly drawn weights."""
    model = Bert(config)
    initialise(model, seed)
    return model


def from_encoder(
    folder: Path, documents: Sequence[TokenisedDocument], seed: int
) -> tuple[Bert, Tokenizer]:
    """A model with all heads whose encoder is that of `folder`, and its tokenizer.

    Heads the checkpoint lacks are made ready: the masked-word transform near the identity (its
    logits then start as likeness to the token embeddings), its bias from token frequencies.
    """
    checkpoint = load_checkpoint(folder, device="cpu")
    old = checkpoint.model
    model = from_scratch(old.config, seed)
    if old.mlm is None:
        _prepare_masked_word_head(model, documents, seed)
    missing, unexpected = model.load_state_dict(old.state_dict(), strict=False)
    assert not unexpected, unexpected
    assert all(name.startswith(("pooler.", "mlm.", "nsp.")) for name in missing), missing
    return model, checkpoint.tokenizer


def _prepare_masked_word_head(
    model: Bert, documents: Sequence[TokenisedDocument], seed: int
) -> None:
    assert model.mlm is not None
    noise = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        nn.init.normal_(model.mlm.transform.weight, 0.0, 0.01, generator=noise)
        model.mlm.transform.weight += torch.eye(model.config.hidden_size)
        model.mlm.bias.copy_(log_frequencies(documents, model.config.vocab_size))


def log_frequencies(documents: Iterable[TokenisedDocument], vocab_size: int) -> torch.Tensor:
    """(vocabulary,): log relative frequency of every token, one added to each count."""
    counts = 1.0 + token_counts(documents, vocab_size)
    return torch.from_numpy(np.log(counts / counts.sum())).float()
