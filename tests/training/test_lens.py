"""A lens learns to bring every layer near the model's own answer, repeatably, on its own text."""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open

from bert_core.checkpoint.fingerprint import GUESSES, fingerprint
from bert_core.checkpoint.lens_file import LENS_FILE, TunedLens, load_lens
from bert_core.checkpoint.load import Checkpoint
from bert_core.data.sentence_pairs import TokenisedDocument
from bert_core.outputs.lens import RAW, TUNED
from bert_core.training import lens as lens_module
from bert_core.training.lens import LensStep, train_and_save, train_lens
from bert_core.training.lens_arguments import LensArguments
from bert_core.training.lens_losses import measure_lens
from bert_core.training.loop import Trainer
from bert_core.training.start import from_scratch
from tests.model.tiny import VOCABULARY, random_model, tiny_config, tiny_tokenizer
from tests.training.toy import SENTENCES, toy_arguments, toy_documents

LAYERS = 2
SHORT = LensArguments(steps=40, batch_tokens=512, length=24, rate=1e-2, places=300)


@pytest.fixture(scope="module")
def bert() -> Checkpoint:
    """A tiny model that has learned the toy language."""
    model = from_scratch(tiny_config(), seed=1)
    arguments = toy_arguments(
        tokens=60_000, batch_tokens=1_024, length=24, body_rate=1e-2, head_rate=1e-2
    )
    Trainer(model, tiny_tokenizer(), toy_documents(), arguments).run()
    return Checkpoint("toy", model.requires_grad_(False), tiny_tokenizer(), ())


def zeros() -> TunedLens:
    return TunedLens(torch.zeros(LAYERS, 32, 32), torch.zeros(LAYERS, 32), "", {})


def same(first: TunedLens, second: TunedLens) -> bool:
    return torch.equal(first.weights, second.weights) and torch.equal(first.biases, second.biases)


def test_after_a_short_run_every_lower_layer_is_nearer_to_the_answer(bert: Checkpoint) -> None:
    lens = train_lens(bert, toy_documents(), SHORT)
    losses = measure_lens(bert, lens, toy_documents(), places=300)
    for loss in (losses.divergence, losses.cross_entropy):
        assert loss[RAW].shape == loss[TUNED].shape == (LAYERS + 1,)
        for layer in range(LAYERS):
            assert loss[TUNED][layer] < loss[RAW][layer] - 0.05, (layer, loss)
        assert loss[RAW][LAYERS] == loss[TUNED][LAYERS]
    assert losses.divergence[RAW][LAYERS] == pytest.approx(0, abs=1e-6)
    assert losses.divergence[TUNED][1] < losses.divergence[TUNED][0], "the later layer knows more"
    assert lens.fingerprint == fingerprint(bert, GUESSES)


def test_the_same_seed_gives_the_same_lens(bert: Checkpoint) -> None:
    short = replace(SHORT, steps=6)
    first = train_lens(bert, toy_documents(), short)
    torch.manual_seed(99)
    again = train_lens(bert, toy_documents(), short)
    other = train_lens(bert, toy_documents(), replace(short, seed=7))
    assert same(first, again) and not same(first, other)
    assert bool(first.weights.any()) and bool(first.biases.any())
    for layer in range(LAYERS):
        assert bool(first.weights[layer].any()), f"layer {layer} learned nothing"


def test_every_step_is_told_and_the_losses_fall(bert: Checkpoint) -> None:
    steps: list[LensStep] = []
    train_lens(bert, toy_documents(), SHORT, steps.append)
    assert [step.step for step in steps] == list(range(1, 41))
    told = np.array([step.divergence for step in steps])
    assert told.shape == (40, LAYERS) and (told > 0).all()
    assert (told[-5:].mean(0) < 0.9 * told[:5].mean(0)).all()
    seconds = [step.seconds for step in steps]
    assert seconds == sorted(seconds) and seconds[0] >= 0


