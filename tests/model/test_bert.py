"""What must hold of one forward pass, whatever the weights."""

import math
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from bert_core.config import BertConfig
from bert_core.model.bert import HEADS, Bert, initialise
from bert_core.training.loop import set_dropout
from tests.model.parity import close
from tests.model.tiny import random_batch, random_model, tiny_config


@pytest.fixture(autouse=True)
def _no_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


@pytest.fixture
def batch(config: BertConfig) -> tuple[Tensor, Tensor, Tensor]:
    return random_batch(config, seed=21)


def test_shapes_are_those_documented(model: Bert, batch: tuple[Tensor, ...]) -> None:
    output = model(*batch, record_attention=True)
    rows, tokens, width, heads = 4, 13, 32, 4
    assert [tuple(state.shape) for state in output.hidden_states] == [(rows, tokens, width)] * 3
    assert output.last is output.hidden_states[-1]
    assert output.pooled is not None and output.pooled.shape == (rows, width)
    assert len(output.attention) == 2
    for seen in output.attention:
        assert seen.probabilities.shape == seen.scores.shape == (rows, heads, tokens, tokens)
        for part in (seen.queries, seen.keys, seen.values):
            assert part.shape == (rows, heads, tokens, width // heads)
    assert model.mlm is not None and model.nsp is not None
    assert model.mlm(output.last).shape == (rows, tokens, model.config.vocab_size)
    assert model.nsp(output.pooled).shape == (rows, 2)


def test_every_row_of_attention_sums_to_one(model: Bert, batch: tuple[Tensor, ...]) -> None:
    for seen in model(*batch, record_attention=True).attention:
        assert (seen.probabilities >= 0).all()
        close("sum", seen.probabilities.sum(-1), torch.ones(seen.probabilities.shape[:-1]))


def test_nothing_attends_to_padding(model: Bert, batch: tuple[Tensor, ...]) -> None:
    padding = batch[2]
    assert padding.any()
    for seen in model(*batch, record_attention=True).attention:
        to_padding = seen.probabilities.masked_select(padding[:, None, None, :])
        assert to_padding.numel() and (to_padding == 0).all()
        to_tokens = seen.probabilities.masked_select(~padding[:, None, None, :])
        assert (to_tokens > 0).all()


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("record", [True, False])
def test_places_that_are_read_are_as_if_all_were(
    training: bool, record: bool, model: Bert, batch: tuple[Tensor, ...]
) -> None:
    """In any order, one of them twice, behind padding."""
    read = torch.tensor([[0, 3, 1, 3], [0, 8, 2, 0], [0, 1, 0, 0], [0, 2, 1, 0]])
    mask = torch.rand(4, 2, 4, generator=torch.Generator().manual_seed(22))
    set_dropout(model, 0.0)
    model.train(training)
    whole = model(*batch, record_attention=True, head_mask=mask)
    part = model(*batch, record_attention=record, head_mask=mask, read=read)
    (states,) = part.hidden_states
    at = torch.arange(4)[:, None]
    close("states", states, whole.last[at, read])
    assert part.pooled is not None and whole.pooled is not None
    close("pooled", part.pooled, whole.pooled)
    for seen, other in zip(part.attention, whole.attention, strict=record):
        rows = other.probabilities
        expected = rows if seen is part.attention[0] else rows[at, :, read].transpose(1, 2)
        close("attention", seen.probabilities, expected)


@pytest.mark.parametrize("record", [True, False])
def test_padding_does_not_change_a_sentence(
    model: Bert, batch: tuple[Tensor, ...], record: bool
) -> None:
    ids, segments, padding = batch
    together = model(ids, segments, padding, record_attention=record)
    for row, length in enumerate((~padding).sum(1).tolist()):
        alone = model(ids[row : row + 1, :length], segments[row : row + 1, :length], None, record)
        for name, found, expected in zip(
            "012", together.hidden_states, alone.hidden_states, strict=True
        ):
            close(f"hidden state {name}", found[row : row + 1, :length], expected)
        close("pooled", together.pooled[row : row + 1], alone.pooled)


def test_what_stands_at_padding_does_not_matter(model: Bert, batch: tuple[Tensor, ...]) -> None:
    ids, segments, padding = batch
    other = torch.where(padding, torch.full_like(ids, 7), ids)
    for record in (True, False):
        first, second = (model(given, segments, padding, record).last for given in (ids, other))
        assert torch.equal(first[~padding], second[~padding])


def test_scores_are_scaled_products_and_their_softmax_the_attention(
    model: Bert, batch: tuple[Tensor, ...]
) -> None:
    padding = batch[2]
    for seen in model(*batch, record_attention=True).attention:
        products = torch.einsum("bhid,bhjd->bhij", seen.queries, seen.keys)
        close("scores", seen.scores, products / math.sqrt(model.config.head_size))
        left_out = seen.scores.masked_fill(padding[:, None, None, :], -math.inf)
        close("probabilities", seen.probabilities, left_out.exp() / left_out.exp().sum(-1, True))


def test_queries_keys_and_values_are_those_of_the_layer(
    model: Bert, batch: tuple[Tensor, ...]
) -> None:
    output = model(*batch, record_attention=True)
    for at, seen in enumerate(output.attention):
        layer = model.encoder.layers[at].attention
        for name, found in (("query", seen.queries), ("key", seen.keys), ("value", seen.values)):
            joined = found.transpose(1, 2).flatten(2)
            close(name, joined, getattr(layer, name)(output.hidden_states[at]))


@pytest.mark.parametrize("record", [True, False])
def test_a_head_mask_of_ones_changes_nothing(
    model: Bert, batch: tuple[Tensor, ...], record: bool
) -> None:
    plain = model(*batch, record_attention=record)
    masked = model(*batch, record_attention=record, head_mask=torch.ones(4, 2, 4))
    assert all(map(torch.equal, masked.hidden_states, plain.hidden_states))


@pytest.mark.parametrize("record", [True, False])
def test_a_head_that_is_off_gives_nothing_to_the_output_projection(
    model: Bert, batch: tuple[Tensor, ...], record: bool
) -> None:
    """Row i of the batch has another head off: as a model without that slice of the projection."""
    off, size = [(0, 0), (0, 3), (1, 1), None], model.config.head_size
    mask = torch.ones(4, 2, 4)
    for row, place in enumerate(off):
        if place is not None:
            mask[(row, *place)] = 0
    found = model(*batch, record_attention=record, head_mask=mask).last
    for row, place in enumerate(off):
        cut = random_model(model.config, seed=11)
        if place is not None:
            layer, head = place
            weight = cut.encoder.layers[layer].attention.output.weight
            weight[:, head * size : (head + 1) * size] = 0
        close(f"{place} off", found[row], cut(*batch, record_attention=record).last[row])
    assert (found[:3] - model(*batch).last[:3]).abs().amax((1, 2)).min() > 1e-3


def test_asking_for_attention_changes_nothing(model: Bert, batch: tuple[Tensor, ...]) -> None:
    with_, without = (model(*batch, record_attention=record) for record in (True, False))
    assert len(with_.attention) == 2 and without.attention == []
    for found, expected in zip(with_.hidden_states, without.hidden_states, strict=True):
        close("hidden state", found, expected)
    close("pooled", with_.pooled, without.pooled)


def test_segments_and_order_matter(model: Bert, batch: tuple[Tensor, ...]) -> None:
    ids, segments, _ = batch
    row, all_b = ids[:1], torch.ones_like(segments[:1])
    alone = model(row).last
    assert torch.equal(alone, model(row, torch.zeros_like(row)).last), "without segments all is A"
    assert (alone - model(row, all_b).last).abs().max() > 1e-3
    assert (alone.flip(1) - model(row.flip(1)).last).abs().max() > 1e-3


@pytest.mark.parametrize("record", [True, False])
@pytest.mark.parametrize("which", ["hidden_dropout_prob", "attention_probs_dropout_prob"])
def test_training_drops_out_and_evaluation_does_not(which: str, record: bool) -> None:
    none = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    config = tiny_config(**{**none, which: 0.3})
    model, batch = random_model(config, seed=22), random_batch(config, seed=23)
    first, second = (model(*batch, record_attention=record).last for _ in range(2))
    assert torch.equal(first, second)
    model.train()
    torch.manual_seed(0)
    dropped, again = (model(*batch, record_attention=record).last for _ in range(2))
    assert (dropped - again).abs().max() > 1e-3 and (dropped - first).abs().max() > 1e-3
    still = random_model(tiny_config(**none), seed=22).train()
    close("no dropout", still(*batch, record_attention=record).last, first)


def test_every_place_that_drops_out_is_passed_as_published(config: BertConfig) -> None:
    """Once after the embeddings; in a layer after attention, its output and the feed-forward."""
    model, calls = random_model(config, seed=22).train(), list[str]()
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Dropout):
            module.register_forward_hook(lambda *_, name=name: calls.append(name))
    model(*random_batch(config, seed=23), record_attention=True)
    layer = ["attention.dropout", "dropout", "dropout"]
    assert calls == ["embeddings.dropout"] + [
        f"encoder.layers.{at}.{name}" for at in range(2) for name in layer
    ]


