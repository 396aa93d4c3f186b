"""What keeps less for the backward pass gives what the plain functions give, gradients too."""

from collections.abc import Callable, Sequence

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from bert_core.model.activated_linear import activated_linear
from bert_core.model.encoder import ACTIVATION_FUNCTIONS
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


@pytest.mark.parametrize("name", sorted(ACTIVATION_FUNCTIONS))
@pytest.mark.parametrize(("fast", "far"), [(False, 1e-5), (True, 1e-2)])
def test_an_activation_and_the_layer_behind_it(name: str, fast: bool, far: float) -> None:
    inputs = [drawn(3, 5, 16, seed=1), drawn(8, 16, seed=2), drawn(8, seed=3)]
    activation = ACTIVATION_FUNCTIONS[name]
    with torch.autocast("cpu", torch.bfloat16, enabled=fast):
        assert_alike(
            lambda: activated_linear(*inputs, activation),
            lambda: F.linear(activation(inputs[0]), inputs[1], inputs[2]),
            inputs, far,
        )  # fmt: skip


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize(("fast", "far"), [(False, 1e-5), (True, 2e-2)])
def test_attention(padded: bool, fast: bool, far: float) -> None:
    joined = drawn(3, 5, 3 * 16, seed=8)
    keep = torch.ones(3, 1, 1, 5, dtype=torch.bool)
    keep[1, ..., 3:] = False

    def plain() -> Tensor:
        parts = [part.view(3, 5, 4, 4).transpose(1, 2) for part in joined.chunk(3, -1)]
        mask = keep if padded else None
        gathered = F.scaled_dot_product_attention(*parts, attn_mask=mask)
        return gathered.transpose(1, 2).flatten(2)

    def ours() -> Tensor:
        kind = torch.bfloat16 if fast else torch.float32
        return mixed(joined.to(kind), 4, keep if padded else None)

    assert_alike(ours, plain, [joined], far)


@pytest.mark.parametrize("places", [1, 4, 11])
@pytest.mark.parametrize(("fast", "far"), [(False, 1e-5), (True, 1e-2)])
def test_the_loss_over_a_vocabulary(
    places: int, fast: bool, far: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With parts of four places: less than one, one, and two with a rest."""
    monkeypatch.setattr(word_loss, "AT_ONCE", 4)
    inputs = [drawn(places, 16, seed=4), drawn(50, 16, seed=5), drawn(50, seed=6)]
    targets = torch.randint(50, (places,), generator=torch.Generator().manual_seed(7))
    with torch.autocast("cpu", torch.bfloat16, enabled=fast):
        assert_alike(
            lambda: summed_cross_entropy(inputs[0], inputs[1], inputs[2], targets),
            lambda: F.cross_entropy(F.linear(*inputs).float(), targets, reduction="sum"),
            inputs, far,
        )  # fmt: skip
