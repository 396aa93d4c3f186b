"""A saved tiny checkpoint, and its tensors to spoil."""

from pathlib import Path

import pytest
import torch

from bert_core.checkpoint.save import save_checkpoint
from tests.model.tiny import random_model, tiny_config, tiny_tokenizer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole checkpoint with all heads in float32."""
    path = tmp_path / "tiny"
    save_checkpoint(path, random_model(tiny_config(), seed=31), tiny_tokenizer(), torch.float32)
    return path
