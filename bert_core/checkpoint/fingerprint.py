"""Which model made a vector, or which one a lens was trained for."""

from __future__ import annotations

import hashlib

import torch

from bert_core.checkpoint.load import Checkpoint

ENCODER = ("embeddings.", "encoder.")
"""The parts that vectors depend on."""
GUESSES = (*ENCODER, "mlm.")
"""The parts that guesses at masked places depend on."""


def fingerprint(checkpoint: Checkpoint, parts: tuple[str, ...] = ENCODER) -> str:
    """SHA-256 of the weights of some parts of the model, as 64 hex digits.

    They are rounded to bfloat16 first, so that a model held in bfloat16 is the same model. (Held
    in float16, a model published in float32 is rounded twice and may count as another.)
    """
    digest = hashlib.sha256()
    for name, weight in sorted(checkpoint.model.state_dict().items()):
        if name.startswith(parts):
            digest.update(f"{name} {tuple(weight.shape)}\n".encode())
            rounded = weight.detach().to("cpu", torch.bfloat16).contiguous()
            digest.update(rounded.view(torch.int16).numpy().tobytes())
    return digest.hexdigest()
