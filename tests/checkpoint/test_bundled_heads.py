"""The three heads that come with the project: small, for this model, as right as asked."""

import json

import pytest
import torch
from safetensors.torch import load_file

from bert_core.analysis.task_head import classify
from bert_core.checkpoint.head_file import BUNDLED_HEADS, LoadedHead, bundled_heads, load_head
from bert_core.checkpoint.load import Checkpoint, load_checkpoint
from bert_core.training.head_recipe import RECIPES, card

LEAST = {"spam": 0.97, "sentiment": 0.78, "factual": 0.75}
LARGEST = 4_000_000
CLEAR = {
    "spam": ("Congratulations, you have won! Click the link and claim your free cash prize now.",
             "spam"),
    "sentiment": ("A warm, funny and beautifully acted film.", "positive"),
    "factual": ("A robin is a kind of furniture.", "false"),
}  # fmt: skip


@pytest.fixture(scope="module")
def bundled() -> Checkpoint:
    return load_checkpoint("bundled", device="cpu")


@pytest.fixture(scope="module", params=sorted(LEAST))
def head(request: pytest.FixtureRequest, bundled: Checkpoint) -> LoadedHead:
    return load_head(request.param, bundled)


def test_there_are_three() -> None:
    assert set(bundled_heads()) == set(LEAST) == set(RECIPES)


def test_it_was_trained_on_the_bundled_encoder(head: LoadedHead) -> None:
    assert head.fits, f"{head.note}: run `make heads`"


def test_it_is_as_right_as_asked(head: LoadedHead) -> None:
    assert head.facts.training["scores"]["accuracy"] >= LEAST[head.name]


def test_its_figures_are_of_texts_it_did_not_learn_from(head: LoadedHead) -> None:
    scores = head.facts.training["scores"]
    assert scores["accuracy"] > scores["baselines"]["commonest class"]
    right = sum(scores["confusion"][at][at] for at in range(len(head.facts.labels)))
    assert right / scores["texts"] == pytest.approx(scores["accuracy"])


def test_it_answers_a_clear_case(head: LoadedHead) -> None:
    text, label = CLEAR[head.name]
    answer = classify(head, text)
    assert answer.labels[answer.best] == label


def test_its_card_is_made_from_its_figures(head: LoadedHead) -> None:
    written = (BUNDLED_HEADS / head.name / "README.md").read_text(encoding="utf-8")
    assert written == card(head.facts, head.name)


@pytest.mark.parametrize("name", sorted(LEAST))
def test_its_weights_are_small_and_float16_and_no_text_comes_with_it(name: str) -> None:
    folder = BUNDLED_HEADS / name
    weights = folder / "head.safetensors"
    assert weights.stat().st_size <= LARGEST
    assert all(one.dtype == torch.float16 for one in load_file(weights).values())
    assert "mistakes" not in json.loads((folder / "head.json").read_text())["training"]["scores"]
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md", "head.json", "head.safetensors",
    ]  # fmt: skip
