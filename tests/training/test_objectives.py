"""The two losses, by hand: only chosen places count, and only rows that are pairs."""

import numpy as np
import pytest
import torch

from bert_core.data.batching import RowBatch, batch_rows, packed_rows
from bert_core.data.sentence_pairs import IS_NEXT, IS_RANDOM, NO_LABEL, Row
from bert_core.training.loop import set_dropout
from bert_core.training.objectives import MaskedTensors, mask_rows, pretraining_losses
from tests.model.tiny import random_batch, random_model, tiny_config, tiny_tokenizer

CPU = torch.device("cpu")


def masked_tensors(labels: list[int]) -> MaskedTensors:
    ids, segments, padding = random_batch(tiny_config(), seed=51, lengths=(9, 6, 4)[: len(labels)])
    places, targets = torch.tensor([1, 4, 10]), torch.tensor([7, 8, 20])
    return MaskedTensors(ids, segments, padding, places, targets, torch.tensor(labels))


def test_the_losses_are_those_of_the_paper() -> None:
    model = random_model(tiny_config(), seed=52)
    batch = masked_tensors([IS_NEXT, NO_LABEL, IS_RANDOM])
    losses = pretraining_losses(model, batch)
    output = model(batch.ids, batch.segment_ids, batch.padding)
    assert model.mlm is not None and model.nsp is not None
    words = model.mlm(output.last).log_softmax(-1)  # (B, T, V)
    chosen = [words[0, 1, 7], words[0, 4, 8], words[1, 1, 20]]
    pairs = model.nsp(output.pooled).log_softmax(-1)  # (B, 2)
    assert losses.mlm.item() == pytest.approx(-sum(c.item() for c in chosen) / 3, abs=1e-5)
    assert losses.nsp.item() == pytest.approx(-(pairs[0, 0] + pairs[2, 1]).item() / 2, abs=1e-5)
    assert losses.total.item() == pytest.approx((losses.mlm + losses.nsp).item())


def test_rows_that_are_no_pairs_teach_nothing_about_pairs() -> None:
    model = random_model(tiny_config(), seed=52)
    losses = pretraining_losses(model, masked_tensors([NO_LABEL] * 3))
    assert losses.nsp.item() == 0 and losses.mlm.item() > 0
    losses.total.backward()
    assert model.nsp is not None and model.pooler is not None
    for weight in (*model.nsp.parameters(), *model.pooler.parameters()):
        assert weight.grad is not None and not weight.grad.any()


def test_with_reduced_precision_the_gradient_points_where_it_did() -> None:
    """In training, where matrix products are in bfloat16."""
    model = random_model(tiny_config(), seed=52).train()
    set_dropout(model, 0.0)
    batch = masked_tensors([IS_NEXT, NO_LABEL, IS_RANDOM])

    def gradient(reduced: bool) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=reduced):
            loss = pretraining_losses(model, batch).total
        assert loss.dtype == torch.float32
        return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(model.parameters()))])

    whole, reduced = gradient(False), gradient(True)
    assert reduced.dtype == torch.float32
    assert (reduced - whole).norm() < 0.01 * whole.norm()


