"""A run that is killed, stopped or out of disk loses only the steps since its last state."""

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from bert_core.checkpoint.save import save_checkpoint
from bert_core.training.loop import Stopped, Trainer
from bert_core.training.start import from_scratch
from bert_core.training.state import Reached, load_state, save_state, saved_step, state_tensors
from tests.model.tiny import random_model, tiny_config, tiny_tokenizer
from tests.training.forks import ROOT, Fork
from tests.training.toy import SENTENCES, toy_arguments, toy_documents

LAST_STEP_AT_LEAST = 180
IN_HALVES = {"OMP_NUM_THREADS": "2"}
"""As on a machine of two cores: each half of a batch has a thread."""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with text and a tiny checkpoint to start from."""
    folder = tmp_path_factory.mktemp("source")
    (folder / "text").mkdir()
    for at in range(6):
        sentences = [one.replace(" .", ".").capitalize() for one in SENTENCES[at % 3 :] * (at + 2)]
        text = " ".join(sentences)
        (folder / "text" / f"{at}.txt").write_text(text, encoding="utf-8")
    save_checkpoint(
        folder / "start", random_model(tiny_config(), seed=63), tiny_tokenizer(), torch.float32
    )
    return folder


def command(source: Path, output: Path, *more: str) -> list[str]:
    return [
        sys.executable, "-m", "bert_core", "train", "--corpus", str(source / "text"),
        "--start", str(source / "start"), "--output", str(output), "--tokens", "40000",
        "--batch-tokens", "256", "--length", "32", "--save-every", "5", "--log-every", "1", *more,
    ]  # fmt: skip


def until_step(process: Fork, work: Path, step: int) -> None:
    end = time.monotonic() + 120
    while (saved_step(work) or 0) < step:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)


def test_three_kills_and_the_same_weights_bit_for_bit(source: Path, tmp_path: Path) -> None:
    """The whole run is the command as a user starts it, and shares nothing with the others."""
    whole = subprocess.Popen(
        command(source, tmp_path / "whole"), cwd=ROOT, env={**os.environ, **IN_HALVES}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    rng, work = random.Random(), tmp_path / "killed-training"
    for part in range(3):
        again = ["--resume"] * (part > 0)
        process = Fork(command(source, tmp_path / "killed", *again), IN_HALVES)
        until_step(process, work, (saved_step(work) or 0) + rng.randint(5, 50))
        time.sleep(rng.uniform(0, 0.1))  # anywhere in a step, or in writing the state
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert not (tmp_path / "killed").exists()
    last = Fork(command(source, tmp_path / "killed", "--resume"), IN_HALVES)
    for process in (whole, last):
        _, said = process.communicate(timeout=200)
        assert process.returncode == 0, said
    lines = (tmp_path / "whole-training" / "metrics.jsonl").read_text("utf-8").splitlines()
    assert json.loads(lines[-1])["step"] >= LAST_STEP_AT_LEAST
    with_pairs = sum(json.loads(line)["nsp_loss"] > 0 for line in lines)
    assert with_pairs > len(lines) / 2, "both objectives were learned"
    resumed = (work / "metrics.jsonl").read_text("utf-8").splitlines()
    steps = [json.loads(line)["step"] for line in resumed]
    assert steps == list(range(1, len(lines) + 1)), "each step once"
    first, second = (tmp_path / name / "model.safetensors" for name in ("whole", "killed"))
    assert first.read_bytes() == second.read_bytes()


def test_ctrl_c_saves_before_it_stops(source: Path, tmp_path: Path) -> None:
    process = Fork(command(source, tmp_path / "out", "--save-every", "1000000"))
    end = time.monotonic() + 120
    while not any(line.startswith("step ") for line in process.said()[1].splitlines()):
        assert process.poll() is None and time.monotonic() < end, process.said()
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopping after this step" in said
    assert "--resume goes on from there" in said.splitlines()[-1]
    step = saved_step(tmp_path / "out-training")
    assert step and f"stopped at step {step:,} " in said


def test_a_corpus_that_vanishes(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run has its own copy, and ends as ever; one that has to read it again says what is kept."""
    monkeypatch.setenv("BERT_EXPLORER_CACHE", str(tmp_path / "cache"))
    shutil.copytree(source, tmp_path / "own")
    arguments = command(tmp_path / "own", tmp_path / "out", "--tokens", "20000")
    process = Fork(arguments)
    until_step(process, tmp_path / "out-training", 10)
    shutil.rmtree(tmp_path / "own" / "text")
    shutil.rmtree(tmp_path / "cache")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0 and (tmp_path / "out").is_dir(), said
    _, said = Fork([*arguments, "--resume"]).communicate(timeout=60)
    assert "text' is not a folder" in said
    assert f"the state of step {saved_step(tmp_path / 'out-training')} is kept in" in said


