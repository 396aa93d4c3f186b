"""What a run may be asked for, and the shape of its learning rate."""

from typing import Any

import pytest

from bert_core.training.arguments import TrainingArguments


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tokens": 0}, "tokens is 0; it must be 1 or more"),
        ({"batch_tokens": -5}, "batch_tokens is -5; it must be 1 or more"),
        ({"log_every": 0}, "log_every is 0"),
        ({"save_every": 0}, "save_every is 0"),
        ({"length": 7}, r"length is 7; it must be from 8 to batch_tokens \(8192\)"),
        ({"length": 128, "batch_tokens": 127}, r"length is 128; .* batch_tokens \(127\)"),
        ({"mask_rate": 0.0}, "mask_rate is 0.0; it must be between 0 and 1"),
        ({"mask_rate": 1.0}, "mask_rate is 1.0"),
        ({"warmup": 1.5}, "warmup is 1.5"),
        ({"body_rate": 0.0}, "body_rate is 0.0; it must be above 0"),
        ({"head_rate": -1e-3}, "head_rate is -0.001"),
        ({"head_rate": float("nan")}, "head_rate is nan"),
        ({"body_rate": float("inf")}, "body_rate is inf"),
        ({"clip": 0.0}, "clip is 0.0"),
        ({"weight_decay": -0.1}, "weight_decay is -0.1; it must be 0 or more"),
        ({"seed": -1}, "seed is -1; it must be 0 or more"),
        ({"dropout": 1.0}, "dropout is 1.0; it must be from 0 up to 1"),
        ({"dropout": -0.1}, "dropout is -0.1"),
        ({"embedding_rate": -1e-4}, "embedding_rate is -0.0001; it must be 0 or more"),
        ({"short": 1.5}, "short is 1.5; it must be from 0 to 1"),
        ({"single": -0.1}, "single is -0.1"),
    ],
)
def test_what_is_out_of_range_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        TrainingArguments(**changes)


def test_the_edges_are_allowed() -> None:
    TrainingArguments(length=8, batch_tokens=8, tokens=1, dropout=0.0, weight_decay=0.0, seed=0)
    TrainingArguments(length=128, batch_tokens=128, log_every=1, save_every=1)
    TrainingArguments(short=0.0, single=0.0)
    TrainingArguments(short=1.0, single=1.0)


@pytest.mark.parametrize("warmup", [0.06, 0.25, 0.9])
def test_the_rate_rises_to_its_peak_and_falls_to_zero(warmup: float) -> None:
    factor = TrainingArguments(warmup=warmup).rate_factor
    assert factor(0) == 0 and factor(1) == 0
    assert factor(warmup) == pytest.approx(1)
    assert factor(warmup / 2) == pytest.approx(0.5)
    assert factor((1 + warmup) / 2) == pytest.approx(0.5)
    assert factor(1.01) == 0, "a last batch may overshoot"
    shares = [factor(at / 1_000) for at in range(1_001)]
    assert all(0 <= share <= 1 for share in shares)
    peak = shares.index(max(shares))
    assert shares[: peak + 1] == sorted(shares[: peak + 1])
    assert shares[peak:] == sorted(shares[peak:], reverse=True)
