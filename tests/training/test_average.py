"""The mean of checkpoints: every weight, saved, and only of those that fit together."""

import json
from pathlib import Path

import pytest
import torch

from bert_core.checkpoint.load import load_checkpoint
from bert_core.checkpoint.save import save_checkpoint
from bert_core.cli import main
from bert_core.training.average import average
from tests.model.tiny import random_model, tiny_config, tiny_tokenizer


def saved(folder: Path, seed: int, **changes: int) -> str:
    model = random_model(tiny_config(**changes), seed)
    save_checkpoint(folder, model, tiny_tokenizer(), torch.float32)
    return str(folder)


def test_every_weight_is_the_mean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sources = [saved(tmp_path / str(seed), seed) for seed in (1, 2, 3)]
    output = tmp_path / "mean"
    assert main(["average", *sources, "--output", str(output), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"output": str(output)}
    mean = load_checkpoint(output).model.state_dict()
    weights = [load_checkpoint(source).model.state_dict() for source in sources]
    assert set(mean) == set(weights[0])
    for name, found in mean.items():
        expected = sum(own[name] for own in weights) / 3
        torch.testing.assert_close(found, expected, atol=2e-3, rtol=1e-3)  # float16


def test_what_does_not_fit_together_is_refused(tmp_path: Path) -> None:
    one, wide = saved(tmp_path / "1", 1), saved(tmp_path / "2", 2, intermediate_size=64)
    with pytest.raises(ValueError, match="has another shape than"):
        average([one, wide], tmp_path / "mean")
    with pytest.raises(ValueError, match="a mean needs two or more"):
        average([one], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()
