"""Several processes learn what one learns from the same batches."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from bert_core.checkpoint.load import load_checkpoint
from bert_core.data.sentence_pairs import NO_LABEL
from bert_core.training.engine import Engine, InHalves, find_engine
from bert_core.training.objectives import MaskedTensors, Pretraining, pretraining_losses
from bert_core.training.state import saved_step
from tests.model.tiny import random_model, tiny_config
from tests.training.forks import ROOT, one_thread, run_together
from tests.training.test_nothing_lost import command, source  # noqa: F401


def batch(rows: int = 7, length: int = 9, seed: int = 5) -> MaskedTensors:
    draw = torch.Generator().manual_seed(seed)
    ids = torch.randint(5, 20, (rows, length), generator=draw)
    places = torch.randperm(rows * length, generator=draw)[:14].sort().values
    labels = torch.tensor([0, 1, NO_LABEL, 1, 0, NO_LABEL, 1])[:rows]
    padding = torch.zeros(rows, length, dtype=torch.bool)
    padding[1, 6:] = True
    return MaskedTensors(ids, (ids > 12).long(), padding, places, ids.flatten()[places], labels)


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


@pytest.fixture
def two_threads() -> Iterator[None]:
    """As on a machine of two cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_halves_of_a_batch_have_the_gradients_of_the_whole(two_threads: None) -> None:
    model, whole = random_model(tiny_config(), seed=8).requires_grad_(True), batch()
    found: list[tuple[tuple[float, float], Tensor]] = []
    for engine in (Engine(), InHalves(), InHalves()):
        model.zero_grad()
        losses = engine.learn(Pretraining(model), whole, whole.counts)
        gradients = [part.grad.flatten() for part in model.parameters() if part.grad is not None]
        assert len(gradients) == len(list(model.parameters()))
        found.append((losses, torch.cat(gradients)))
    (losses, expected), (halved, gradient), (again, repeated) = found
    assert halved == pytest.approx(losses, rel=1e-2)
    assert (gradient - expected).norm() < 2e-2 * expected.norm(), "both round to bfloat16"
    assert again == halved and torch.equal(repeated, gradient)
    assert torch.get_num_threads() == 2, "this thread's number is left as it was"


