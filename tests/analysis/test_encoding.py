"""One text through the model."""

import numpy as np
import pytest
import torch

from bert_core.analysis.encoding import encode, tokenise
from bert_core.analysis.predictions import masked_words
from bert_core.checkpoint.load import Checkpoint
from tests.analysis.conftest import POSITIONS, Reference

TEXT, PAIR = "The old river flows to the sea.", "Boats has fish."


def test_shapes_follow_the_model(bert: Checkpoint) -> None:
    config = bert.model.config
    result = encode(bert, TEXT, attention=True)
    tokens = len(result.encoding)
    square = (config.num_hidden_layers, config.num_attention_heads, tokens, tokens)
    head = (*square[:3], config.head_size)
    assert result.hidden_states.shape == (config.num_hidden_layers + 1, tokens, config.hidden_size)
    assert result.attention is not None and result.attention.shape == square
    assert result.scores is not None and result.scores.shape == square
    assert result.queries is not None and result.queries.shape == head
    assert result.keys is not None and result.keys.shape == head
    assert result.pooled is not None and result.pooled.shape == (config.hidden_size,)
    assert result.hidden_states.dtype == result.attention.dtype == np.float32


def test_attention_is_the_softmax_of_queries_times_keys(bert: Checkpoint) -> None:
    result = encode(bert, TEXT, PAIR, attention=True)
    assert result.attention is not None and result.scores is not None
    assert result.queries is not None and result.keys is not None
    np.testing.assert_allclose(result.attention.sum(-1), 1, atol=1e-6)
    scores = result.queries @ result.keys.swapaxes(-1, -2) / np.sqrt(bert.model.config.head_size)
    np.testing.assert_allclose(result.scores, scores, atol=1e-5)
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    np.testing.assert_allclose(result.attention, powers / powers.sum(-1, keepdims=True), atol=1e-5)


@pytest.mark.parametrize("pair", [None, PAIR])
def test_everything_equals_transformers(
    bert: Checkpoint, reference: Reference, pair: str | None
) -> None:
    result = encode(bert, TEXT, pair, attention=True)
    ids = torch.tensor([result.encoding.ids])
    segments = torch.tensor([result.encoding.segment_ids])
    reference.encoder.set_attn_implementation("eager")
    with torch.inference_mode():
        expected = reference.encoder(
            ids, token_type_ids=segments, output_hidden_states=True, output_attentions=True
        )
    assert result.attention is not None
    for at, state in enumerate(expected.hidden_states):
        np.testing.assert_allclose(result.hidden_states[at], state[0].numpy(), atol=1e-5)
    for at, seen in enumerate(expected.attentions):
        np.testing.assert_allclose(result.attention[at], seen[0].numpy(), atol=1e-5)
    np.testing.assert_allclose(result.pooled, expected.pooler_output[0].numpy(), atol=1e-5)


def test_predictions_are_made_from_the_last_hidden_state(bert: Checkpoint) -> None:
    text = "the [MASK] flows to the [MASK]"
    states = encode(bert, text).hidden_states[-1]
    for place in masked_words(bert, tokenise(bert, text), {}).predictions:
        np.testing.assert_allclose(place.hidden, states[place.position], atol=1e-5)


def test_attention_comes_on_request_alone_and_changes_nothing(bert: Checkpoint) -> None:
    plain, full = encode(bert, TEXT), encode(bert, TEXT, attention=True)
    assert (plain.attention, plain.scores, plain.queries, plain.keys) == (None,) * 4
    np.testing.assert_allclose(plain.hidden_states, full.hidden_states, atol=1e-5)


def test_a_model_without_pooler_has_no_pooled_vector(without) -> None:
    assert encode(without("mlm"), TEXT).pooled is None


def test_a_long_text_is_cut_to_the_positions_of_the_model(bert: Checkpoint) -> None:
    result = encode(bert, "sea " * 100)
    assert len(result.encoding) == result.hidden_states.shape[1] == POSITIONS
    assert result.encoding.truncation is not None
    assert result.encoding.truncation.tokens_dropped == 102 - POSITIONS


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u200b", "\x00"])
def test_a_text_without_a_token_is_refused(bert: Checkpoint, text: str) -> None:
    with pytest.raises(ValueError, match="empty; type a sentence"):
        encode(bert, text)
