"""Heads on the disk: what is saved is what is loaded, here and in transformers."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import BertForSequenceClassification

from bert_core.checkpoint import head_file
from bert_core.checkpoint.head_file import WHOLE, load_head, save_for_transformers, save_head
from bert_core.model.task_head import POOLINGS, Pooling
from tests.checkpoint.heads import LABELS, encoder, random_head

IDS = torch.tensor([[2, 7, 9, 12, 3], [2, 8, 3, 0, 0]])
PADDING = torch.tensor([[False] * 5, [False] * 3 + [True] * 2])


def logits(head: head_file.LoadedHead) -> torch.Tensor:
    with torch.inference_mode():
        return head.model.classify(IDS, PADDING)


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("layers", [0, 1, WHOLE])
def test_a_head_is_the_same_after_saving(tmp_path: Path, pooling: Pooling, layers: int) -> None:
    head = random_head(encoder(), pooling, layers)
    loaded = load_head(save_head(tmp_path / "head", head), encoder())
    assert torch.equal(logits(loaded), logits(head))
    assert loaded.facts == head.facts and loaded.fits and loaded.note is None


@pytest.mark.parametrize("layers", [0, 1, WHOLE])
def test_transformers_opens_the_folder_with_the_same_logits(tmp_path: Path, layers: int) -> None:
    head = random_head(encoder(), "cls", layers)
    folder = save_for_transformers(tmp_path / "whole", head)
    theirs = BertForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    assert tuple(theirs.config.id2label.values()) == LABELS
    with torch.inference_mode():
        found = theirs(input_ids=IDS, attention_mask=(~PADDING).long()).logits
    torch.testing.assert_close(found, logits(head), atol=1e-5, rtol=1e-5)


def test_a_folder_of_transformers_alone_is_a_head(tmp_path: Path) -> None:
    head = random_head(encoder(), "cls", WHOLE)
    folder = save_for_transformers(tmp_path / "whole", head)
    (folder / "head.json").unlink()
    loaded = load_head(folder, encoder(seed=4))
    assert torch.equal(logits(loaded), logits(head)) and loaded.facts.labels == LABELS


def test_a_head_on_the_mean_is_no_bert_for_sequence_classification(tmp_path: Path) -> None:
    head = random_head(encoder(), "mean", WHOLE)
    with pytest.raises(ValueError, match="reads the mean"):
        save_for_transformers(tmp_path / "whole", head)
    save_head(tmp_path / "own", head)
    config = json.loads((tmp_path / "own" / "config.json").read_text())
    assert config["architectures"] == ["BertModel"]


def test_a_head_for_an_encoder_elsewhere_is_small(tmp_path: Path) -> None:
    folder = save_head(tmp_path / "head", random_head(encoder(), "cls", 1), card="# Card\n")
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md", "head.json", "head.safetensors",
    ]  # fmt: skip


def test_on_another_encoder_it_says_so(tmp_path: Path) -> None:
    loaded = load_head(save_head(tmp_path / "head", random_head(encoder())), encoder(seed=32))
    assert not loaded.fits and "another encoder" in (loaded.note or "")


def test_on_an_encoder_of_another_width_it_is_refused(tmp_path: Path) -> None:
    folder = save_head(tmp_path / "head", random_head(encoder()))
    with pytest.raises(ValueError, match="32 wide, but tiny has vectors 64 wide"):
        load_head(folder, encoder(hidden_size=64))


def test_a_full_disk_leaves_the_old_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, head = tmp_path / "head", random_head(encoder())
    save_head(folder, head)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(head_file, "save_file", full)
    with pytest.raises(OSError, match="No space left"):
        save_head(folder, replace(head, facts=replace(head.facts, title="new")))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_numbers_that_float16_cannot_hold_are_refused(tmp_path: Path) -> None:
    head = random_head(encoder())
    with torch.no_grad():
        head.model.task.classifier.bias[0] = torch.nan
    with pytest.raises(ValueError, match="float16 cannot hold"):
        save_head(tmp_path / "head", head)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "head.json").write_text("{}"), "does not describe a head"),
        (lambda folder: (folder / "head.json").write_text("no"), "does not describe a head"),
        (lambda folder: (folder / "head.safetensors").write_bytes(b"12"), "cannot be read"),
        (lambda folder: (folder / "head.safetensors").unlink(), "cannot be read"),
        (lambda folder: [path.unlink() for path in folder.iterdir()], "there is no head"),
    ],
)
def test_a_broken_folder_is_named(tmp_path: Path, spoil: object, said: str) -> None:
    folder = save_head(tmp_path / "head", random_head(encoder()))
    spoil(folder)  # type: ignore[operator]
    with pytest.raises(ValueError, match=said):
        load_head(folder, encoder())
