"""Reading config.json: what a checkpoint's model looks like, before any weight is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bert_core.checkpoint.errors import CheckpointError
from bert_core.config import BertConfig


def read_config(folder: Path) -> BertConfig:
    """The shape of the model in `folder`.

    Raises:
        CheckpointError: when config.json is missing, garbled, or not a BERT's.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise CheckpointError(
            f"{folder} has no config.json; a checkpoint folder holds config.json, "
            "model.safetensors and vocab.txt or tokenizer.json"
        )
    try:
        values: Any = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(values, dict):
        raise CheckpointError(f"{path} should hold one JSON object, not a {type(values).__name__}")
    try:
        return BertConfig.from_dict(values)
    except (ValueError, TypeError) as error:
        raise CheckpointError(f"{path}: {error}") from error
