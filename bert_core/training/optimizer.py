"""The optimizer of a run: AdamW with learning rates for embeddings, encoder and heads."""

from __future__ import annotations

import torch
from torch import nn

from bert_core.model.bert import Bert
from bert_core.training.arguments import TrainingArguments


def make_optimizer(model: Bert, arguments: TrainingArguments) -> torch.optim.AdamW:
    """AdamW over all weights; each group holds its highest learning rate as 'peak'."""
    embeddings = arguments.embedding_rate or arguments.body_rate
    rates = {"embeddings": embeddings, "encoder": arguments.body_rate}
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        peak = rates.get(name.partition(".")[0], arguments.head_rate)
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
