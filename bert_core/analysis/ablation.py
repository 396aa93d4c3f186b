"""Switching attention heads off, one at a time, to see which of them an answer hangs on.

What a head mixes is replaced by zeros, as in Michel, Levy and Neubig 2019, "Are Sixteen Heads
Really Better than One?"; every token still passes by the head on the residual connection. A head
whose loss changes little may have done something that another one does too.

B = batch, T = tokens, H = hidden size, L = layers, A = heads.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bert_core.analysis.encoding import as_array
from bert_core.analysis.questions import (
    MOST_TOKENS,
    answer_log_probabilities,
    embed,
    log_probabilities,
)
from bert_core.cancel import Asked, stop_if
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import HeadAblation, Question

_Off = tuple[int, int | None]
"""A layer, and the head of it that is off; None for all of them. Both from 0."""


def ablate_heads(
    checkpoint: Checkpoint, question: Question, cancelled: Asked = None
) -> HeadAblation:
    """The answer's probability with each head off, with each layer's heads off, with all off.

    A head leaves the layers below it as they are, so these run once for all; the batch grows layer
    by layer by a row for each head of the layer. That is half of the work of a pass for each head,
    and in batches. No batch holds more than 4,096 tokens, so a long text takes longer, not more
    memory.

    Args:
        checkpoint: the model that the question was made for.
        question: what is asked.
        cancelled: asked before every batch.

    Raises:
        Cancelled: when `cancelled` said so.
    """
    config = checkpoint.model.config
    layers, heads = config.num_hidden_layers, config.num_attention_heads
    experiments: list[_Off] = [
        (layer, head) for layer in range(layers) for head in (*range(heads), None)
    ]
    most = max(1, MOST_TOKENS // len(question.shown_ids))
    with torch.inference_mode():
        embedded = embed(checkpoint, question)  # (1, T, H)
        untouched, _ = checkpoint.model.encoder(embedded, None, False)
        parts = []
        for start in range(0, len(experiments), most):
            stop_if(cancelled, "switching heads off was stopped")
            batch = experiments[start : start + most]
            parts.append(_together(checkpoint, question, untouched, batch))
        none = torch.zeros(1, layers, heads, device=embedded.device)
        all_off = log_probabilities(checkpoint, question, embedded, head_mask=none)
    table = as_array(torch.cat(parts).exp()).reshape(layers, heads + 1)
    return HeadAblation(question, table[:, :-1], float(all_off.exp()), table[:, -1])


def _together(
    checkpoint: Checkpoint,
    question: Question,
    untouched: Sequence[Tensor],
    experiments: Sequence[_Off],
) -> Tensor:
    """The answer's log-probability in each experiment, (B,); they are in the order of layers.

    `untouched` has the hidden states (1, T, H) of layers 0 to L with every head on.
    """
    hidden = untouched[0][:0]  # (0, T, H): none has begun
    for layer in range(experiments[0][0], len(untouched) - 1):
        off = [head for at, head in experiments if at == layer]
        hidden = torch.cat([hidden, untouched[layer].expand(len(off), -1, -1)])
        mask = hidden.new_ones(len(hidden), checkpoint.model.config.num_attention_heads)
        for row, head in enumerate(off, start=len(hidden) - len(off)):
            mask[row, slice(None) if head is None else head] = 0
        hidden, _ = checkpoint.model.encoder.layers[layer](hidden, None, False, mask)
    return answer_log_probabilities(checkpoint, question, hidden)
