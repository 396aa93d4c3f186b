"""Writing a checkpoint that `transformers` opens unchanged."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from bert_core.checkpoint.names import published_name
from bert_core.checkpoint.whole_folder import whole_folder
from bert_core.model.bert import Bert
from bert_core.tokenizer import Tokenizer


def save_checkpoint(
    folder: Path, model: Bert, tokenizer: Tokenizer, dtype: torch.dtype = torch.float16
) -> None:
    """Write config.json, model.safetensors (one file) and the tokenizer's files to `folder`.

    All or none of them are new: a failure while writing leaves the old checkpoint as it was.

    Raises:
        OSError: when they cannot be written.
    """
    with whole_folder(folder) as temporary:
        _write(temporary, model, tokenizer, dtype)


def _write(folder: Path, model: Bert, tokenizer: Tokenizer, dtype: torch.dtype) -> None:
    tensors = {
        published_name(name): tensor.detach().to("cpu", dtype).contiguous()
        for name, tensor in model.state_dict().items()
    }
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    tokenizer.save(folder, model.config.max_position_embeddings)
    config = {
        "architectures": [_architecture(model)],
        **model.config.to_dict(),
        "dtype": str(dtype).removeprefix("torch."),
        "tie_word_embeddings": True,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _architecture(model: Bert) -> str:
    if model.nsp is not None and model.mlm is not None:
        return "BertForPreTraining"
    if model.nsp is not None:
        return "BertForNextSentencePrediction"
    return "BertForMaskedLM" if model.mlm is not None else "BertModel"
