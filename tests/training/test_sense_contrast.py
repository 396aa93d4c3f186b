"""Contrasting senses: who is whose partner, what is hidden, and that it pulls senses apart."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from bert_core.checkpoint.load import Checkpoint
from bert_core.checkpoint.save import save_checkpoint
from bert_core.data.sense_uses import SenseOfWord
from bert_core.training import sense_contrast
from bert_core.training.loop import Trainer
from bert_core.training.progress import Progress
from bert_core.training.recipe import train
from bert_core.training.sense_contrast import SenseBatch, SenseBatches, sense_loss
from bert_core.training.sentence_vectors import sentence_vectors
from bert_core.training.start import from_scratch
from bert_core.words.uses import Use
from tests.model.tiny import random_model, tiny_config, tiny_tokenizer
from tests.training.toy import toy_arguments, toy_documents


def use(text: str, word: str) -> Use:
    start = text.index(word)
    return Use(text, start, start + len(word))


WORDS = {
    "run": (
        SenseOfWord(1, (use("the river runs", "run"), use("the sea runs", "run"))),
        SenseOfWord(2, (use("the boat runs", "run"), use("the people run", "run"))),
        SenseOfWord(2, (use("a town runs", "run"),)),
    ),
    "town": (
        SenseOfWord(3, (use("the town by the sea", "town"),)),
        SenseOfWord(4, (use("the river of the town", "town"), use("a town is long", "town"))),
    ),
}


@pytest.fixture
def batches() -> SenseBatches:
    return SenseBatches(WORDS, tiny_tokenizer(), 5)


def drawn(batches: SenseBatches, seed: int = 1) -> SenseBatch:
    return batches.draw(np.random.default_rng(seed))


def test_every_use_has_one_partner_and_near_senses_are_left_aside(batches: SenseBatches) -> None:
    batch = drawn(batches)
    assert batch.senses.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert (batch.near == batch.near.T).all() and not batch.near.diagonal().any()
    # the two senses of "run" with one topic: two uses each, either way
    assert batch.near.sum() == 8
    assert batch.target.sum(1).min() >= 1
    assert not (batch.target & batch.padding).any()


def test_batches_have_few_widths() -> None:
    """Each shape has kernels of its own, which stay in memory."""
    widths = {
        drawn(SenseBatches(WORDS, tiny_tokenizer(), 2, length), seed).ids.shape[1]
        for length in (20, 48)
        for seed in range(20)
    }
    assert widths <= {16, 20, 32, 48}


def test_the_word_itself_is_never_hidden_and_others_are_as_often_as_said(
    batches: SenseBatches, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = tiny_tokenizer()
    shares = []
    for seed in range(60):
        batch = drawn(batches, seed)
        assert (batch.ids[batch.target] != tokenizer.mask_id).all()
        assert (batch.ids[:, 0] == tokenizer.cls_id).all()
        hidden = batch.ids == tokenizer.mask_id
        seen = ~batch.target & ~np.isin(batch.ids, list(tokenizer.special_ids))
        shares.append(hidden.sum() / (hidden | seen).sum())
    assert np.mean(shares) == pytest.approx(sense_contrast.HIDDEN, abs=0.03)
    monkeypatch.setattr(sense_contrast, "HIDDEN", 1.0)
    batch = drawn(batches)
    seen = np.isin(batch.ids, list(tokenizer.special_ids))
    assert (seen | batch.target).all()


def test_the_same_chance_draws_the_same(batches: SenseBatches) -> None:
    one, two, other = drawn(batches), drawn(batches), drawn(batches, 2)
    assert (one.ids == two.ids).all() and (one.target == two.target).all()
    assert one.ids.shape != other.ids.shape or (one.ids != other.ids).any()


def test_long_uses_and_words_of_one_sense_are_left_out() -> None:
    long = use("sea " * 8 + "town", "town")
    words = {"town": (SenseOfWord(1, (long,)), SenseOfWord(2, (use("a town", "town"),)))}
    with pytest.raises(ValueError, match="no word of the dictionary has two senses"):
        SenseBatches(words, tiny_tokenizer(), 5, length=10)
    assert len(SenseBatches(words, tiny_tokenizer(), 5, length=11).words) == 1


def test_the_loss_is_that_of_finding_the_partner_by_cosine() -> None:
    """Of vectors that are the same for all, each use finds its partner by chance alone."""
    model = from_scratch(tiny_config(), 1).eval()
    ids = np.array([[2, 6, 3]] * 6)
    target = np.array([[False, True, False]] * 6)
    senses, none = np.array([0, 0, 1, 1, 2, 2]), np.zeros((6, 6), dtype=bool)
    batch = SenseBatch(ids, np.zeros_like(target), target, senses, none)
    assert sense_loss(model, batch).item() == pytest.approx(math.log(5), abs=1e-5)
    near = none.copy()
    near[2:4, 4:] = near[4:, 2:4] = True
    expected = (2 * math.log(5) + 4 * math.log(3)) / 6
    assert sense_loss(model, replace(batch, near=near)).item() == pytest.approx(expected, abs=1e-5)


def test_padding_does_not_change_the_loss(batches: SenseBatches) -> None:
    model = from_scratch(tiny_config(), 1).eval()
    batch = drawn(batches)
    more = [
        np.pad(part, ((0, 0), (0, 3)), constant_values=value)
        for part, value in ((batch.ids, 0), (batch.padding, True), (batch.target, False))
    ]
    wide = SenseBatch(*more, batch.senses, batch.near)
    assert torch.allclose(sense_loss(model, batch), sense_loss(model, wide), atol=1e-5)


def test_a_guide_is_followed_and_its_weight_counts(batches: SenseBatches) -> None:
    """Uses that are all the same to the model are not to be the same to the guide."""
    model = from_scratch(tiny_config(), 1).eval()
    guide = Checkpoint("guide", random_model(tiny_config(), 3), tiny_tokenizer(), ())
    guided = SenseBatches(WORDS, tiny_tokenizer(), 5, guide=guide)
    batch, plain = drawn(guided), drawn(batches)
    assert (batch.ids == plain.ids).all() and plain.guide is None and batch.guide is not None
    np.testing.assert_allclose(np.linalg.norm(batch.guide, axis=1), 1, atol=1e-5)
    alone, once, twice = (sense_loss(model, batch, weight).item() for weight in (0, 1, 2))
    assert alone == pytest.approx(sense_loss(model, plain).item(), abs=1e-6)
    assert once > alone and twice - once == pytest.approx(once - alone, rel=1e-4)
    states = model(torch.from_numpy(batch.ids), padding=torch.from_numpy(batch.padding)).last
    own = torch.from_numpy(batch.target)[:, :, None] * states
    follows = torch.nn.functional.normalize(own.sum(1), dim=1).detach().numpy()
    same = replace(batch, guide=follows)
    assert sense_loss(model, same, 1).item() == pytest.approx(alone, abs=1e-4)


def test_sentence_vectors_are_means_and_do_not_depend_on_what_is_beside_them() -> None:
    guide = Checkpoint("guide", random_model(tiny_config(), 3), tiny_tokenizer(), ())
    texts = ["the river", "the old town by the sea", "a boat"]
    vectors = sentence_vectors(guide, texts)
    for text, vector in zip(texts, vectors, strict=True):
        ids = torch.tensor([guide.tokenizer.encode(text).ids])
        mean = guide.model(ids).last[0].mean(0)
        assert torch.cosine_similarity(mean, torch.from_numpy(vector), dim=0) > 0.999
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_training_with_it_pulls_senses_apart_and_without_weight_it_is_not_there(
    batches: SenseBatches,
) -> None:
    def losses(weight: float) -> tuple[list[float], list[float]]:
        lines: list[Progress] = []
        model = from_scratch(tiny_config(), 1)
        arguments = toy_arguments(tokens=8_000, sense_weight=weight, body_rate=3e-3)
        Trainer(
            model, tiny_tokenizer(), toy_documents(), arguments, None, lines.append, batches
        ).run()
        with torch.inference_mode():
            after = [sense_loss(model, drawn(batches, seed)).item() for seed in range(5)]
        return after, [line.sense_loss for line in lines]

    with_it, told = losses(1.0)
    without, silent = losses(0.0)
    assert np.mean(with_it) < 0.7 * np.mean(without)
    assert silent == [0.0] * len(silent) and min(told) > 0


def test_copies_of_ones_own_text_need_no_dictionary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BERT_EXPLORER_CACHE", str(tmp_path / "cache"))
    words, rng = ["river", "sea", "boat", "town", "old", "long", "water"], np.random.default_rng(3)
    sentences = [" ".join(rng.permutation(words)[:5]) + " ." for _ in range(40)]
    (tmp_path / "text.txt").write_text("\n\n".join(sentences), encoding="utf-8")
    save_checkpoint(tmp_path / "start", from_scratch(tiny_config(), 1), tiny_tokenizer())
    lines: list[Progress] = []
    settings = {
        "sense_weight": 1.0,
        "guide_weight": 0.0,
        "senses": 16,
        "tokens": 16_000,
        "body_rate": 5e-3,
    }
    train(
        str(tmp_path / "text.txt"), str(tmp_path / "start"), tmp_path / "out",
        replace(toy_arguments(**settings), sense_source="text"), tmp_path / "work",
        on_progress=lines.append, device="cpu",
    )  # fmt: skip
    first, last = (sum(line.sense_loss for line in part) / 5 for part in (lines[:5], lines[-5:]))
    assert 0 < last < 0.8 * first, "copies find each other"
    assert not (tmp_path / "cache" / "archives").exists(), "nothing was fetched"