@pytest.mark.parametrize("parts", [2, 3, 9])
def test_parts_one_after_the_other_have_the_gradients_of_the_whole(
    parts: int, two_threads: None
) -> None:
    """More than there are rows, too."""
    model, whole = random_model(tiny_config(), seed=8).requires_grad_(True), batch()
    for engine in (Engine(precision="float32"), InHalves("float32")):
        found: list[tuple[tuple[float, float], Tensor]] = []
        for number in (1, parts):
            model.zero_grad()
            losses = engine.learn(Pretraining(model), whole, whole.counts, number)
            gradients = [part.grad for part in model.parameters() if part.grad is not None]
            found.append((losses, torch.cat([part.flatten() for part in gradients])))
        (losses, expected), (in_parts, gradient) = found
        assert in_parts == pytest.approx(losses, rel=1e-5)
        assert torch.allclose(gradient, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("precision", "has_it", "expected"),
    [
        ("auto", True, torch.bfloat16),
        ("auto", False, torch.float32),
        ("bfloat16", False, torch.bfloat16),
        ("float32", True, torch.float32),
    ],
)
def test_products_are_in_bfloat16_where_there_is_such(
    precision: str, has_it: bool, expected: torch.dtype,
    two_threads: None, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A processor that only imitates it takes thirty times as long."""
    monkeypatch.setattr("bert_core.model.precision.has_bfloat16", lambda device: has_it)
    model, whole = random_model(tiny_config(), seed=8).requires_grad_(True), batch()
    found: list[torch.dtype] = []
    model.encoder.layers[0].feed_forward.up.register_forward_hook(
        lambda *given: found.append(given[2].dtype)
    )
    for engine in (Engine(precision=precision), InHalves(precision)):
        engine.learn(Pretraining(model), whole, whole.counts)
    assert found == [expected] * 3


def test_accelerate_names_the_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "no")
    assert find_engine(precision="float32").precision == "float32"
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "bf16")
    assert find_engine().precision == "bfloat16"
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "fp16")
    with pytest.raises(ValueError, match="fp16 is not offered; give --mixed_precision bf16"):
        find_engine()


def test_each_half_has_one_of_two_threads(two_threads: None) -> None:
    """With two each, four would share two cores."""
    had: list[int] = []

    class Asked(Pretraining):
        def forward(self, *given: Any) -> tuple[Tensor, Tensor]:
            mlm, nsp = super().forward(*given)
            had.append(torch.get_num_threads())
            mlm.register_hook(lambda _: had.append(torch.get_num_threads()))
            return mlm, nsp

    whole = batch()
    InHalves().learn(
        Asked(random_model(tiny_config(), seed=8).requires_grad_(True)), whole, whole.counts
    )
    assert had == [1, 1, 1, 1], "forward and backward, in both"


def test_a_processor_with_two_threads_learns_in_halves(
    two_threads: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert type(find_engine()) is InHalves
    assert type(find_engine(dropout=0.1)) is Engine, "the order of its draws would be chance"
    torch.set_num_threads(1)
    assert type(find_engine()) is Engine


def test_alone_there_is_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    engine = find_engine(dropout=0.1)  # whatever the number of threads
    assert type(engine) is Engine and (engine.rank, engine.processes) == (0, 1)
    assert engine.total([1.5, 2.0]) == [1.5, 2.0]
    assert engine.any_of(True) and not engine.any_of(False)
    assert batch().part(0, 1).ids.shape == (7, 9)


SHARDED = {"ACCELERATE_USE_FSDP": "true"}
"""What `accelerate launch --use_fsdp` tells its processes."""


def run_under_torchrun(arguments: list[str], processes: int) -> str:
    """What a training prints that is started as a user starts it."""
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={processes}"]
    assert arguments[1] == "-m"
    done = subprocess.run(
        [sys.executable, *launcher, "-m", "--", *arguments[2:]],
        cwd=ROOT, env=one_thread(), capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def curve(folder: Path) -> list[tuple[float, float, float]]:
    lines = (folder / "metrics.jsonl").read_text("utf-8").splitlines()
    return [
        (line["mlm_loss"], line["nsp_loss"], line["sense_loss"]) for line in map(json.loads, lines)
    ]


def the_same(first: Path, second: Path) -> bool:
    """Whether the weights are, but for biases of keys, whose gradient is rounding and no more."""
    ours, theirs = (load_checkpoint(at).model.state_dict() for at in (first, second))
    names = [name for name in ours if not name.endswith("key.bias")]
    return all(torch.allclose(ours[name], theirs[name], rtol=1e-3, atol=5e-4) for name in names)


SHORT = (
    "--tokens", "12000", "--batch-tokens", "512", "--log-every", "1", "--save-every", "11",
    "--precision", "float32", "--json",
)  # fmt: skip
"""In float32, so that the curves differ by what is done, not by how it is rounded."""


@pytest.fixture(scope="module")
def one(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    """What one process learned."""
    output = tmp_path_factory.mktemp("one") / "one"
    run_together(command(source, output, *SHORT), 1)
    return output


@pytest.fixture(scope="module")
def sharded(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    """What two processes learned that had half of the model each."""
    output = tmp_path_factory.mktemp("sharded") / "two"
    run_together(command(source, output, *SHORT), 2, SHARDED)
    return output


def test_two_processes_have_the_loss_curve_of_one(
    source: Path,  # noqa: F811
    one: Path,
    tmp_path: Path,
) -> None:
    output = tmp_path / "two"
    printed = run_under_torchrun(command(source, output, *SHORT), 2)
    assert json.loads(printed) == {"output": str(output)}, "one process answers"
    assert_alike(one, output)


def test_shards_of_a_model_have_it_too(one: Path, sharded: Path) -> None:
    assert_alike(one, sharded)


def assert_alike(one: Path, output: Path) -> None:
    alone, shared = (curve(at.with_name(f"{at.name}-training")) for at in (one, output))
    assert len(alone) == len(shared) > 15 and sum(nsp > 0 for _, nsp, _ in alone) > 15
    for first, second in zip(alone, shared, strict=True):
        assert first == pytest.approx(second, abs=1e-3)
    assert the_same(one, output)


@pytest.mark.parametrize("environment", [{}, SHARDED])
def test_gradients_are_accumulated_in_several_processes(
    environment: dict[str, str],
    source: Path,  # noqa: F811
    one: Path,
    tmp_path: Path,
) -> None:
    """As accelerate's launcher asks for it."""
    asked = {**environment, "ACCELERATE_GRADIENT_ACCUMULATION_STEPS": "3"}
    run_together(command(source, tmp_path / "two", *SHORT), 2, asked)
    assert_alike(one, tmp_path / "two")


def test_a_sharded_run_goes_on_where_it_was_saved(
    source: Path,  # noqa: F811
    one: Path,
    sharded: Path,
    tmp_path: Path,
) -> None:
    """By its like, bit for bit; and by one process, which reads the same file."""
    killed = tmp_path / "killed-training"
    arguments = command(source, tmp_path / "killed", *SHORT)
    run_together(arguments, 2, SHARDED, kill_when=lambda: (saved_step(killed) or 0) >= 11)
    shutil.copytree(killed, tmp_path / "alone-training")
    run_together([*arguments, "--resume"], 2, SHARDED)
    learned = [at / "model.safetensors" for at in (tmp_path / "killed", sharded)]
    assert learned[0].read_bytes() == learned[1].read_bytes()
    run_together(command(source, tmp_path / "alone", *SHORT, "--resume"), 1)
    assert the_same(one, tmp_path / "alone")


@pytest.mark.parametrize("environment", [{}, SHARDED])
def test_processes_contrast_senses_as_one_does(environment: dict[str, str], tmp_path: Path) -> None:
    script = [sys.executable, "-m", "tests.training.with_senses"]
    for processes in (1, 2):
        run_together([*script, str(tmp_path / str(processes))], processes, environment)
    alone, shared = (curve(tmp_path / str(processes)) for processes in (1, 2))
    assert len(alone) == len(shared) > 10 and alone[0][2] > alone[-1][2] > 0
    for first, second in zip(alone, shared, strict=True):
        assert first == pytest.approx(second, abs=1e-3)