def test_a_run_can_be_stopped_between_steps(tmp_path: Path) -> None:
    model, asked = from_scratch(tiny_config(), 1), list[int]()
    trainer = Trainer(
        model, tiny_tokenizer(), toy_documents(), toy_arguments(save_every=1_000), tmp_path,
        stop=lambda: bool(asked.append(1)) or len(asked) == 4,
    )  # fmt: skip
    with pytest.raises(Stopped, match="stopped at step 4 after"):
        trainer.run()
    assert saved_step(tmp_path) == 4


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": 7}, "whose seed was 42; now it is 7"),
        ({"length": 24}, "whose length was 32; now it is 24"),
        ({"batch_tokens": 512}, "whose batch_tokens was 256; now it is 512"),
    ],
)
def test_another_run_does_not_go_on_from_it(
    change: dict[str, int], said: str, tmp_path: Path
) -> None:
    first = Trainer(from_scratch(tiny_config(), 1), tiny_tokenizer(), toy_documents(),
                    toy_arguments(tokens=1_500), tmp_path)  # fmt: skip
    first.run()
    other = Trainer(from_scratch(tiny_config(), 1), tiny_tokenizer(), toy_documents(),
                    toy_arguments(tokens=1_500, **change), tmp_path)  # fmt: skip
    with pytest.raises(ValueError, match=f"{said}.*or begin anew with --anew"):
        other.run(resume=True)
    text = Trainer(from_scratch(tiny_config(), 1), tiny_tokenizer(), toy_documents(11),
                   toy_arguments(tokens=1_500), tmp_path)  # fmt: skip
    with pytest.raises(ValueError, match="whose text was 12 documents, .*; now it is 11 documents"):
        text.run(resume=True)
    deeper = from_scratch(tiny_config(num_hidden_layers=3), 1)
    model = Trainer(deeper, tiny_tokenizer(), toy_documents(), toy_arguments(), tmp_path)
    with pytest.raises(ValueError, match="model of another shape"):
        model.run(resume=True)


def test_a_broken_state_is_said_to_be_one(tmp_path: Path) -> None:
    Trainer(from_scratch(tiny_config(), 1), tiny_tokenizer(), toy_documents(),
            toy_arguments(tokens=1_500), tmp_path).run()  # fmt: skip
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-100])
    model = from_scratch(tiny_config(), 1)
    again = Trainer(model, tiny_tokenizer(), toy_documents(), toy_arguments(), tmp_path)
    with pytest.raises(ValueError, match="is not a whole state to go on from.*--anew begins anew"):
        again.run(resume=True)


def test_a_full_disk_keeps_the_state_of_before(tmp_path: Path) -> None:
    model = from_scratch(tiny_config(), 1)
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    sum(parameter.sum() for parameter in model.parameters()).backward()
    optimizer.step()
    save_state(tmp_path, state_tensors(model, optimizer), Reached(3, 99))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))  # as if there were no more room
    try:
        with pytest.raises(OSError, match="state of step 6 could not be .*that of step 3 is kept"):
            save_state(tmp_path, state_tensors(model, optimizer), Reached(6, 200))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in tmp_path.iterdir()] == ["training_state.safetensors"]
    assert load_state(tmp_path, model, optimizer) == (Reached(3, 99), [])


def test_a_loss_that_is_no_number_names_the_last_good_state(tmp_path: Path) -> None:
    model = from_scratch(tiny_config(), 1)

    def break_it(progress: object) -> None:
        if trainer.step == 4:
            with torch.no_grad():
                model.embeddings.token.weight[5] = torch.nan

    trainer = Trainer(model, tiny_tokenizer(), toy_documents(), toy_arguments(), tmp_path, break_it)
    with pytest.raises(ValueError, match=r"at step 4; lower .* The state of step 3, before that"):
        trainer.run()
    assert saved_step(tmp_path) == 3
