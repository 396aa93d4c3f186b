"""Writing a checkpoint that `transformers` opens unchanged."""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch
from safetensors.torch import save_file

from bert_core.checkpoint.names import published_name
from bert_core.model.bert import Bert
from bert_core.tokenizer import Tokenizer


def save_checkpoint(
    folder: Path, model: Bert, tokenizer: Tokenizer, dtype: torch.dtype = torch.float16
) -> None:
    """Write config.json, model.safetensors (one file) and the tokenizer's files to `folder`.

    Every file is written under a temporary name, flushed to the disk and renamed, so that a
    crash leaves either the old file or the new one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        published_name(name): tensor.detach().to("cpu", dtype).contiguous()
        for name, tensor in model.state_dict().items()
    }
    temporary = folder / "model.safetensors.tmp"
    save_file(tensors, temporary, metadata={"format": "pt"})
    _replace(temporary, folder / "model.safetensors")
    tokenizer.save(folder)
    config = {
        "architectures": [_architecture(model)],
        **model.config.to_dict(),
        "dtype": str(dtype).removeprefix("torch."),
        "tie_word_embeddings": True,
    }
    temporary = folder / "config.json.tmp"
    temporary.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    _replace(temporary, folder / "config.json")


def _replace(temporary: Path, final: Path) -> None:
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.replace(final)


def _architecture(model: Bert) -> str:
    if model.nsp is not None and model.mlm is not None:
        return "BertForPreTraining"
    if model.nsp is not None:
        return "BertForNextSentencePrediction"
    return "BertForMaskedLM" if model.mlm is not None else "BertModel"
