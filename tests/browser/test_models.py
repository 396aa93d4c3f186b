"""Another checkpoint in place of the bundled one: found, named, or refused with a reason.

These tests run an app of their own, whose model hub takes connections and never answers.
"""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Page, expect

from bert_core.analysis.encoding import tokenise
from bert_core.analysis.predictions import masked_words
from bert_core.checkpoint.load import load_checkpoint
from bert_core.checkpoint.save import save_checkpoint
from tests.browser.helpers import axe, open_page
from tests.browser.masked_words_page import MaskedWordsPage, answers
from tests.browser.server import AppServer, serve_app
from tests.browser.traffic import Traffic
from tests.model.tiny import random_model, tiny_config, tiny_tokenizer

RIVER = "A very old boat runs by the river to the sea."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, chromium_path: str) -> Iterator[AppServer]:
    """An app that finds no hub."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch, socket.create_server(("127.0.0.1", 0)) as silent:
        patch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        patch.setenv("HF_HOME", str(home / "hub"))
        for name in ("HF_HUB_CACHE", "HF_HUB_OFFLINE", "HUGGINGFACE_HUB_CACHE"):
            patch.delenv(name, raising=False)
        with serve_app(home) as server:
            yield server


@pytest.fixture
def traffic(server: AppServer) -> Traffic:
    """Requests to the app of this module are no requests to elsewhere."""
    return Traffic(server.url)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A whole checkpoint, tiny, with random weights."""
    folder = tmp_path / "tiny-river"
    save_checkpoint(folder, random_model(tiny_config(), seed=7), tiny_tokenizer(), torch.float32)
    return folder


def use(page: Page, name: str) -> None:
    """Type `name` into the sidebar's field for another checkpoint."""
    field = page.get_by_role("textbox", name="Folder or hub id")
    if not field.is_visible():
        page.get_by_test_id("stSidebar").get_by_text("Use another checkpoint").click()
    field.fill(name)
    field.press("Enter")


def expect_refused(page: Page, *reasons: str) -> None:
    """The sidebar gives these reasons, and says which model is still in use."""
    alert = page.get_by_test_id("stSidebar").get_by_role("alert")
    for reason in (*reasons, "Still in use: bundled model"):
        expect(alert).to_contain_text(reason)
    expect(page.get_by_test_id("stSidebar")).to_contain_text("Bundled model")
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_good_checkpoint_is_used_and_named(page: Page, server: AppServer, good: Path) -> None:
    mw = MaskedWordsPage(open_page(page, f"{server.url}/?text={RIVER}&masks=4"))
    mw.expect_answers(answers(RIVER, [4]))
    use(page, str(good))
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar).to_contain_text("tiny-river")
    expect(sidebar).to_contain_text("2 layers × 32 wide")
    expect(sidebar).to_contain_text("26 tokens")
    expect(sidebar).to_contain_text("next sentence")
    tiny = load_checkpoint(good)
    mw.expect_answers(masked_words(tiny, tokenise(tiny, RIVER), {4: None}))
    expect(mw.text).to_have_value(RIVER)
    assert axe(page) == ""
    sidebar.get_by_role("button", name="Back to the bundled model").click()
    expect(sidebar).to_contain_text("Bundled model")
    mw.expect_answers(answers(RIVER, [4]))


def test_a_link_names_the_checkpoint(page: Page, server: AppServer, good: Path) -> None:
    open_page(page, f"{server.url}/?text={RIVER}&masks=4&model={good}")
    expect(page.get_by_test_id("stSidebar")).to_contain_text("tiny-river")
    tiny = load_checkpoint(good)
    mw = MaskedWordsPage(page)
    mw.expect_answers(masked_words(tiny, tokenise(tiny, RIVER), {4: None}))
    assert mw.address()["model"] == str(good)


def missing(folder: Path) -> list[str]:
    """A folder that is not there."""
    folder.rename(folder.with_name("moved"))
    return ["there is no folder", "tiny-river"]


def truncated(folder: Path) -> list[str]:
    """Weights cut short, as by a broken download."""
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    return ["model.safetensors cannot be read", "truncated"]


def pickled(folder: Path) -> list[str]:
    """Weights as a pickle, which can run code."""
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    return ["pytorch_model.bin is a pickle", "convert it", "save_pretrained"]


def misshapen(folder: Path) -> list[str]:
    """Weights that do not fit config.json."""
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "intermediate_size": 64}))
    return ["the weights do not fit the model", "has shape (48, 32)", "asks for (64, 32)"]


def another_architecture(folder: Path) -> list[str]:
    """A model that is no BERT."""
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "model_type": "roberta"}))
    return ["roberta"]


def without_vocabulary(folder: Path) -> list[str]:
    """No tokenizer."""
    for file in (*folder.glob("tokenizer*"), folder / "vocab.txt"):
        file.unlink()
    return ["vocab.txt"]


SPOILT = (missing, truncated, pickled, misshapen, another_architecture, without_vocabulary)


def test_spoilt_checkpoints_are_refused_with_the_reason(
    page: Page, server: AppServer, tmp_path: Path
) -> None:
    mw = MaskedWordsPage(open_page(page, f"{server.url}/?text={RIVER}&masks=4"))
    model = random_model(tiny_config(), seed=7)
    for spoil in SPOILT:
        folder = tmp_path / spoil.__name__ / "tiny-river"
        save_checkpoint(folder, model, tiny_tokenizer(), torch.float32)
        reasons = spoil(folder)
        use(page, str(folder))
        expect_refused(page, *reasons)
        expect(mw.text).to_have_value(RIVER)
        mw.expect_answers(answers(RIVER, [4]))
    mw.chips.nth(8).click()
    mw.expect_answers(answers(RIVER, [4, 9]))


def test_a_hub_id_without_a_network_says_what_to_do(page: Page, server: AppServer) -> None:
    mw = MaskedWordsPage(open_page(page, f"{server.url}/?text={RIVER}&masks=4"))
    started = time.monotonic()
    use(page, "bert-base-uncased")
    expect_refused(page, "the model hub cannot be reached", "give its folder")
    assert time.monotonic() - started < 20
    mw.expect_answers(answers(RIVER, [4]))


def test_a_name_is_no_markup(page: Page, server: AppServer, traffic: Traffic) -> None:
    name = "![i](http://x.invalid/z) <b>"
    open_page(page, f"{server.url}/?text={RIVER}&masks=4")
    use(page, name)
    expect_refused(page, name)
    open_page(page, f"{server.url}/?text={RIVER}&masks=4&model={name}")
    expect_refused(page, name)
    assert not any(url.startswith("http://x.invalid") for url in traffic.requests)


def test_a_checkpoint_without_a_masked_word_head_says_so(
    page: Page, server: AppServer, tmp_path: Path
) -> None:
    folder = tmp_path / "bare-encoder"
    bare = random_model(tiny_config(), seed=7, heads=("pooler",))
    save_checkpoint(folder, bare, tiny_tokenizer(), torch.float32)
    mw = MaskedWordsPage(open_page(page, f"{server.url}/?text={RIVER}&masks=4"))
    use(page, str(folder))
    expect(page.get_by_test_id("stSidebar")).to_contain_text("bare-encoder")
    main = page.get_by_test_id("stMain")
    expect(main.get_by_role("alert").filter(has_text="no masked-word head")).to_be_visible()
    expect(mw.figures).to_have_count(0)
    expect(mw.text).to_have_value(RIVER)
    expect(page.get_by_test_id("stException")).to_have_count(0)