def test_fresh_weights_are_those_of_the_seed() -> None:
    config = tiny_config(hidden_size=64, vocab_size=500, initializer_range=0.05)
    first, second, other = Bert(config), Bert(config), Bert(config)
    for model, seed in ((first, 1), (second, 1), (other, 2)):
        initialise(model, seed)
    assert all(map(torch.equal, first.state_dict().values(), second.state_dict().values()))
    assert not torch.equal(first.embeddings.token.weight, other.embeddings.token.weight)
    for name, weight in first.state_dict().items():
        if weight.ndim == 1:
            assert (weight == (1 if "norm.weight" in name else 0)).all(), name
        else:
            assert weight.std().item() == pytest.approx(0.05, rel=0.25), name
            assert abs(weight.mean().item()) < 0.02, name
    assert (first.embeddings.token.weight[config.pad_token_id] == 0).all()


def test_the_decoder_is_the_token_embedding(model: Bert) -> None:
    changed = random_model(model.config, seed=11)
    states = torch.ones(1, 3, model.config.hidden_size)
    assert changed.mlm is not None
    assert not any("decoder" in name for name, _ in changed.named_parameters())
    before = changed.mlm(states)
    changed.embeddings.token.weight[7] *= 2
    after = changed.mlm(states)
    bias = changed.mlm.bias[7]
    close("logit", after[..., 7] - bias, 2 * (before[..., 7] - bias))
    assert torch.equal(after[..., 8:], before[..., 8:])


