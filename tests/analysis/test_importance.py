"""What tokens and heads seem to matter: each measure held against another way to the same."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.stats import rankdata
from torch import Tensor, nn

from bert_core.analysis.ablation import ablate_heads
from bert_core.analysis.attention_flow import rollout
from bert_core.analysis.encoding import encode, tokenise
from bert_core.analysis.gradients import GRADIENT_TOKENS
from bert_core.analysis.importance import head_importance, rank_correlation, token_importance
from bert_core.analysis.questions import (
    MOST_TOKENS,
    embed,
    log_probabilities,
    masked_word_question,
    next_sentence_question,
)
from bert_core.analysis.token_changes import delete_each
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import FloatArray, Question
from tests.model.tiny import strong_heads

LAYERS, HEADS = 3, 4
TEXT, PAIR, PLACE = "The old [MASK] flows to the sea.", "It has [MASK] boats.", 3
MEASURES = ["attention", "rollout", "gradient x input", "integrated gradients"]
KINDS = ["masked word", "next sentence"]


def checkpoint_of(layers: int) -> Checkpoint:
    """Heads that matter, and 512 positions."""
    return strong_heads(layers, seed=16)


@pytest.fixture
def deep() -> Checkpoint:
    return checkpoint_of(LAYERS)


def asked(checkpoint: Checkpoint, kind: str = "masked word") -> Question:
    """A pair either way."""
    if kind == "next sentence":
        return next_sentence_question(checkpoint, TEXT, PAIR)
    return masked_word_question(checkpoint, tokenise(checkpoint, TEXT, PAIR), PLACE, "river")


def chance(checkpoint: Checkpoint, question: Question, embedded: Tensor, **named: Tensor) -> float:
    with torch.no_grad():
        return float(log_probabilities(checkpoint, question, embedded, **named))


@pytest.mark.parametrize("kind", KINDS)
def test_every_token_has_every_measure_and_the_rest_have_none(deep: Checkpoint, kind: str) -> None:
    question = asked(deep, kind)
    found = token_importance(deep, question)
    assert found.question is question and found.deleted == delete_each(deep, question)
    assert list(found.measures) == list(found.rank_correlation) == MEASURES
    own = [one.position for one in found.deleted]
    rest = [at for at in range(len(question.encoding)) if at not in own]
    assert question.position in rest and 0 in rest and len(question.encoding) - 1 in rest
    for name, values in found.measures.items():
        assert values.shape == (len(question.encoding),) and values.dtype == np.float32
        assert (values[rest] == 0).all(), name
        hidden = [at for at in own if question.shown_ids[at] == deep.tokenizer.mask_id]
        assert hidden, "a [MASK] was typed in the pair"
        nothing = [at for at in own if values[at] == 0]
        assert nothing == (hidden if name == "integrated gradients" else []), name


@pytest.mark.parametrize("kind", KINDS)
def test_attention_and_rollout_are_those_of_the_place(deep: Checkpoint, kind: str) -> None:
    question = asked(deep, kind)
    measures = token_importance(deep, question).measures
    seen = encode(deep, TEXT, PAIR, attention=True)  # [MASK] was typed: the same ids
    own = [at for at in range(len(seen.encoding)) if measures["attention"][at]]
    assert seen.attention is not None
    last = seen.attention[-1].mean(axis=0)[question.position]
    np.testing.assert_allclose(measures["attention"][own], last[own], rtol=1e-4)
    rolled = rollout(seen).weights[-1, question.position]
    np.testing.assert_allclose(measures["rollout"][own], rolled[own], rtol=1e-4)


def test_what_stands_at_the_place_is_not_seen(deep: Checkpoint) -> None:
    """The word that is asked for must not be in what the measures are made from."""
    found = []
    for word in ("river", "[MASK]"):
        encoding = tokenise(deep, TEXT.replace("[MASK]", word))
        question = masked_word_question(deep, encoding, PLACE, "river")
        tokens, heads = token_importance(deep, question), head_importance(deep, question)
        arrays = [*tokens.measures.values(), *heads.measures.values(), heads.ablation.probability]
        found.append([*arrays, np.array([one.probability for one in tokens.deleted])])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_gradient_times_input_is_the_slope_along_each_token(deep: Checkpoint, kind: str) -> None:
    question, step = asked(deep, kind), 0.003
    found = token_importance(deep, question)
    deep.model.double()  # so that the step may be small
    embedded = embed(deep, question)
    for one in found.deleted:
        sides = []
        for factor in (1 + step, 1 - step):
            scaled = embedded.clone()
            scaled[0, one.position] *= factor
            sides.append(chance(deep, question, scaled))
        slope = (sides[0] - sides[1]) / (2 * step)
        value = found.measures["gradient x input"][one.position]
        assert value == pytest.approx(slope, abs=1e-3, rel=1e-2)
    assert np.abs(found.measures["gradient x input"]).max() > 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_integrated_gradients_share_out_the_whole_difference(deep: Checkpoint, kind: str) -> None:
    """To the same text with every token hidden; the log-probability, not the probability."""
    question = asked(deep, kind)
    hidden = [
        id if word is None else deep.tokenizer.mask_id
        for id, word in zip(question.shown_ids, question.encoding.word_ids, strict=True)
    ]
    shown, baseline = (chance(deep, question, embed(deep, question, row)) for row in (
        None, [hidden]
    ))  # fmt: skip
    assert abs(shown - baseline) > 0.02
    total = token_importance(deep, question).measures["integrated gradients"].sum()
    assert total == pytest.approx(shown - baseline, abs=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_attention_of_a_head_is_its_largest_weight_to_a_word(deep: Checkpoint, kind: str) -> None:
    question = asked(deep, kind)
    found = head_importance(deep, question).measures["attention"]
    seen = encode(deep, TEXT, PAIR, attention=True)
    assert seen.attention is not None and found.shape == (LAYERS, HEADS)
    row = seen.attention[:, :, question.position].copy()  # (L, A, T)
    whole = row.max(-1)
    row[..., [at for at, word in enumerate(seen.encoding.word_ids) if word is None]] = 0
    np.testing.assert_allclose(found, row.max(-1), rtol=1e-4)
    assert (found < whole - 1e-3).any(), "some head looks at [SEP] or [CLS] most"


@pytest.mark.parametrize("kind", KINDS)
def test_gradient_times_attention_summed_is_that_of_the_factor(deep: Checkpoint, kind: str) -> None:
    """By the long way: the gradient at every attention weight, times the weight."""
    question = asked(deep, kind)
    found = head_importance(deep, question).measures["gradient x attention"]
    model = deep.model
    ids, segments = (torch.tensor([row]) for row in (
        question.shown_ids, question.encoding.segment_ids
    ))  # fmt: skip
    assert model.mlm is not None and model.nsp is not None
    with torch.enable_grad():
        output = model(ids, segments, record_attention=True)
        logits = model.nsp(output.pooled)[0]
        if kind == "masked word":
            logits = model.mlm(output.last[0, PLACE])
        weights = [record.probabilities for record in output.attention]
        slopes = torch.autograd.grad(logits.log_softmax(-1)[question.answer_id], weights)
    for layer, (slope, weight) in enumerate(zip(slopes, weights, strict=True)):
        expected = (slope * weight).sum((0, 2, 3)).detach().numpy()
        np.testing.assert_allclose(found[layer], expected, atol=1e-5, rtol=1e-3)
    assert np.abs(found).max() > 0.01 and (found > 0).any() and (found < 0).any()


@pytest.mark.parametrize("kind", KINDS)
def test_heads_share_out_what_they_do_together(deep: Checkpoint, kind: str) -> None:
    question = asked(deep, kind)
    found = head_importance(deep, question)
    total = found.measures["integrated gradients"].sum()
    together = np.log(question.probability) - np.log(found.ablation.all_off)
    assert abs(together) > 0.05
    assert total == pytest.approx(together, abs=1e-3)


def spearman(first: FloatArray, second: FloatArray) -> float:
    """Pearson's correlation of the ranks of absolute values."""
    ranks = [rankdata(np.abs(values).ravel()) for values in (first, second)]
    return float(np.corrcoef(ranks)[0, 1])


