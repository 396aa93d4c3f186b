"""What a training step has of its own gives what the plain functions give, gradients too."""

from collections.abc import Callable, Sequence

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from bert_core.model import mixing
from bert_core.model.linear import linear
from bert_core.model.mixing import mixed
from bert_core.training import word_loss
from bert_core.training.word_loss import summed_cross_entropy


def drawn(*shape: int, seed: int) -> Tensor:
    made = torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
    return made.requires_grad_()


def assert_alike(
    ours: Callable[[], Tensor], theirs: Callable[[], Tensor], inputs: Sequence[Tensor], far: float
) -> None:
    first, second = ours(), theirs()
    assert torch.allclose(first.float(), second.float(), rtol=far, atol=far)
    weights = torch.randn(second.shape, generator=torch.Generator().manual_seed(9))
    for one, other in zip(
        torch.autograd.grad((first.float() * weights).sum(), inputs),
        torch.autograd.grad((second.float() * weights).sum(), inputs),
        strict=True,
    ):
        assert one.dtype == other.dtype
        assert (one - other).norm() <= far * other.norm()


@pytest.mark.parametrize("width", [8, 40])
@pytest.mark.parametrize(("fast", "far"), [(False, 1e-5), (True, 1e-2)])
def test_a_linear_layer(width: int, fast: bool, far: float) -> None:
    inputs = [drawn(3, 5, 16, seed=1), drawn(width, 16, seed=2), drawn(width, seed=3)]
    with torch.autocast("cpu", torch.bfloat16, enabled=fast):
        assert_alike(lambda: linear(*inputs), lambda: F.linear(*inputs), inputs, far)


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize(("fast", "far"), [(False, 1e-5), (True, 2e-2)])
def test_attention(padded: bool, fast: bool, far: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two rows together, and one that is left."""
    monkeypatch.setattr(mixing, "AT_ONCE", 10)  # rows of 5
    joined = drawn(3, 5, 3 * 16, seed=8)
    keep = torch.ones(3, 1, 1, 5, dtype=torch.bool)
    keep[1, ..., 3:] = False

    def plain() -> Tensor:
        parts = [part.view(3, 5, 4, 4).transpose(1, 2) for part in joined.chunk(3, -1)]
        mask = keep if padded else None
        gathered = F.scaled_dot_product_attention(*parts, attn_mask=mask, scale=1)
        return gathered.transpose(1, 2).flatten(2)

    def ours() -> Tensor:
        kind = torch.bfloat16 if fast else torch.float32
        return mixed(joined.to(kind), 4, keep if padded else None)

    assert_alike(ours, plain, [joined], far)


@pytest.mark.parametrize("places", [1, 4, 11, 32])
@pytest.mark.parametrize(("fast", "far"), [(False, 1e-5), (True, 1e-2)])
def test_the_loss_over_a_vocabulary(
    places: int, fast: bool, far: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With parts of four places: less than one, one, two with a rest, and all that fit."""
    monkeypatch.setattr(word_loss, "AT_ONCE", 4)
    inputs = [drawn(places, 16, seed=4), drawn(50, 16, seed=5), drawn(50, seed=6)]
    targets = torch.randint(50, (places,), generator=torch.Generator().manual_seed(7))
    with torch.autocast("cpu", torch.bfloat16, enabled=fast):
        assert_alike(
            lambda: summed_cross_entropy(inputs[0], inputs[1], inputs[2], targets),
            lambda: F.cross_entropy(F.linear(*inputs).float(), targets, reduction="sum"),
            inputs, far,
        )  # fmt: skip


@pytest.mark.parametrize("sure", [6.0, 12.0])
def test_the_loss_of_an_answer_that_is_nearly_sure(sure: float) -> None:
    """Its chance, 0.96 or 0.9999, is 1 or a step below in bfloat16."""
    scores = torch.zeros(1, 8)
    scores[0, 3] = sure
    scores.requires_grad_()
    weight, bias = torch.eye(8, requires_grad=True), torch.zeros(8, requires_grad=True)
    targets = torch.tensor([3])
    with torch.autocast("cpu", torch.bfloat16):
        ours = summed_cross_entropy(scores, weight, bias, targets)
    theirs = F.cross_entropy(scores, targets)
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-2)
    (own,), (true,) = (torch.autograd.grad(loss, [scores]) for loss in (ours, theirs))
    assert torch.allclose(own, true, rtol=1e-2)


def test_the_loss_of_what_was_out_of_the_question() -> None:
    scores = torch.tensor([[0.0, 1e4]], requires_grad=True)
    weight, bias = torch.eye(2), torch.zeros(2)
    loss = summed_cross_entropy(scores, weight, bias, torch.tensor([0]))
    assert 80 < loss.item() < 90
    assert torch.autograd.grad(loss, [scores])[0].tolist() == [[-1.0, 1.0]]