def several_a_line() -> MaskedTensors:
    """Three lines of 12 tokens: of one row, of two, and of three and padding."""
    draw = np.random.default_rng(8)
    rows = [
        Row(tuple(draw.integers(5, 20, size).tolist()), (0,) * 2 + (1,) * (size - 2), label)
        for size, label in ((12, 1), (7, 0), (5, NO_LABEL), (4, 1), (4, 0), (3, 0))
    ]
    (batch,) = packed_rows(rows, 100, 0)
    assert batch.ids.shape == (3, 12) and batch.rows is not None and batch.rows.max() == 2
    masked = mask_rows(batch, tiny_tokenizer(), np.random.default_rng(1), 0.4).to(CPU)
    assert {place // 12 for place in masked.places.tolist()} == {0, 1, 2}
    return masked


def alone_in_their_lines(batch: MaskedTensors) -> MaskedTensors:
    """The same rows and questions, each row in a line of its own."""
    assert batch.padding is not None
    begins = batch.starts.tolist()
    kept = (~batch.padding).flatten().tolist()
    ends = [
        next(at for at in range(end, begin, -1) if kept[at - 1])
        for begin, end in zip(begins, [*begins[1:], len(kept)], strict=True)
    ]
    found = MaskedTensors(
        torch.zeros(len(begins), 12, dtype=torch.long), torch.zeros(len(begins), 12).long(),
        torch.ones(len(begins), 12, dtype=torch.bool), batch.places.clone(), batch.targets,
        batch.next_labels,
    )  # fmt: skip
    assert found.padding is not None
    for row, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        found.ids[row, : end - begin] = batch.ids.flatten()[begin:end]
        found.segment_ids[row, : end - begin] = batch.segment_ids.flatten()[begin:end]
        found.padding[row, : end - begin] = False
        own = (batch.places >= begin) & (batch.places < end)
        found.places[own] = batch.places[own] - begin + row * 12
    return found


@pytest.mark.parametrize("processes", [1, 2, 3, 5])
@pytest.mark.parametrize("training", [False, True])
def test_rows_that_share_a_line_learn_what_they_learn_alone(training: bool, processes: int) -> None:
    """They do not see each other, and each begins at position 0; so in every part of the batch."""
    model = random_model(tiny_config(), seed=52).train(training).requires_grad_(True)
    set_dropout(model, 0.0)
    whole = several_a_line()
    alone = pretraining_losses(model, alone_in_their_lines(whole))
    parts = [
        pretraining_losses(model, whole.part(rank, processes), whole.counts)
        for rank in range(processes)
    ]
    assert sum(part.mlm.item() for part in parts) == pytest.approx(alone.mlm.item(), rel=1e-5)
    assert sum(part.nsp.item() for part in parts) == pytest.approx(alone.nsp.item(), rel=1e-5)
    weights = list(model.parameters())
    expected = torch.autograd.grad(alone.total, weights)
    summed = torch.autograd.grad(torch.stack([part.total for part in parts]).sum(), weights)
    for one, other in zip(summed, expected, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def rows() -> RowBatch:
    tokenizer = tiny_tokenizer()
    texts = [("the old river flows . " * 4, "a boat [UNK] [MASK] ."), ("the sea", None)]
    encodings = [tokenizer.encode(text, pair) for text, pair in texts]
    made = [Row(e.ids, e.segment_ids, IS_NEXT if e.pair else NO_LABEL) for e in encodings]
    (batch,) = batch_rows(made, 1_000, tokenizer.pad_id)
    return batch


def test_masked_rows_say_what_was_hidden_and_where() -> None:
    batch, tokenizer = rows(), tiny_tokenizer()
    hidden: set[int] = set()
    for seed in range(60):
        masked = mask_rows(batch, tokenizer, np.random.default_rng(seed), 0.15).to(CPU)
        places = masked.places.numpy()
        assert (masked.targets.numpy() == batch.ids.ravel()[places]).all()
        assert not np.isin(masked.targets.numpy(), list(tokenizer.special_ids)).any()
        assert len(places) == round(0.15 * 23) + 1
        untouched = np.setdiff1d(np.arange(batch.ids.size), places)
        assert (masked.ids.numpy().ravel()[untouched] == batch.ids.ravel()[untouched]).all()
        assert (masked.segment_ids.numpy() == batch.segment_ids).all()
        assert masked.padding is not None
        assert (masked.padding.numpy() == batch.padding).all()
        assert masked.next_labels.tolist() == [IS_NEXT, NO_LABEL]
        hidden |= set(places.tolist())
    assert len(hidden) == 25, "in time every word is hidden"


def test_a_batch_without_padding_says_so() -> None:
    batch = rows()
    whole = RowBatch(batch.ids[:1], batch.segment_ids[:1], batch.padding[:1], batch.next_labels[:1])
    masked = mask_rows(whole, tiny_tokenizer(), np.random.default_rng(1), 0.15).to(CPU)
    assert masked.padding is None


@pytest.mark.parametrize(
    ("masking", "whole"), [("tokens", False), ("words", True), ("spans", True)]
)
def test_whole_words_and_spans_are_asked_for_where_it_is_said_so(masking: str, whole: bool) -> None:
    tokenizer = tiny_tokenizer()
    ids = tokenizer.encode("boats has fishing the boats fishing " * 4, max_tokens=512).ids
    row = Row(tuple(ids), (0,) * len(ids), NO_LABEL)
    (batch,) = batch_rows([row] * 8, 10_000, tokenizer.pad_id)
    masked = mask_rows(batch, tokenizer, np.random.default_rng(3), 0.3, masking)
    asked = np.zeros(batch.ids.size, bool)
    asked[masked.places] = True
    goes_on = np.isin(batch.ids.ravel(), tokenizer.encode_ids(["boats fishing"])[0][1::2])
    apart = asked[1:] != asked[:-1]
    assert goes_on.sum() == 8 * 16 and asked.any()
    assert (not apart[goes_on[1:]].any()) == whole, "pieces of a word share its fate"
    runs = apart.sum() / 2
    if masking == "spans":
        words = asked & ~goes_on
        assert words.sum() / runs > 1.5, "several words in a row"
