"""What is worked out in one pass, on one thread in bfloat16, is what torch finds in several."""

from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bert_core.model import fused
from bert_core.model.fused import gelu, normalised_sum, row_sum
from bert_core.training.word_loss import summed_cross_entropy

ROUNDED = 2.0**-8
"""The most by which a number changes that is put into bfloat16, beside the number."""
NOTHING = float("nan")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def drawn(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def summed(inputs: list[Tensor], targets: Tensor) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        return summed_cross_entropy(*inputs, targets)


def a_norm() -> nn.LayerNorm:
    norm = nn.LayerNorm(24, eps=1e-6)
    with torch.no_grad():
        norm.weight.copy_(drawn(24, seed=1))
        norm.bias.copy_(drawn(24, seed=2))
    return norm


def test_the_slope_of_gelu() -> None:
    """Also where it is flat, and for vectors that do not lie one after the other."""
    inputs = torch.linspace(-9, 9, 7_000).bfloat16().view(70, 100).t().requires_grad_()
    given = drawn(100, 70, seed=3).bfloat16()
    found = gelu(inputs)
    assert torch.equal(found, F.gelu(inputs))
    (own,) = torch.autograd.grad(found, inputs, given)
    exact = inputs.detach().double().requires_grad_()
    (true,) = torch.autograd.grad(F.gelu(exact), exact, given.double())
    assert own.dtype == torch.bfloat16
    far = (own - true).abs()
    assert (far <= ROUNDED * true.abs() + 2e-5 * given.abs()).all()


@pytest.mark.parametrize("read", [(True, True), (True, False), (False, True)])
def test_a_normalised_sum(read: tuple[bool, bool]) -> None:
    """Whichever of the two that come out is read."""
    norm = a_norm()
    hidden = (3 * drawn(4, 5, 24, seed=4) + 2).requires_grad_()
    update = drawn(4, 5, 24, seed=5).bfloat16().requires_grad_()
    wide, narrow = normalised_sum(hidden, update, norm)
    true = norm(hidden + update)
    assert torch.allclose(wide, true, atol=1e-5)
    assert narrow.dtype == torch.bfloat16 and torch.equal(narrow, wide.bfloat16())
    first, second = drawn(4, 5, 24, seed=6), drawn(4, 5, 24, seed=7)
    ours = first.sum() * 0
    theirs = first.sum() * 0
    if read[0]:
        ours, theirs = ours + (first * wide).sum(), theirs + (first * true).sum()
    if read[1]:
        ours, theirs = ours + (second * narrow).sum(), theirs + (second * true).sum()
    for one, other in zip(
        torch.autograd.grad(ours, [hidden, update, *norm.parameters()]),
        torch.autograd.grad(theirs, [hidden, update, *norm.parameters()]),
        strict=True,
    ):
        assert one.dtype == other.dtype
        assert (one - other).norm() <= ROUNDED * other.norm()


def test_the_sum_of_rows() -> None:
    rows = drawn(37, 24, seed=8).bfloat16()
    assert torch.allclose(row_sum(rows), rows.float().sum(0), atol=1e-5)


def test_the_loss_over_a_vocabulary_of_several_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors that are there for a round number alone get no gradient."""
    monkeypatch.setattr("bert_core.training.word_loss.PART", 20)
    weight, bias = drawn(50, 16, seed=9).requires_grad_(), drawn(50, seed=10).requires_grad_()
    vectors, targets = drawn(9, 16, seed=11).requires_grad_(), torch.arange(40, 47)
    inputs = [vectors, weight, bias]
    ours = summed(inputs, targets)
    narrow = [each.bfloat16().float() for each in inputs[:2]]
    theirs = F.cross_entropy(F.linear(*narrow, bias)[:7], targets, reduction="sum")
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-3)
    for one, other in zip(
        torch.autograd.grad(ours, inputs), torch.autograd.grad(theirs, inputs), strict=True
    ):
        assert (one - other).norm() <= 2 * ROUNDED * other.norm()
    assert not torch.autograd.grad(summed(inputs, targets), vectors)[0][7:].any()


def test_the_chance_of_every_token() -> None:
    """As far as bfloat16 tells."""
    scores = (5 * drawn(6, 50, seed=14)).bfloat16().float().requires_grad_()
    targets = torch.arange(6)
    loss = summed([scores, torch.eye(50), torch.zeros(50)], targets)
    chances = scores.softmax(1) - F.one_hot(targets, 50)
    (own,) = torch.autograd.grad(loss, scores)
    assert ((own - chances).abs() <= 1.001 * ROUNDED * chances.abs()).all()


def test_the_loss_of_what_was_out_of_the_question() -> None:
    scores = torch.tensor([[1e4, 0.0]], requires_grad=True)
    loss = summed([scores, torch.eye(2), torch.zeros(2)], torch.tensor([1]))
    assert 80 < loss.item() < 90
    assert torch.autograd.grad(loss, [scores])[0].tolist() == [[1.0, -1.0]]


def test_what_is_no_number_stays_so() -> None:
    """A training stops at it."""
    lost = torch.tensor([[1.0, NOTHING, 2.0, 3.0]])
    assert summed([lost, torch.eye(4), torch.zeros(4)], torch.tensor([0])).isnan()
    assert row_sum(lost.bfloat16()).isnan().tolist() == [False, True, False, False]
    inputs = lost.bfloat16().requires_grad_()
    (slope,) = torch.autograd.grad(gelu(inputs).sum(), inputs)
    assert slope.isnan().tolist() == lost.isnan().tolist()
    update = torch.zeros(1, 4, dtype=torch.bfloat16, requires_grad=True)
    assert all(each.isnan().all() for each in normalised_sum(lost, update, nn.LayerNorm(4)))


def test_with_several_threads_it_is_left_to_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of ours would let the others wait."""
    monkeypatch.setattr(fused, "_Gelu", None)
    monkeypatch.setattr(fused, "_NormalisedSum", None)
    torch.set_num_threads(2)
    inputs = drawn(3, 24, seed=12).bfloat16().requires_grad_()
    assert torch.equal(gelu(inputs), F.gelu(inputs))
    wide, narrow = normalised_sum(drawn(3, 24, seed=13), inputs, a_norm())
    assert wide is narrow
    assert torch.allclose(row_sum(inputs.detach()).float(), inputs.sum(0).float(), atol=0.1)
