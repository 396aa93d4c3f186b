"""The optimizer of a run: AdamW with a learning rate for the encoder and one for the heads."""

from __future__ import annotations

import torch
from torch import nn

from bert_core.model.bert import Bert
from bert_core.training.arguments import TrainingArguments


def make_optimizer(model: Bert, arguments: TrainingArguments) -> torch.optim.AdamW:
    """AdamW over all weights; each group holds its highest learning rate as 'peak'."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        body = name.startswith(("embeddings.", "encoder."))
        peak = arguments.body_rate if body else arguments.head_rate
        decay = arguments.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((peak, decay), []).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": parameters, "lr": peak, "peak": peak, "weight_decay": decay}
            for (peak, decay), parameters in groups.items()
        ],
        betas=(0.9, 0.98),
        eps=1e-6,
        fused=True,
    )
