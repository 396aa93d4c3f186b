"""Writing a checkpoint that `transformers` opens unchanged."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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

    All files are written to a temporary folder inside `folder` and flushed to the disk, and only
    then renamed, so that a failure while writing leaves the old checkpoint as it was.
    """
    with whole_folder(folder) as temporary:
        _write(temporary, model, tokenizer, dtype)


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder to write to; `folder` then has all its files, or is left as it was."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".saving-") as name:
        temporary = Path(name)
        yield temporary
        written = sorted(temporary.iterdir())
        for path in written:
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        for path in written:
            path.replace(folder / path.name)


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