def test_a_head_that_is_missing_is_none() -> None:
    bare = random_model(tiny_config(), seed=1, heads=())
    assert bare.heads == () and (bare.pooler, bare.mlm, bare.nsp) == (None, None, None)
    assert bare(torch.tensor([[2, 7, 3]])).pooled is None
    assert random_model(tiny_config(), seed=1).heads == HEADS
    assert random_model(tiny_config(), seed=1, heads=("nsp", "pooler")).heads == ("pooler", "nsp")


def test_what_cannot_be_built_or_run_is_refused(model: Bert) -> None:
    with pytest.raises(ValueError, match=r"unknown heads \['lm'\].*pooler, mlm, nsp"):
        Bert(tiny_config(), ("lm",))
    with pytest.raises(ValueError, match="reads the pooler"):
        Bert(tiny_config(), ("nsp",))
    with pytest.raises(ValueError, match="41 tokens; this model takes 1 to 40"):
        model(torch.zeros(1, 41, dtype=torch.long))
    with pytest.raises(ValueError, match="0 tokens; this model takes 1 to 40"):
        model(torch.zeros(1, 0, dtype=torch.long))
    assert model(torch.zeros(1, 40, dtype=torch.long)).last.shape == (1, 40, 32)


def test_texts_that_share_a_line_are_read_as_if_alone() -> None:
    """Vectors and attention; what comes after a text in its line, and padding, change nothing."""
    model = random_model(tiny_config(), seed=3)
    ids, segments, _ = random_batch(model.config, seed=4, lengths=(9, 9))
    rows = torch.tensor([[0] * 4 + [1] * 2 + [2] * 3, [0] * 5 + [1] * 4])
    padding = torch.zeros(2, 9, dtype=torch.bool)
    padding[0, 8] = True
    together = model(ids, segments, padding, record_attention=True, rows=rows)
    for line, begin, end in ((0, 0, 4), (0, 4, 6), (0, 6, 8), (1, 0, 5), (1, 5, 9)):
        own = line, slice(begin, end)
        alone = model(ids[own][None], segments[own][None], record_attention=True)
        for state, expected in zip(together.hidden_states, alone.hidden_states, strict=True):
            assert torch.allclose(state[own], expected[0], atol=1e-5)
        for record, other in zip(together.attention, alone.attention, strict=True):
            looked = record.probabilities[line, :, begin:end]
            assert torch.allclose(looked[..., begin:end], other.probabilities[0], atol=1e-5)
            assert not looked[..., :begin].any() and not looked[..., end:].any()
