"""What a run starts from, and the whole way from a folder of text to a saved checkpoint."""

import math
from pathlib import Path

import pytest
import torch

from bert_core.checkpoint.load import load_checkpoint
from bert_core.checkpoint.save import save_checkpoint
from bert_core.data.sentence_pairs import TokenisedDocument
from bert_core.model.bert import HEADS
from bert_core.training.recipe import corpus_split, train
from bert_core.training.start import from_encoder, from_scratch, log_frequencies
from bert_core.training.state import Reached, load_state, save_state, saved_run, state_tensors
from tests.model.tiny import random_batch, random_model, tiny_config, tiny_tokenizer
from tests.training.toy import SENTENCES, toy_arguments, toy_documents


def test_frequencies_have_one_added_to_each_count() -> None:
    documents = [
        TokenisedDocument("x", ((5, 5, 7), (5,))),
        TokenisedDocument("y", ((7, 9),), paired=False),
    ]
    found = log_frequencies(documents, 10)
    counts = [1, 1, 1, 1, 1, 4, 1, 3, 1, 2]
    assert found.dtype == torch.float32
    assert found.tolist() == pytest.approx([math.log(count / 16) for count in counts])
    assert found.exp().sum().item() == pytest.approx(1)


@pytest.mark.parametrize("heads", [(), ("pooler",)])
def test_an_encoder_gets_heads_that_are_ready_to_learn(
    heads: tuple[str, ...], tmp_path: Path
) -> None:
    config, documents = tiny_config(hidden_size=64), toy_documents()
    encoder = random_model(config, seed=61, heads=heads)
    save_checkpoint(tmp_path, encoder, tiny_tokenizer(), torch.float32)
    model, tokenizer = from_encoder(tmp_path, documents, seed=1)
    assert model.heads == HEADS and tokenizer.vocab_size == config.vocab_size
    for name, weight in encoder.state_dict().items():
        assert torch.equal(model.state_dict()[name], weight), name
    assert model.mlm is not None
    assert torch.equal(model.mlm.bias, log_frequencies(documents, config.vocab_size))
    assert (model.mlm.transform.weight - torch.eye(64)).abs().max() < 0.06
    assert all(weight.requires_grad for weight in model.parameters())
    again, _ = from_encoder(tmp_path, documents, seed=1)
    other, _ = from_encoder(tmp_path, documents, seed=2)
    assert torch.equal(again.mlm.transform.weight, model.mlm.transform.weight)
    assert not torch.equal(other.mlm.transform.weight, model.mlm.transform.weight)


def test_heads_a_checkpoint_has_are_kept(tmp_path: Path) -> None:
    old = random_model(tiny_config(), seed=62)
    save_checkpoint(tmp_path, old, tiny_tokenizer(), torch.float32)
    model, _ = from_encoder(tmp_path, toy_documents(), seed=1)
    for name, weight in old.state_dict().items():
        assert torch.equal(model.state_dict()[name], weight), name


def test_fresh_weights_have_all_heads_and_follow_the_seed() -> None:
    first, second, other = (from_scratch(tiny_config(), seed) for seed in (1, 1, 2))
    assert first.heads == HEADS
    batch = random_batch(tiny_config(), seed=1)
    first, second, other = (model.eval()(*batch).last for model in (first, second, other))
    assert torch.equal(first, second) and not torch.equal(first, other)


def test_a_state_comes_back_and_a_save_that_dies_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stepped(seed: int) -> tuple[torch.nn.Module, torch.optim.AdamW]:
        model = from_scratch(tiny_config(), seed)
        optimizer = torch.optim.AdamW(model.parameters(), fused=True)
        output = model(*random_batch(tiny_config(), seed=seed))
        (model.mlm(output.last).sum() + model.nsp(output.pooled).sum()).backward()
        optimizer.step()
        return model, optimizer

    model, optimizer = stepped(1)
    assert load_state(tmp_path / "none", model, optimizer) is None
    save_state(tmp_path, state_tensors(model, optimizer), Reached(17, 1_234, 2, 5), {"seed": 3})
    with monkeypatch.context() as patch:
        patch.setattr("bert_core.checkpoint.whole_folder.os.fsync", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            save_state(tmp_path, state_tensors(*stepped(2)), Reached(18, 9))
    other, moments = stepped(3)
    assert load_state(tmp_path, other, moments) == (Reached(17, 1_234, 2, 5), [])
    assert saved_run(tmp_path) == (Reached(17, 1_234, 2, 5), {"seed": 3})
    for (name, weight), loaded in zip(model.named_parameters(), other.parameters(), strict=True):
        assert torch.equal(weight, loaded), name
        for moment in ("exp_avg", "exp_avg_sq", "step"):
            found = moments.state[loaded][moment]
            assert torch.equal(found, optimizer.state[weight][moment]), f"{moment} of {name}"


def test_from_a_folder_of_text_to_a_checkpoint(tmp_path: Path) -> None:
    corpus, start = tmp_path / "text", tmp_path / "start"
    corpus.mkdir()
    for at in range(6):
        text = " ".join(sentence.replace(" .", ".") for sentence in SENTENCES[at % 3 :] * (at + 1))
        (corpus / f"{at}.txt").write_text(text, encoding="utf-8")
    encoder = random_model(tiny_config(), seed=63, heads=())
    save_checkpoint(start, encoder, tiny_tokenizer(), torch.float32)
    lines: list[object] = []
    output = train(
        str(corpus),
        str(start),
        tmp_path / "out",
        toy_arguments(tokens=1_000),
        tmp_path / "work",
        on_progress=lines.append,
    )
    checkpoint = load_checkpoint(output, device="cpu")
    assert checkpoint.model.heads == HEADS and lines
    moved = checkpoint.model.embeddings.position.weight - encoder.embeddings.position.weight
    assert moved.abs().max() > 1e-4


def test_what_cannot_be_trained_on_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not a folder"):
        corpus_split(str(tmp_path / "none"))
    (tmp_path / "a.txt").write_text("The river flows to the sea.", encoding="utf-8")
    for start, message in (
        ("scratch:huge", "no shape called 'huge'; there are tiny, bundled, base, large"),
        (str(tmp_path / "none"), "there is no folder"),
    ):
        with pytest.raises(ValueError, match=message):
            train(str(tmp_path), start, tmp_path / "out", toy_arguments(), tmp_path / "work")
    assert not (tmp_path / "out").exists()
