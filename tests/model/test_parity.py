"""The same weights give the same numbers in `transformers` and here, whoever wrote the file."""

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForNextSentencePrediction,
    AutoModelForPreTraining,
    PreTrainedModel,
)

from bert_core.checkpoint import find
from bert_core.checkpoint.load import load_checkpoint
from bert_core.checkpoint.save import save_checkpoint
from bert_core.config import BertConfig
from bert_core.model.bert import HEADS
from bert_core.outputs import Encoding
from bert_core.tokenizer import Tokenizer
from tests.model.parity import TOLERANCE, assert_same_results, close, published_model
from tests.model.tiny import random_batch, random_model, tiny_config, tiny_tokenizer

SHAPES = {
    "one head": tiny_config(num_hidden_layers=1, num_attention_heads=1, hidden_size=16),
    "gelu_new": tiny_config(hidden_act="gelu_new", num_hidden_layers=3, layer_norm_eps=1e-5),
    "relu": tiny_config(hidden_act="relu", num_attention_heads=6, hidden_size=48),
    "deep": tiny_config(num_hidden_layers=7, num_attention_heads=2, intermediate_size=96),
    "three segments": tiny_config(type_vocab_size=3, max_position_embeddings=13, vocab_size=61),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_file_of_transformers_gives_its_results_here(shape: str, tmp_path: Path) -> None:
    config = SHAPES[shape]
    theirs = published_model(config, seed=1)
    theirs.save_pretrained(tmp_path)
    tiny_tokenizer().save(tmp_path)
    checkpoint = load_checkpoint(tmp_path, device="cpu")
    assert checkpoint.model.config == config
    assert checkpoint.model.heads == HEADS and checkpoint.set_aside == ()
    assert_same_results(checkpoint.model, theirs, random_batch(config, seed=2))


def test_the_published_base_shape_gives_the_same_results(tmp_path: Path) -> None:
    config = BertConfig()
    assert (config.num_hidden_layers, config.hidden_size, config.vocab_size) == (12, 768, 30_522)
    theirs = published_model(config, seed=3)
    theirs.save_pretrained(tmp_path)
    Tokenizer.from_folder(find.BUNDLED).save(tmp_path)
    ours = load_checkpoint(tmp_path, device="cpu").model
    assert_same_results(ours, theirs, random_batch(config, seed=4, lengths=(24, 17, 2)))


@pytest.mark.parametrize("shape", SHAPES)
def test_queries_keys_values_and_scores_are_those_of_transformers(
    shape: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read off while the reference runs: from its three projections and before its softmax."""
    config = SHAPES[shape]
    theirs = published_model(config, seed=13)
    theirs.save_pretrained(tmp_path)
    tiny_tokenizer().save(tmp_path)
    ours = load_checkpoint(tmp_path, device="cpu").model
    ids, segments, padding = random_batch(config, seed=14)
    projected: dict[str, list[Tensor]] = {"query": [], "key": [], "value": []}
    scores: list[Tensor] = []
    for layer in theirs.bert.encoder.layer:
        for name, seen in projected.items():
            getattr(layer.attention.self, name).register_forward_hook(
                lambda module, given, out, seen=seen: seen.append(out)
            )
    softmax = torch.nn.functional.softmax

    def watched(given: Tensor, *rest: object, **named: object) -> Tensor:
        scores.append(given)
        return softmax(given, *rest, **named)

    with torch.inference_mode():
        records = ours(ids, segments, padding, record_attention=True).attention
        monkeypatch.setattr(torch.nn.functional, "softmax", watched)
        theirs(ids, token_type_ids=segments, attention_mask=(~padding).long())
    assert len(records) == len(scores) == config.num_hidden_layers
    kept = (~padding)[:, None, None, :].expand(scores[0].shape)
    for at, record in enumerate(records):
        for name, found in zip(
            projected, (record.queries, record.keys, record.values), strict=True
        ):
            close(f"{name} {at}", found.transpose(1, 2).flatten(2), projected[name][at])
        close(f"scores {at}", record.scores[kept], scores[at][kept])


def _open(auto: type[AutoModel], folder: Path) -> tuple[PreTrainedModel, dict[str, object]]:
    model, report = auto.from_pretrained(
        folder,
        dtype=torch.float32,
        attn_implementation="eager",
        local_files_only=True,
        output_loading_info=True,
    )
    return model.eval(), {name: found for name, found in report.items() if found}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_file_of_ours_opens_in_transformers(shape: str, tmp_path: Path) -> None:
    ours = random_model(SHAPES[shape], seed=5)
    save_checkpoint(tmp_path, ours, tiny_tokenizer(), torch.float32)
    theirs, faults = _open(AutoModelForPreTraining, tmp_path)
    assert not faults
    assert_same_results(ours, theirs, random_batch(SHAPES[shape], seed=6))


@pytest.mark.parametrize(
    ("heads", "auto", "name"),
    [
        (("mlm",), AutoModelForMaskedLM, "BertForMaskedLM"),
        (("pooler",), AutoModel, "BertModel"),
        (("pooler", "nsp"), AutoModelForNextSentencePrediction, "BertForNextSentencePrediction"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_model_with_fewer_heads_opens_in_transformers(
    heads: tuple[str, ...], auto: type[AutoModel], name: str, tmp_path: Path
) -> None:
    config = tiny_config()
    ours = random_model(config, seed=7, heads=heads)
    save_checkpoint(tmp_path, ours, tiny_tokenizer(), torch.float32)
    assert json.loads((tmp_path / "config.json").read_text())["architectures"] == [name]
    theirs, faults = _open(auto, tmp_path)
    assert not faults and type(theirs).__name__ == name
    ids, segments, padding = random_batch(config, seed=8)
    with torch.inference_mode():
        output = ours(ids, segments, padding)
        expected = theirs(ids, token_type_ids=segments, attention_mask=(~padding).long())
        if heads == ("mlm",):
            assert ours.mlm is not None
            close("logits", ours.mlm(output.last), expected.logits)
        elif heads == ("pooler",):
            close("pooled", output.pooled, expected.pooler_output)
        else:
            assert ours.nsp is not None
            close("logits", ours.nsp(output.pooled), expected.logits)


def test_a_whole_model_opens_as_a_masked_language_model(tmp_path: Path) -> None:
    config = tiny_config()
    ours = random_model(config, seed=9)
    save_checkpoint(tmp_path, ours, tiny_tokenizer(), torch.float32)
    theirs, faults = _open(AutoModelForMaskedLM, tmp_path)
    assert not faults.get("missing_keys") and not faults.get("mismatched_keys")
    assert_same_results(ours, theirs, random_batch(config, seed=10))


def _batch(encodings: list[Encoding]) -> tuple[Tensor, Tensor, Tensor]:
    shape = (len(encodings), max(map(len, encodings)))
    ids, segments = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    padding = torch.ones(shape, dtype=torch.bool)
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding)] = torch.tensor(encoding.ids)
        segments[row, : len(encoding)] = torch.tensor(encoding.segment_ids)
        padding[row, : len(encoding)] = False
    return ids, segments, padding


def test_the_bundled_checkpoint_gives_the_same_results() -> None:
    """Trained weights give numbers far above 1, which float32 does not hold to 1e-5: so these are
    held to 1e-5 of the largest, and in float64, where nothing is lost, to 1e-9."""
    checkpoint = load_checkpoint("bundled", device="cpu")
    ours, encode = checkpoint.model, checkpoint.tokenizer.encode
    assert ours.heads == HEADS and checkpoint.set_aside == ()
    theirs, faults = _open(AutoModelForPreTraining, find.BUNDLED)
    assert not faults
    sentence = "The old man sat down on the [MASK] by the river."
    batch = _batch([encode(sentence, "It rained."), encode("Snow [MASK].")])
    with torch.inference_mode():
        largest = max(state.abs().max().item() for state in ours(*batch).hidden_states)
    assert_same_results(ours, theirs, batch, TOLERANCE * max(1.0, largest))
    assert_same_results(ours.double(), theirs.double(), batch, 1e-9)
    batch = random_batch(ours.config, seed=12, lengths=(64, 41, 7))
    assert_same_results(ours, theirs, batch, 1e-9)
