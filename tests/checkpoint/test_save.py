"""What is saved comes back bit for bit, and a save that dies leaves the old checkpoint."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from bert_core.checkpoint import save
from bert_core.checkpoint.load import load_checkpoint
from bert_core.checkpoint.names import RENAMES, our_name, published_name
from bert_core.checkpoint.save import save_checkpoint
from bert_core.model.bert import HEADS
from bert_core.tokenizer import Tokenizer
from tests.model.tiny import random_model, tiny_config, tiny_tokenizer


@pytest.mark.parametrize("heads", [HEADS, ("pooler", "mlm"), ("mlm",), ("pooler", "nsp"), ()])
def test_a_saved_model_reloads_bit_for_bit(heads: tuple[str, ...], tmp_path: Path) -> None:
    config = tiny_config(hidden_act="relu", layer_norm_eps=1e-7, hidden_dropout_prob=0.25)
    model = random_model(config, seed=41, heads=heads)
    save_checkpoint(tmp_path, model, tiny_tokenizer(), torch.float32)
    checkpoint = load_checkpoint(tmp_path, device="cpu")
    assert checkpoint.model.config == config and checkpoint.model.heads == heads
    assert checkpoint.set_aside == ()
    found = checkpoint.model.state_dict()
    assert found.keys() == model.state_dict().keys()
    for name, weight in model.state_dict().items():
        assert torch.equal(found[name].view(torch.int32), weight.view(torch.int32)), name


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_what_the_file_holds(dtype: torch.dtype, tmp_path: Path) -> None:
    model = random_model(tiny_config(), seed=42)
    save_checkpoint(tmp_path / "a", model, tiny_tokenizer(), dtype)
    stored = load_file(tmp_path / "a" / "model.safetensors")
    assert {tensor.dtype for tensor in stored.values()} == {dtype}
    config = json.loads((tmp_path / "a" / "config.json").read_text())
    assert config["dtype"] == str(dtype).removeprefix("torch.")
    reloaded = load_checkpoint(tmp_path / "a", device="cpu").model
    for name, weight in model.state_dict().items():
        assert torch.equal(reloaded.state_dict()[name], weight.to(dtype).float()), name
    save_checkpoint(tmp_path / "b", reloaded, tiny_tokenizer(), dtype)
    for file in ("model.safetensors", "config.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_the_tokenizer_is_saved_with_the_limit_of_the_model(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, random_model(tiny_config(), seed=1), tiny_tokenizer())
    written = {path.name for path in tmp_path.iterdir()}
    assert {"config.json", "model.safetensors", "vocab.txt", "tokenizer.json"} <= written
    assert not [name for name in written if name.startswith(".") or "tmp" in name]
    assert json.loads((tmp_path / "tokenizer_config.json").read_text())["model_max_length"] == 40
    text = "The old rivers runs."
    assert Tokenizer.from_folder(tmp_path).encode(text).ids == tiny_tokenizer().encode(text).ids


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("when", ["weights", "tokenizer", "flush"])
def test_a_save_that_dies_half_way_leaves_the_old_checkpoint(
    when: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _contents(folder)

    def half(tensors: dict[str, Any], path: Path, **_: Any) -> None:
        Path(path).write_bytes(b"half")
        raise SafetensorError("I/O error: disk full")  # which is no OSError

    def garble(self: Tokenizer, path: Path, *_: Any) -> None:
        for name in ("tokenizer.json", "vocab.txt"):
            (Path(path) / name).write_text("half")
        raise OSError("disk full")

    def fail(descriptor: int) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        match when:
            case "weights":
                patch.setattr(save, "save_file", half)
            case "tokenizer":
                patch.setattr(Tokenizer, "save", garble)
            case "flush":
                patch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match=r"tiny' could not be written \(.*disk full\); what lay"):
            save_checkpoint(folder, random_model(tiny_config(), seed=43), tiny_tokenizer())
    assert _contents(folder) == before
    save_checkpoint(folder, random_model(tiny_config(), seed=43), tiny_tokenizer())
    assert _contents(folder).keys() == before.keys() and _contents(folder) != before


def test_all_files_may_be_read_by_the_same_people(folder: Path) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    (folder / "new").touch()
    assert set(modes.values()) == {stat.S_IMODE((folder / "new").stat().st_mode)}, modes


def test_saving_does_not_change_the_model(tmp_path: Path) -> None:
    model = random_model(tiny_config(), seed=44).train()
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    save_checkpoint(tmp_path, model, tiny_tokenizer(), torch.float16)
    assert model.training
    for name, weight in model.state_dict().items():
        assert weight.dtype == torch.float32 and torch.equal(weight, before[name]), name


def test_every_name_goes_there_and_back() -> None:
    names = random_model(tiny_config(num_hidden_layers=12), seed=1).state_dict().keys()
    published = {published_name(name): name for name in names}
    assert len(published) == len(names) == 5 + 12 * 16 + 2 + 5 + 2
    for theirs, ours in published.items():
        assert our_name(theirs) == ours
    assert published["bert.encoder.layer.11.attention.output.LayerNorm.bias"] == (
        "encoder.layers.11.attention_norm.bias"
    )
    assert len({ours for ours, _ in RENAMES}) == len({theirs for _, theirs in RENAMES})
    for foreign in ("roberta.embeddings.x", "weight", "", "bert.encoder.layer.x.output.dense.bias"):
        assert our_name(foreign) is None
    with pytest.raises(KeyError):
        published_name("encoder.other.weight")
