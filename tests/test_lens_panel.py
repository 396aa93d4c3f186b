"""The panel "Through the layers" without a browser: when it works, what it follows and says."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from bert_core.analysis.encoding import tokenise
from bert_core.analysis.lens import read_lens
from bert_core.analysis.predictions import masked_words
from bert_core.checkpoint import lens_file
from bert_core.checkpoint.fingerprint import GUESSES, fingerprint
from bert_core.checkpoint.lens_file import LENS_FILE, TunedLens, save_lens
from bert_core.checkpoint.load import Checkpoint, load_checkpoint
from bert_core.outputs import Lens
from bert_core.outputs.lens import TUNED
from bert_core.viz.lens import MOST_WORDS, lens_html
from tests.test_masked_words_page import opened, without_exception
from ui.lens import KIND, OPEN, WHAT, joined_words, split_words

BANK = "We walked along the bank of the river."
PLACE = 5


@cache
def bundled() -> Checkpoint:
    return load_checkpoint("bundled")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the app looks for a trained lens; empty, whatever comes with the project."""
    monkeypatch.setattr(lens_file, "BUNDLED_LENS", tmp_path)
    yield tmp_path


def with_lens(folder: Path) -> TunedLens:
    """A lens for the bundled model, of small random numbers."""
    config, draw = bundled().model.config, torch.Generator().manual_seed(4)
    layers, hidden = config.num_hidden_layers, config.hidden_size
    weights = torch.randn(layers, hidden, hidden, generator=draw).half().float() * 0.0625
    biases = torch.zeros(layers, hidden)
    lens = TunedLens(weights, biases, fingerprint(bundled(), GUESSES), {})
    save_lens(folder, lens)
    return lens


def panel(text: str = BANK, masks: str = str(PLACE)) -> AppTest:
    """The page with the panel open."""
    app = opened(text=text, masks=masks)
    app.session_state[OPEN] = True
    return without_exception(app.run())


def tables(app: AppTest) -> list[str]:
    bodies = [block.proto.body for block in app.get("html")]
    return [body for body in bodies if "Guesses by layer" in body]


def said(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


def field(app: AppTest) -> str:
    (one,) = (one for one in app.text_input if one.label == "Words to follow")
    value: str = one.value
    return value


def expected(*words: str, tuned: TunedLens | None = None) -> Lens:
    result = masked_words(bundled(), tokenise(bundled(), BANK), {PLACE: None})
    return read_lens(bundled(), result, PLACE, 5, words, tuned)


def test_nothing_is_read_before_the_panel_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: object) -> None:
        raise AssertionError("the layers were read")

    with monkeypatch.context() as patch:
        patch.setattr("bert_core.analysis.lens.read_lens", never)
        app = opened(text=BANK, masks=str(PLACE))
    titles = [expander.label for expander in app.main.expander]
    assert titles[:2] == ["From logits to word", "Through the layers"]
    assert tables(app) == [] and all("Words to follow" != one.label for one in app.text_input)


def test_the_open_panel_shows_the_numbers_of_the_library() -> None:
    app = panel()
    best = expected().readings[-1].guesses
    words = ["bank", best[0].token]
    assert field(app) == ", ".join(words)
    assert tables(app) == [lens_html(expected(*words))]
    assert "not that the layer knows nothing" in said(app)
    assert [group.label for group in app.get("button_group")] == ["Curves"], "no trained lens"


def test_other_words_can_be_followed_and_one_that_cannot_says_why() -> None:
    app = panel()
    (one,) = (one for one in app.text_input if one.label == "Words to follow")
    without_exception(one.set_value("shore, snowboarding  road,shore").run())
    assert tables(app) == [lens_html(expected("shore", "road"))]
    assert re.search("“snowboarding” cannot be followed: it is 2 word pieces long", said(app))
    (one,) = (one for one in app.text_input if one.label == "Words to follow")
    without_exception(one.set_value("").run())
    assert tables(app) == [lens_html(expected())], "the table is there without words"


def test_no_more_words_are_shown_than_can_be_told_apart() -> None:
    app = panel()
    (one,) = (one for one in app.text_input if one.label == "Words to follow")
    many = "river sea town boat water bank shore road house hill"
    without_exception(one.set_value(many).run())
    assert tables(app) == [lens_html(expected(*many.split()[:MOST_WORDS]))]
    assert f"The first {MOST_WORDS} words are shown." in said(app)


def test_a_trained_lens_can_be_chosen(folder: Path) -> None:
    tuned = with_lens(folder)
    app = panel()
    assert [group.label for group in app.get("button_group")] == ["Curves", "Reading"]
    words = field(app).split(", ")
    assert tables(app) == [lens_html(expected(*words, tuned=tuned))], "raw at first"
    app.session_state[KIND] = TUNED
    without_exception(app.run())
    assert tables(app) == [lens_html(expected(*words, tuned=tuned), TUNED)]
    assert "linear map" in said(app) and "not that the layer knows" not in said(app)
    app.session_state[WHAT] = "rank"
    without_exception(app.run())


def test_a_broken_lens_is_said_and_raw_readings_are_there(folder: Path) -> None:
    (folder / LENS_FILE).write_bytes(b"hello")
    app = panel()
    (warning,) = app.warning
    assert "cannot be read as a lens" in warning.value
    assert len(tables(app)) == 1


def test_of_several_hidden_places_one_is_chosen() -> None:
    app = panel("The cat chased the mouse into the kitchen.", "2.5")
    (choice,) = (one for one in app.selectbox if one.label == "Hidden place")
    assert choice.value == 2 and field(app).startswith("cat")
    without_exception(choice.set_value(5).run())
    assert field(app).startswith("mouse") and "“mouse”, the true word" in tables(app)[0]


@pytest.mark.parametrize(
    ("text", "masks"),
    [("Paris is the capital of [MASK].", "none"), ("One, two.", "2"), ("A 😀 here.", "2")],
)
def test_odd_places_raise_nothing(text: str, masks: str) -> None:
    app = panel(text, masks)
    assert len(tables(app)) == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("bank, edge", ("bank", "edge")), ("dog,cat dog", ("dog", "cat")), ("", ()),
        (" , the", (",", "the")), ("##s", ("##s",)), (",,", ()),
    ],
)  # fmt: skip
def test_words_are_split(typed: str, words: tuple[str, ...]) -> None:
    assert split_words(typed) == words


@pytest.mark.parametrize("words", [["bank", "edge"], [",", "the"], ["the", ","], ["."], []])
def test_words_that_are_joined_come_back(words: list[str]) -> None:
    assert split_words(joined_words(words)) == tuple(words)
