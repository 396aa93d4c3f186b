"""Reading checkpoints as they are found in the wild, and what is said about broken ones."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from bert_core.checkpoint.errors import CheckpointError
from bert_core.checkpoint.load import choose_device, load_checkpoint
from bert_core.checkpoint.names import TIED_DECODER
from bert_core.checkpoint.save import save_checkpoint
from bert_core.model.bert import HEADS, Bert
from tests.model.tiny import random_model, tiny_config, tiny_tokenizer

Tensors = dict[str, Tensor]
WORDS, QUERY = (
    "bert.embeddings.word_embeddings.weight",
    "bert.encoder.layer.1.attention.self.query.weight",
)


def load(folder: Path, **options: Any) -> Bert:
    return load_checkpoint(folder, device="cpu", **options).model


def rewrite(folder: Path, change: Callable[[Tensors], Tensors]) -> None:
    """Write the weights of `folder` anew, changed."""
    path = folder / "model.safetensors"
    tensors = change(load_file(path))
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)


def assert_same_weights(found: Bert, expected: Bert) -> None:
    assert found.state_dict().keys() == expected.state_dict().keys()
    for name, weight in expected.state_dict().items():
        assert torch.equal(found.state_dict()[name], weight), name


def refused(folder: Path, *messages: str) -> None:
    """Loading fails, in one line that says all of these."""
    with pytest.raises(CheckpointError) as caught:
        load(folder)
    text = str(caught.value)
    assert "\n" not in text
    for message in messages:
        assert re.search(message, text), f"{message!r} is not in {text!r}"


def test_a_loaded_model_is_ready_to_answer(folder: Path) -> None:
    checkpoint = load_checkpoint(str(folder), device="cpu")
    model = checkpoint.model
    assert checkpoint.name == str(folder) and checkpoint.set_aside == ()
    assert model.heads == HEADS and not model.training
    assert not any(weight.requires_grad for weight in model.parameters())
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    assert checkpoint.tokenizer.encode("the river").ids == tiny_tokenizer().encode("the river").ids


def test_a_bare_encoder_has_no_prefix_and_no_heads(folder: Path) -> None:
    expected = load(folder).state_dict()
    rewrite(
        folder,
        lambda tensors: {
            name.removeprefix("bert."): tensor
            for name, tensor in tensors.items()
            if name.startswith("bert.") and "pooler" not in name
        },
    )
    model = load(folder)
    assert model.heads == ()
    assert all(torch.equal(weight, expected[name]) for name, weight in model.state_dict().items())
    assert len(model.state_dict()) == 5 + 2 * 16


def test_the_old_names_gamma_and_beta_are_read(folder: Path) -> None:
    expected = load(folder)

    def age(name: str) -> str:
        name = re.sub("LayerNorm.weight$", "LayerNorm.gamma", name)
        return re.sub("LayerNorm.bias$", "LayerNorm.beta", name)

    rewrite(folder, lambda tensors: {age(name): tensor for name, tensor in tensors.items()})
    assert sum(name.endswith(".gamma") for name in load_file(folder / "model.safetensors")) == 6
    assert_same_weights(load(folder), expected)


def shard(folder: Path) -> None:
    """Spread the weights over two files with an index."""
    tensors, weight_map = load_file(folder / "model.safetensors"), {}
    for part in (0, 1):
        name = f"model-{part + 1:05}-of-00002.safetensors"
        save_file(dict(sorted(tensors.items())[part::2]), folder / name)
        weight_map.update(dict.fromkeys(sorted(tensors)[part::2], name))
    (folder / "model.safetensors").unlink()
    index = json.dumps({"metadata": {}, "weight_map": weight_map})
    (folder / "model.safetensors.index.json").write_text(index)


def test_weights_in_several_files_are_read(folder: Path) -> None:
    expected = load(folder)
    shard(folder)
    assert_same_weights(load(folder), expected)
    (folder / "model-00002-of-00002.safetensors").unlink()
    refused(folder, "model-00002-of-00002.safetensors", "cannot be read")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"weight_map": []}', '{"weight_map": 3}'])
def test_an_index_that_lists_nothing_is_named(folder: Path, content: str) -> None:
    shard(folder)
    (folder / "model.safetensors.index.json").write_text(content)
    refused(folder, "model.safetensors.index.json does not list the weight files")


def test_a_repeated_decoder_is_read_when_it_is_tied(folder: Path) -> None:
    expected = load(folder)
    derived = {"bert.embeddings.position_ids": torch.arange(40)[None]}
    rewrite(folder, lambda tensors: {**tensors, **derived, TIED_DECODER: tensors[WORDS].clone()})
    assert_same_weights(load(folder), expected)
    rewrite(folder, lambda tensors: {**tensors, TIED_DECODER: tensors[WORDS] + 1e-3})
    refused(folder, f"{TIED_DECODER} differs from the token embedding", "tie_word_embeddings")


def test_heads_of_other_tasks_are_set_aside_and_named(folder: Path) -> None:
    expected = load(folder)
    others = {"classifier.weight": torch.ones(3, 32), "qa_outputs.bias": torch.ones(2)}
    rewrite(folder, lambda tensors: {**tensors, **others})
    checkpoint = load_checkpoint(folder, device="cpu")
    assert set(checkpoint.set_aside) == set(others)
    assert_same_weights(checkpoint.model, expected)


BROKEN: dict[str, tuple[Callable[[Tensors], Tensors], str]] = {
    "missing": (
        lambda t: {name: tensor for name, tensor in t.items() if name != QUERY},
        r"encoder\.layers\.1\.attention\.query\.weight is missing",
    ),
    "unexpected": (
        lambda t: {**t, "lm_head.extra": torch.ones(2)},
        r"lm_head\.extra is not part of a BERT",
    ),
    "a layer too many": (
        lambda t: {**t, QUERY.replace("1", "2"): t[QUERY].clone()},
        r"encoder\.layers\.2\.attention\.query\.weight is not part of this model",
    ),
    "mis-shaped": (
        lambda t: {**t, QUERY: torch.ones(32, 31)},
        r"layers\.1\.attention\.query\.weight has shape \(32, 31\), .*asks for \(32, 32\)",
    ),
    "next sentences without the pooler": (
        lambda t: {name: tensor for name, tensor in t.items() if "pooler" not in name},
        r"pooler\.dense\.weight is missing",
    ),
    "half a head": (
        lambda t: {name: tensor for name, tensor in t.items() if name != "cls.predictions.bias"},
        r"mlm\.bias is missing",
    ),
    "nothing": (lambda t: {}, r"embeddings\.token\.weight is missing.*and \d+ more"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_tensors_that_do_not_fit_are_named(folder: Path, fault: str) -> None:
    change, message = BROKEN[fault]
    rewrite(folder, change)
    refused(folder, "^tiny: the weights do not fit the model: ", message)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_truncated_file_is_refused(folder: Path, share: float) -> None:
    path = folder / "model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    refused(folder, r"model\.safetensors cannot be read", "truncated", "again")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "bert_model.ckpt.index"])
def test_a_pickle_is_refused_with_the_way_to_convert_it(folder: Path, name: str) -> None:
    (folder / "model.safetensors").rename(folder / name)
    refused(folder, re.escape(name), "save_pretrained", r"writes model\.safetensors")


def test_missing_files_are_named(folder: Path, tmp_path: Path) -> None:
    (folder / "model.safetensors").unlink()
    refused(folder, r"has no model\.safetensors")
    (folder / "config.json").unlink()
    refused(folder, r"has no config\.json", "vocab.txt")
    refused(tmp_path / "nowhere", "there is no folder", "hub id such as")


def test_a_missing_tokenizer_is_named(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    load(folder)
    (folder / "vocab.txt").unlink()
    with pytest.raises(ValueError, match=r"no tokenizer in .*tokenizer\.json or vocab\.txt"):
        load(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"model_type": "roberta"}', "model_type is 'roberta'; only 'bert'"),
        (b'{"model_type": "bert",', "not valid JSON"),
        (b"\xff\xfe\x00", "not valid JSON"),
        (b"[1, 2]", "one JSON object, not a list"),
        (b'{"hidden_size": 30, "num_attention_heads": 4}', "cannot be split evenly"),
        (b'{"hidden_act": "swish"}', "hidden_act is 'swish'; it must be one of gelu"),
        (b'{"vocab_size": "many"}', "vocab_size is 'many'"),
    ],
)
def test_a_config_that_cannot_be_used_is_named(folder: Path, content: bytes, message: str) -> None:
    (folder / "config.json").write_bytes(content)
    refused(folder, r"config\.json", re.escape(message))


def test_a_vocabulary_larger_than_the_model_is_refused(folder: Path, tmp_path: Path) -> None:
    small = random_model(tiny_config(vocab_size=10), seed=1)
    save_checkpoint(tmp_path / "small", small, tiny_tokenizer(), torch.float32)
    refused(tmp_path / "small", "the tokenizer has 26 entries but the model only 10")


def test_device_and_precision_are_checked(folder: Path) -> None:
    for precision in ("float16", "bfloat16"):
        weights = load(folder, precision=precision).parameters()
        assert {weight.dtype for weight in weights} == {getattr(torch, precision)}
    with pytest.raises(ValueError, match="precision 'int8'; it must be one of float32, bfloat16"):
        load(folder, precision="int8")
    for device in ("gpu", "cuda:99", ""):
        with pytest.raises(ValueError, match=f"device '{device}' cannot be used here; try 'auto'"):
            load_checkpoint(folder, device=device)
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


def test_a_folder_with_a_strange_name_is_read(folder: Path, tmp_path: Path) -> None:
    strange = tmp_path / "Modèle n° 1 (vieux) 🦊"
    shutil.copytree(folder, strange)
    assert_same_weights(load(strange), load(folder))