@pytest.mark.parametrize("kind", KINDS)
def test_ranks_are_held_against_what_really_happens(deep: Checkpoint, kind: str) -> None:
    with torch.no_grad():
        deep.model.mlm.norm.weight *= 8  # changes so large that their logarithms have other ranks
    question = asked(deep, kind)
    tokens, heads = token_importance(deep, question), head_importance(deep, question)
    own = [one.position for one in tokens.deleted]
    gone = np.array([one.probability for one in tokens.deleted])
    changes = np.log(gone) - np.log(question.probability)
    for name, values in tokens.measures.items():
        expected = spearman(values[own], changes)
        assert tokens.rank_correlation[name] == pytest.approx(expected), name
    exact = ablate_heads(deep, question)
    np.testing.assert_array_equal(heads.ablation.probability, exact.probability)
    assert list(heads.rank_correlation) == list(heads.measures)
    changes = np.log(exact.probability / question.probability)
    assert kind == "next sentence" or spearman(changes, exact.change) < 0.99
    for name, values in heads.measures.items():
        expected = spearman(values, changes)
        assert heads.rank_correlation[name] == pytest.approx(expected), name


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([1, 2, 3], [10, 20, 900], 1.0),
        ([1, 2, 3], [-10, -20, -900], 1.0),  # of absolute values
        ([-3, 2, 1], [1, 2, 30], -1.0),
        ([[1, 2], [3, 4]], [[1, 2], [4, 3]], 0.8),
        ([1, 1, 2], [1, 2, 3], 0.8660254),  # equals share a rank
        ([1, 2], [1, 2], None),
        ([], [], None),
        ([1, 2, 3], [5, 5, 5], None),
        ([5, -5, 5], [1, 2, 3], None),
    ],
)
def test_rank_correlation(first: list[float], second: list[float], expected: float | None) -> None:
    found = rank_correlation(first, second)
    assert found is None if expected is None else found == pytest.approx(expected)


