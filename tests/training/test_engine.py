"""Several processes learn what one learns from the same batches."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from bert_core.data.sentence_pairs import NO_LABEL
from bert_core.training.engine import Engine, find_engine
from bert_core.training.objectives import MaskedTensors, pretraining_losses
from tests.model.tiny import random_model, tiny_config
from tests.training.test_nothing_lost import ROOT, command, source  # noqa: F401


def batch(rows: int = 7, length: int = 9, seed: int = 5) -> MaskedTensors:
    draw = torch.Generator().manual_seed(seed)
    ids = torch.randint(5, 20, (rows, length), generator=draw)
    places = torch.randperm(rows * length, generator=draw)[:14].sort().values
    labels = torch.tensor([0, 1, NO_LABEL, 1, 0, NO_LABEL, 1])[:rows]
    padding = torch.zeros(rows, length, dtype=torch.bool)
    padding[1, 6:] = True
    return MaskedTensors(
        ids, (ids > 12).long(), padding, places, ids.flatten()[places], labels
    )


@pytest.mark.parametrize("processes", [2, 3, 7])
def test_parts_hold_every_row_and_place_once(processes: int) -> None:
    whole = batch()
    parts = [whole.part(rank, processes) for rank in range(processes)]
    assert sum(len(part.ids) for part in parts) == len(whole.ids)
    found = []
    for rank, part in enumerate(parts):
        assert part.padding is not None and whole.padding is not None
        assert torch.equal(part.ids, whole.ids[rank::processes])
        assert torch.equal(part.padding, whole.padding[rank::processes])
        assert torch.equal(part.targets, part.ids.flatten()[part.places]), "places moved along"
        row, column = part.places // 9, part.places % 9
        found += ((row * processes + rank) * 9 + column).tolist()
    assert sorted(found) == whole.places.tolist()
    assert sum(part.counts[1] for part in parts) == whole.counts[1] == 5


@pytest.mark.parametrize("processes", [2, 9])
def test_losses_and_gradients_of_the_parts_add_up_to_the_whole(processes: int) -> None:
    """With more processes than rows, too: those without a row change nothing."""
    model, whole = random_model(tiny_config(), seed=8).requires_grad_(True), batch()
    expected = pretraining_losses(model, whole)
    gradients = torch.autograd.grad(expected.total, list(model.parameters()))
    total, summed = 0.0, [torch.zeros_like(part) for part in gradients]
    for rank in range(processes):
        losses = pretraining_losses(model, whole.part(rank, processes), whole.counts)
        total += losses.total.item()
        own = torch.autograd.grad(losses.total, list(model.parameters()))
        summed = [one + more for one, more in zip(summed, own, strict=True)]
    assert total == pytest.approx(expected.total.item(), rel=1e-5)
    for one, other in zip(summed, gradients, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_alone_there_is_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    engine = find_engine()
    assert type(engine) is Engine and (engine.rank, engine.processes) == (0, 1)
    assert engine.total([1.5, 2.0]) == [1.5, 2.0]
    assert engine.any_of(True) and not engine.any_of(False)
    assert batch().part(0, 1).ids.shape == (7, 9)


def run(arguments: list[str], processes: int) -> str:
    """What a training prints, in one process or under torchrun; the number of threads is one."""
    if processes > 1:
        launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={processes}"]
        assert arguments[1] == "-m"
        arguments = [sys.executable, *launcher, "-m", "--", *arguments[2:]]
    done = subprocess.run(
        arguments, cwd=ROOT, capture_output=True, text=True, timeout=200,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def curve(folder: Path) -> list[tuple[float, float]]:
    lines = (folder / "metrics.jsonl").read_text("utf-8").splitlines()
    return [(line["mlm_loss"], line["nsp_loss"]) for line in map(json.loads, lines)]


def test_two_processes_have_the_loss_curve_of_one(source: Path, tmp_path: Path) -> None:  # noqa: F811
    short = ["--tokens", "12000", "--batch-tokens", "512", "--log-every", "4", "--json"]
    run(command(source, tmp_path / "one", *short), 1)
    printed = run(command(source, tmp_path / "two", *short), 2)
    assert json.loads(printed) == {"output": str(tmp_path / "two")}, "one process answers"
    one, two = (curve(tmp_path / f"{name}-training") for name in ("one", "two"))
    assert len(one) == len(two) > 15
    for first, second in zip(one, two, strict=True):
        assert first == pytest.approx(second, abs=1e-3)
    assert (tmp_path / "two" / "model.safetensors").is_file()
