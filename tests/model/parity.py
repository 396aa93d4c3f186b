"""The reference: BERT of `transformers`, and one assertion that ours gives the same numbers."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor
from transformers import BertConfig as PublishedConfig
from transformers import BertForPreTraining, PreTrainedModel

from bert_core.config import BertConfig
from bert_core.model.bert import Bert
from tests.model.tiny import randomise

TOLERANCE = 1e-5


def published_model(config: BertConfig, seed: int) -> BertForPreTraining:
    """The reference model of this shape, with random weights, in evaluation mode."""
    values = config.to_dict()
    del values["model_type"]
    model = BertForPreTraining(PublishedConfig(**values, attn_implementation="eager"))
    randomise(model, seed)
    return model.eval()


def close(name: str, found: Tensor, expected: Tensor, tolerance: float = TOLERANCE) -> None:
    """Fail, with the difference, unless both are alike in type and shape and close in value."""
    assert found.dtype == expected.dtype, f"{name}: {found.dtype}, expected {expected.dtype}"
    assert found.shape == expected.shape, f"{name}: {found.shape}, expected {expected.shape}"
    difference = (found - expected).abs().max().item()
    assert difference <= tolerance, f"{name} differs by {difference:.2e}"


@torch.inference_mode()
def assert_same_results(
    ours: Bert,
    theirs: PreTrainedModel,
    batch: tuple[Tensor, Tensor, Tensor],
    tolerance: float = TOLERANCE,
) -> None:
    """Logits of both heads, pooled vector, all hidden states and all attention are the same.

    The fused kernel, which runs when attention is not asked for, gives the same states too.
    """
    ids, segments, padding = batch
    expected = theirs(
        input_ids=ids,
        token_type_ids=segments,
        attention_mask=(~padding).long(),
        output_hidden_states=True,
        output_attentions=True,
    )
    layers, same = ours.config.num_hidden_layers, partial(close, tolerance=tolerance)
    assert len(expected.hidden_states) == layers + 1 and len(expected.attentions) == layers
    for record in (True, False):
        output = ours(ids, segments, padding, record_attention=record)
        assert len(output.hidden_states) == layers + 1
        assert len(output.attention) == (layers if record else 0)
        for at, state in enumerate(expected.hidden_states):
            same(f"hidden state {at}", output.hidden_states[at], state)
        for at, seen in enumerate(output.attention):
            same(f"attention {at}", seen.probabilities, expected.attentions[at])
        if ours.mlm is not None:
            logits = expected.get("prediction_logits", expected.get("logits"))
            same("masked-word logits", ours.mlm(output.last), logits)
        if ours.pooler is not None and theirs.bert.pooler is not None:
            pooled = theirs.bert.pooler(expected.hidden_states[-1])
            same("pooled", output.pooled, pooled)
        if ours.nsp is not None and "seq_relationship_logits" in expected:
            logits = expected.seq_relationship_logits
            same("next-sentence logits", ours.nsp(output.pooled), logits)