@pytest.mark.parametrize(("text", "place", "tokens"), [("[MASK]", 1, 0), ("old [MASK] sea", 2, 2)])
def test_few_tokens_have_no_rank_correlation(
    deep: Checkpoint, text: str, place: int, tokens: int
) -> None:
    question = masked_word_question(deep, tokenise(deep, text), place, "river")
    found = token_importance(deep, question)
    assert len(found.deleted) == tokens
    assert found.rank_correlation == dict.fromkeys(MEASURES)
    for values in found.measures.values():
        assert np.count_nonzero(values) == tokens
    assert None not in head_importance(deep, question).rank_correlation.values()


@pytest.mark.parametrize("measure", [token_importance, head_importance])
def test_a_text_of_512_tokens_goes_through_in_parts(
    measure: Callable[[Checkpoint, Question], object],
) -> None:
    shallow = checkpoint_of(1)
    words = " ".join(["the old [MASK]", *["flows to the sea"] * 130])
    question = masked_word_question(shallow, tokenise(shallow, words), PLACE, "river")
    assert len(question.shown_ids) == 512
    seen: list[tuple[bool, int]] = []

    def note(module: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        hidden = arguments[0]
        seen.append((torch.is_grad_enabled(), hidden.shape[0] * hidden.shape[1]))

    shallow.model.encoder.layers[0].register_forward_pre_hook(note)
    measure(shallow, question)
    assert max(tokens for _, tokens in seen) <= MOST_TOKENS
    assert max(tokens for grows, tokens in seen if grows) <= GRADIENT_TOKENS == 1_024


@pytest.mark.parametrize("asks_for_gradients", [True, False])
@pytest.mark.parametrize("measure", [token_importance, head_importance])
def test_the_model_is_left_as_it_was(
    deep: Checkpoint,
    measure: Callable[[Checkpoint, Question], object],
    asks_for_gradients: bool,
) -> None:
    deep.model.requires_grad_(asks_for_gradients)
    before = {name: weight.clone() for name, weight in deep.model.state_dict().items()}
    with torch.no_grad():  # whatever the caller has chosen
        measure(deep, asked(deep))
    for name, weight in deep.model.named_parameters():
        assert weight.requires_grad is asks_for_gradients and weight.grad is None, name
    assert all(torch.equal(before[name], now) for name, now in deep.model.state_dict().items())
    for module in deep.model.modules():
        assert not module._forward_hooks and not module._backward_hooks and not module.training


def test_a_model_of_half_precision(deep: Checkpoint) -> None:
    exact = token_importance(deep, asked(deep)), head_importance(deep, asked(deep))
    deep.model.to(torch.bfloat16)
    rough = token_importance(deep, asked(deep)), head_importance(deep, asked(deep))
    for one, other in zip(exact, rough, strict=True):
        for name, values in one.measures.items():
            found = other.measures[name]
            assert found.dtype == np.float32
            assert np.corrcoef(values.ravel(), found.ravel())[0, 1] > 0.9, name
