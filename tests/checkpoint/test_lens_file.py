"""Files of trained lenses: whole, broken, and of another model."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from bert_core.checkpoint import lens_file
from bert_core.checkpoint.fingerprint import GUESSES, fingerprint
from bert_core.checkpoint.lens_file import LENS_FILE, TunedLens, find_lens, load_lens, save_lens
from bert_core.checkpoint.load import Checkpoint, load_checkpoint
from tests.model.tiny import random_model, tiny_config, tiny_tokenizer

LAYERS, HIDDEN = 2, 32


@pytest.fixture
def bert(folder: Path) -> Checkpoint:
    return load_checkpoint(folder, device="cpu")


@pytest.fixture
def lens(bert: Checkpoint) -> TunedLens:
    draw = torch.Generator().manual_seed(1)
    weights = torch.randn(LAYERS, HIDDEN, HIDDEN, generator=draw).half().float()
    biases = torch.randn(LAYERS, HIDDEN, generator=draw).half().float()
    return TunedLens(weights, biases, fingerprint(bert, GUESSES), {"steps": "7", "corpus": "é"})


def other_model(bert: Checkpoint, part: str) -> Checkpoint:
    """The same but for one number of one parameter."""
    model = random_model(bert.model.config, seed=31)
    model.load_state_dict(bert.model.state_dict())
    with torch.no_grad():
        dict(model.named_parameters())[part].view(-1)[0] += 1
    return Checkpoint("other", model, bert.tokenizer, ())


def test_a_lens_comes_back_as_it_was(tmp_path: Path, bert: Checkpoint, lens: TunedLens) -> None:
    path = save_lens(tmp_path / "new", lens)
    assert path == tmp_path / "new" / LENS_FILE
    assert [one.name for one in path.parent.iterdir()] == [LENS_FILE]
    assert path.stat().st_mode & 0o444 == 0o444, "everybody can read it"
    for found in (load_lens(path, bert), load_lens(path.parent, bert)):
        assert torch.equal(found.weights, lens.weights) and torch.equal(found.biases, lens.biases)
        assert found.weights.dtype == torch.float32
        assert (found.fingerprint, found.facts) == (lens.fingerprint, lens.facts)
    with safe_open(path, framework="pt") as file:
        assert file.get_tensor("weights").dtype == torch.float16


def test_a_map_is_the_identity_plus_w_and_b(lens: TunedLens) -> None:
    vectors = torch.randn(5, HIDDEN)
    for layer in range(LAYERS):
        moved = vectors + vectors @ lens.weights[layer].T + lens.biases[layer]
        torch.testing.assert_close(lens.translate(layer, vectors), moved)
    half = lens.translate(1, vectors.bfloat16())
    assert half.dtype == torch.bfloat16


@pytest.mark.parametrize("part", ["encoder.layers.0.feed_forward.up.bias", "mlm.bias"])
def test_a_lens_of_another_model_is_refused(
    tmp_path: Path, bert: Checkpoint, lens: TunedLens, part: str
) -> None:
    save_lens(tmp_path, lens)
    other = other_model(bert, part)
    wanted, own = lens.fingerprint[:8], fingerprint(other, GUESSES)[:8]
    with pytest.raises(ValueError, match=f"another model than other .*{wanted}, not {own}"):
        load_lens(tmp_path, other)
    assert find_lens(other, tmp_path) is None
    assert find_lens(bert, tmp_path) is not None


def test_a_head_that_does_not_guess_words_makes_no_other_model(
    tmp_path: Path, bert: Checkpoint, lens: TunedLens
) -> None:
    save_lens(tmp_path, lens)
    load_lens(tmp_path, other_model(bert, "pooler.dense.bias"))
    in_bfloat16 = load_checkpoint(bert.name, device="cpu", precision="bfloat16")
    load_lens(tmp_path, in_bfloat16)
    assert fingerprint(bert) != fingerprint(bert, GUESSES)
    assert fingerprint(bert) == fingerprint(other_model(bert, "mlm.bias"))


def test_another_shape_is_named(tmp_path: Path, lens: TunedLens) -> None:
    save_lens(tmp_path, lens)
    model = random_model(tiny_config(num_hidden_layers=3), seed=1)
    deeper = Checkpoint("deeper", model, tiny_tokenizer(), ())
    with pytest.raises(ValueError, match="model of 2 layers × 32, but deeper has 3 × 32; .*lens-t"):
        load_lens(tmp_path, deeper)
    assert find_lens(deeper, tmp_path) is None


def test_the_default_place_is_looked_at(
    tmp_path: Path, bert: Checkpoint, lens: TunedLens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lens_file, "BUNDLED_LENS", tmp_path)
    assert find_lens(bert) is None
    save_lens(tmp_path, lens)
    found = find_lens(bert)
    assert found is not None and torch.equal(found.weights, lens.weights)


def test_the_bundled_lens_is_of_the_bundled_model_and_worth_what_its_card_says() -> None:
    """Fails when the model was trained anew, and `lens-train --output assets/lens` was not run."""
    lens = load_lens(lens_file.BUNDLED_LENS, load_checkpoint("bundled"))
    card = (lens_file.BUNDLED_LENS / "README.md").read_text(encoding="utf-8")
    names = ("cross_entropy_raw", "cross_entropy_tuned", "divergence_raw", "divergence_tuned")
    columns = [json.loads(lens.facts[name]) for name in names]
    for layer, row in enumerate(zip(*columns, strict=True)):
        raw, tuned, far, near = row
        if layer < len(lens.biases):
            assert tuned < raw and near < far
            assert f"| {layer} | {raw:.3f} | {tuned:.3f} | {far:.3f} | {near:.3f} |" in card
        else:
            assert (tuned, near) == (raw, far) and near < 1e-4
            assert f"| {layer} | {raw:.3f} | {tuned:.3f} | 0 | 0 |" in card
    assert f"At {int(lens.facts['measured_places']):,} places" in card


def test_what_is_not_there_is_named(tmp_path: Path, bert: Checkpoint) -> None:
    for path in (tmp_path / "none.safetensors", tmp_path):
        with pytest.raises(ValueError, match=r"there is no lens '.*'; `python -m bert_core lens"):
            load_lens(path, bert)
    assert find_lens(bert, tmp_path) is None


def test_a_broken_file_is_named(tmp_path: Path, bert: Checkpoint, lens: TunedLens) -> None:
    path = save_lens(tmp_path, lens)
    whole = path.read_bytes()
    for content in (whole[:-9], b"hello", b""):
        path.write_bytes(content)
        for ask in (lambda: load_lens(path, bert), lambda: find_lens(bert, tmp_path)):
            with pytest.raises(ValueError, match="cannot be read as a lens.*may be cut off"):
                ask()


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"weights": torch.zeros(2, 32, 32)}, "cannot be read as a lens.*biases"),
        ({"weights": torch.zeros(2, 32, 31), "biases": torch.zeros(2, 32)}, r"\(2, 32, 31\)"),
        ({"weights": torch.zeros(3, 32, 32), "biases": torch.zeros(2, 32)}, r"\(3, 32, 32\)"),
        ({"weights": torch.zeros(32), "biases": torch.zeros(2, 32)}, r"weights \(32,\)"),
        ({"weights": torch.zeros(()), "biases": torch.zeros(())}, r"weights \(\)"),
        (
            {"weights": torch.full((2, 32, 32), torch.nan), "biases": torch.zeros(2, 32)},
            "number that is not finite",
        ),
    ],
)
def test_wrong_tensors_are_named(
    tmp_path: Path, bert: Checkpoint, tensors: dict[str, torch.Tensor], message: str
) -> None:
    save_file(tensors, tmp_path / LENS_FILE)
    with pytest.raises(ValueError, match=message):
        load_lens(tmp_path, bert)


def test_a_file_that_names_no_model_is_refused(tmp_path: Path, bert: Checkpoint) -> None:
    tensors = {"weights": torch.zeros(2, 32, 32), "biases": torch.zeros(2, 32)}
    save_file(tensors, tmp_path / LENS_FILE)
    with pytest.raises(ValueError, match="another model.*weights not named"):
        load_lens(tmp_path, bert)


def test_what_float16_cannot_hold_is_not_written(tmp_path: Path, lens: TunedLens) -> None:
    save_lens(tmp_path, lens)
    before = (tmp_path / LENS_FILE).read_bytes()
    with pytest.raises(ValueError, match="float16 cannot hold"):
        save_lens(tmp_path, replace(lens, weights=lens.weights * 1e6))
    assert (tmp_path / LENS_FILE).read_bytes() == before
