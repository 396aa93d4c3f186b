"""What a stopped run needs to go on: weights, both moments of the optimizer, and how far it was."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from bert_core.model.bert import Bert

_FILE = "training_state.safetensors"
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


def save_state(
    folder: Path, model: Bert, optimizer: torch.optim.AdamW, step: int, tokens: int
) -> None:
    """Write the state under a temporary name, flush it to the disk, then rename it."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, Tensor] = {}
    for name, parameter in model.named_parameters():
        tensors[f"weight/{name}"] = parameter.detach()
        for moment in _MOMENTS:
            tensors[f"{moment}/{name}"] = optimizer.state[parameter][moment]
    temporary = folder / f"{_FILE}.tmp"
    save_file(tensors, temporary, metadata={"step": str(step), "tokens": str(tokens)})
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.replace(folder / _FILE)


def load_state(folder: Path, model: Bert, optimizer: torch.optim.AdamW) -> tuple[int, int] | None:
    """Put the saved state into the model and the optimizer: (step, tokens); None without one."""
    path = folder / _FILE
    if not path.is_file():
        return None
    with safe_open(path, framework="pt") as file:
        for name, parameter in model.named_parameters():
            parameter.data.copy_(file.get_tensor(f"weight/{name}"))
            optimizer.state[parameter] = {
                moment: file.get_tensor(f"{moment}/{name}").to(parameter.device)
                for moment in _MOMENTS
            }
        saved: dict[str, str] = file.metadata()
    return int(saved["step"]), int(saved["tokens"])