def test_the_loss_is_the_divergence_from_the_models_own_answer(
    bert: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = torch.randn(LAYERS + 1, 7, 32, generator=torch.Generator().manual_seed(45))
    monkeypatch.setattr(lens_module, "masked_vectors", lambda *_: vectors)
    steps: list[LensStep] = []
    train_lens(bert, toy_documents(), replace(SHORT, steps=1), steps.append)
    assert bert.model.mlm is not None
    with torch.inference_mode():
        said = bert.model.mlm(vectors).log_softmax(-1)
    own = said[-1]
    for layer in range(LAYERS):
        expected = float((own.exp() * (own - said[layer])).sum(-1).mean())
        reverse = float((said[layer].exp() * (said[layer] - own)).sum(-1).mean())
        assert abs(expected - reverse) > 0.1 * expected, "the test could not tell"
        assert steps[0].divergence[layer] == pytest.approx(expected, rel=0.02)


def test_a_lens_begins_as_the_identity(bert: Checkpoint) -> None:
    lens = train_lens(bert, toy_documents(), replace(SHORT, steps=3, rate=1e-12))
    assert not lens.weights.any() and not lens.biases.any()


def test_the_lens_is_what_float16_holds(bert: Checkpoint) -> None:
    lens = train_lens(bert, toy_documents(), replace(SHORT, steps=4))
    assert torch.equal(lens.weights.half().float(), lens.weights)
    assert not lens.weights.requires_grad


def test_the_model_stays_as_it_is() -> None:
    model = random_model(tiny_config(), seed=3)  # whose weights would take gradients
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    bert = Checkpoint("random", model, tiny_tokenizer(), ())
    train_lens(bert, toy_documents(), replace(SHORT, steps=3))
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_losses_of_a_head_that_knows_nothing_and_of_one_that_always_says_the_same() -> None:
    def answers(logits: torch.Tensor) -> Any:
        model = random_model(tiny_config(), seed=3)
        head = model.mlm
        assert head is not None
        head.forward = lambda hidden: logits.expand(*hidden.shape[:-1], -1)  # type: ignore[method-assign]
        bert = Checkpoint("rigged", model, tiny_tokenizer(), ())
        return measure_lens(bert, zeros(), toy_documents(), places=100)

    even = answers(torch.zeros(len(VOCABULARY)))
    assert even.places >= 100
    for kind in (RAW, TUNED):
        np.testing.assert_allclose(even.cross_entropy[kind], math.log(len(VOCABULARY)), rtol=1e-5)
        np.testing.assert_allclose(even.divergence[kind], 0, atol=1e-6)
    only = torch.full((len(VOCABULARY),), -50.0)
    only[VOCABULARY.index("water")] = 0.0  # right once in a while, 50 nats off else
    wrong = answers(only).cross_entropy[RAW]
    assert np.ptp(wrong) < 1e-5 and 25 < wrong[0] < 50


def test_losses_are_means_over_places_of_the_head_on_every_layer(bert: Checkpoint) -> None:
    """Brute force: a document is a sentence, of which one token of seven to nine is masked."""
    every = (tuple(one) for one in tiny_tokenizer().encode_ids(list(SENTENCES)))
    ids = [one for one in every if len(one) < 10]
    assert len(ids) == 3
    documents = [TokenisedDocument("toy", (ids[at % 3],)) for at in range(1_200)]
    losses = measure_lens(bert, zeros(), documents, places=10**9)
    head = bert.model.mlm
    assert head is not None
    sums: list[list[tuple[list[float], list[float]]]] = []
    for sentence in ids:
        sums.append([])
        for at, id in enumerate(sentence, start=1):
            shown = [bert.tokenizer.cls_id, *sentence, bert.tokenizer.sep_id]
            shown[at] = bert.tokenizer.mask_id
            with torch.inference_mode():
                states = bert.model(torch.tensor([shown])).hidden_states
                said = head(torch.stack([one[0, at] for one in states])).log_softmax(-1)
            apart = (said[-1].exp() * (said[-1] - said)).sum(-1)
            sums[-1].append(((-said[:, id]).tolist(), apart.tolist()))
    means = np.mean([np.mean(one, axis=0) for one in sums], axis=0)
    assert losses.places == pytest.approx(0.8 * 1_200, abs=40)
    np.testing.assert_allclose(losses.cross_entropy[RAW], means[0], rtol=0.08)
    np.testing.assert_allclose(losses.divergence[RAW], means[1], rtol=0.08, atol=1e-6)


def test_it_measures_as_many_places_as_asked_or_all_there_are(bert: Checkpoint) -> None:
    few = measure_lens(bert, zeros(), toy_documents(), places=20).places
    every = measure_lens(bert, zeros(), toy_documents(), places=10**9).places
    assert 20 <= few < every
    tokens = sum(len(sentence) for one in toy_documents() for sentence in one.sentences)
    assert every == pytest.approx(0.15 * 0.8 * tokens, rel=0.3)


def test_what_cannot_be_trained_on_is_named(bert: Checkpoint) -> None:
    bare = Checkpoint("bare", random_model(tiny_config(), 1, ()), tiny_tokenizer(), ())
    with pytest.raises(ValueError, match="bare has no masked-word head"):
        train_lens(bare, toy_documents(), SHORT)
    with pytest.raises(ValueError, match="bare has no masked-word head"):
        measure_lens(bare, zeros(), toy_documents())
    for empty in ([], [TokenisedDocument("toy", ())]):
        with pytest.raises(ValueError, match="the text is empty"):
            train_lens(bert, empty, SHORT)
    with pytest.raises(ValueError, match=r"model of 2 layers × 8, but toy has 2 × 32"):
        small = TunedLens(torch.zeros(2, 8, 8), torch.zeros(2, 8), "", {})
        measure_lens(bert, small, toy_documents())


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("steps", 0, "steps is 0; it must be 1 or more"),
        ("places", 0, "places is 0"),
        ("length", 4, "length is 4; it must be from 8 to batch_tokens"),
        ("batch_tokens", 100, "length is 128; it must be from 8 to batch_tokens .100."),
        ("mask_rate", 1.0, "mask_rate is 1.0; it must be between 0 and 1"),
        ("warmup", 0.0, "warmup is 0.0"),
        ("rate", 0.0, "rate is 0.0; it must be above 0"),
        ("rate", math.nan, "rate is nan"),
        ("seed", -1, "seed is -1; it must be 0 or more"),
    ],
)
def test_a_setting_out_of_range_is_named(name: str, value: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LensArguments(**{name: value})  # type: ignore[arg-type]


def test_the_rate_rises_and_falls() -> None:
    arguments = LensArguments(steps=100, warmup=0.1, rate=2.0)
    rates = [arguments.rate_at(step) for step in range(100)]
    top = rates.index(max(rates))
    assert top in (9, 10) and 1.8 < max(rates) <= 2.0
    assert rates[:top] == sorted(rates[:top]) and rates[top:] == sorted(rates[top:], reverse=True)
    assert 0 < rates[0] < 0.3 and 0 < rates[-1] < 0.05


def folder_of_text(tmp_path: Path) -> str:
    folder = tmp_path / "corpus"
    folder.mkdir()
    words = " ".join(SENTENCES).replace(".", "").split()
    for at in range(200):
        own = np.random.default_rng(at).choice(words, (30, 8))
        (folder / f"{at}.txt").write_text("\n".join(f"{' '.join(one)}." for one in own))
    return str(folder)


def test_it_is_trained_on_one_part_of_the_text_and_measured_on_the_other(
    bert: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bert_core.training.recipe import corpus_split

    corpus = folder_of_text(tmp_path)
    seen: dict[str, set[tuple[Any, ...]]] = {}

    def spied(name: str) -> Any:
        real = getattr(lens_module, name)

        def call(checkpoint: Any, *rest: Any) -> Any:
            documents = rest[0] if name == "train_lens" else rest[1]
            seen[name] = {one.sentences for one in documents}
            return real(checkpoint, *rest)

        return call

    for name in ("train_lens", "measure_lens"):
        monkeypatch.setattr(lens_module, name, spied(name))
    losses = train_and_save(bert, corpus, tmp_path / "out", SHORT)
    split = corpus_split(corpus)
    assert split.heldout and len(seen["measure_lens"]) == len(split.heldout)
    assert seen["train_lens"] and not seen["train_lens"] & seen["measure_lens"]
    assert len(seen["train_lens"]) < len(split.train), "no more text is read than is needed"
    lens = load_lens(tmp_path / "out", bert)
    facts = lens.facts
    assert facts["corpus"] == "corpus" and facts["measured_places"] == str(losses.places)
    for field in fields(LensArguments):
        assert facts[field.name] == str(getattr(SHORT, field.name))
    for loss in ("cross_entropy", "divergence"):
        values: Mapping[str, Any] = getattr(losses, loss)
        for kind in (RAW, TUNED):
            written = json.loads(facts[f"{loss}_{kind}"])
            np.testing.assert_allclose(written, values[kind], atol=1e-4)
    with safe_open(tmp_path / "out" / LENS_FILE, framework="pt") as file:
        assert torch.equal(file.get_tensor("weights").float(), lens.weights)


def test_text_with_nothing_held_out_is_refused(bert: Checkpoint, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("The river flows. The sea.")
    with pytest.raises(ValueError, match="no document of the text is held out"):
        train_and_save(bert, str(tmp_path), tmp_path / "out", SHORT)
    assert not (tmp_path / "out").exists()
