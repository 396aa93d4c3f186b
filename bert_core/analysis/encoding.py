"""One text through the model, with everything that can be looked at on the way.

B = batch, T = tokens, H = hidden size, L = layers, A = heads.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bert_core.checkpoint.load import Checkpoint
from bert_core.model.padding import padded
from bert_core.outputs import EncoderResult, Encoding, FloatArray


def tokenise(checkpoint: Checkpoint, text: str, pair: str | None = None) -> Encoding:
    """The text as tokens, cut to the positions the model has.

    Raises:
        ValueError: when there is nothing but spaces.
    """
    encoding = checkpoint.tokenizer.encode(
        text, pair, checkpoint.model.config.max_position_embeddings
    )
    if all(start == end for start, end in encoding.offsets):
        raise ValueError("the text is empty; type a sentence")
    return encoding


def encode(
    checkpoint: Checkpoint, text: str, pair: str | None = None, attention: bool = False
) -> EncoderResult:
    """Hidden states of all layers and, on request, attention, scores, queries and keys.

    Raises:
        ValueError: when the text is empty.
    """
    encoding = tokenise(checkpoint, text, pair)
    ids, segments = as_batch(checkpoint, [encoding.ids], [encoding.segment_ids])
    with torch.inference_mode():
        output = checkpoint.model(ids, segments, record_attention=attention)
    parts = ("probabilities", "scores", "queries", "keys")
    seen = [
        stack([getattr(record, part)[0] for record in output.attention]) if attention else None
        for part in parts
    ]
    pooled = None if output.pooled is None else as_array(output.pooled[0])
    hidden = stack([state[0] for state in output.hidden_states])
    return EncoderResult(encoding, hidden, pooled, *seen)


def as_batch(
    checkpoint: Checkpoint, ids: Sequence[Sequence[int]], segment_ids: Sequence[Sequence[int]]
) -> tuple[Tensor, Tensor]:
    """Rows of equal length as tensors (B, T) on the model's device."""
    device = checkpoint.model.device
    return torch.tensor(ids, device=device), torch.tensor(segment_ids, device=device)


def as_padded_batch(
    checkpoint: Checkpoint, encodings: Sequence[Encoding]
) -> tuple[Tensor, Tensor | None]:
    """Ids (B, T) of texts on the model's device, and where padding is (None: nowhere)."""
    rows = [encoding.ids for encoding in encodings]
    ids, padding = padded(rows, checkpoint.tokenizer.pad_id)
    device = checkpoint.model.device
    return ids.to(device), None if padding is None else padding.to(device)


def as_array(tensor: Tensor) -> FloatArray:
    """The tensor as a float32 array."""
    array: FloatArray = tensor.float().cpu().numpy()
    return array


def stack(tensors: Sequence[Tensor]) -> FloatArray:
    """Tensors of equal shape as one float32 array with a new first axis."""
    return as_array(torch.stack(list(tensors)))
