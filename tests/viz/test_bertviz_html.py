"""BertViz's views as documents: what is in them, what can never be, how large they get."""

import base64
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from bert_core.outputs import EncoderResult
from bert_core.viz import bertviz_limits, bertviz_page
from bert_core.viz.bertviz_html import head_view_html, model_view_html, neuron_view_html
from bert_core.viz.bertviz_limits import MOST_TOKENS, View, most_layers, shown_layers, view_note
from bert_core.viz.palette import inks
from tests.viz.bertviz_results import attended

VIEWS: dict[View, Callable[..., str]] = {
    "head": head_view_html, "model": model_view_html, "neuron": neuron_view_html,
}  # fmt: skip
EVERY = pytest.mark.parametrize("view", VIEWS)
EVIL = ("</script><script>alert(1)</script>", "<!--<script>", "&lt;", "\u2028", "'\"`\\", "<b>")
NAMES_IN_SCRIPTS = {"www.w3.org", "d3js.org", "github.com"}
"""Namespaces of SVG, and comments on who wrote what: nothing that is asked for."""


class Read(HTMLParser):
    """What a browser would take from a document: elements, scripts, visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.texts.setdefault(tag, []).append("")
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.texts[self._inside][-1] += data

    @property
    def data(self) -> dict[str, Any]:
        """What the page's own script reads."""
        return json.loads(self.texts["script"][0])


def unpacked(part: dict[str, Any]) -> np.ndarray:
    numbers = np.frombuffer(base64.b64decode(part["numbers"]), "<i2")
    return numbers.reshape(part["shape"]) / part["per"]


@EVERY
def test_nothing_in_it_is_asked_of_anybody(view: View) -> None:
    html = VIEWS[view](attended(5, b_start=3))
    for tag, attributes in Read(html).elements:
        for name, value in attributes.items():
            assert "//" not in (value or ""), (tag, name, value)
        assert tag not in ("iframe", "object", "embed", "img", "form", "base"), tag
        assert tag != "script" or "src" not in attributes
        assert tag != "link" or attributes == {"rel": "icon", "href": "data:,"}
    assert not re.search(r"@import|@font-face|url\(|import\s*\(|requirejs?\.config", html)
    assert set(re.findall(r"https?://([^/\s\"']+)", html)) <= NAMES_IN_SCRIPTS


@EVERY
def test_the_browser_is_told_to_load_nothing_and_to_run_no_text(view: View) -> None:
    html = VIEWS[view](attended(5))
    policy = re.search('http-equiv="Content-Security-Policy" content="([^"]+)"', html)
    assert policy is not None and policy.start() < min(html.index("<style"), html.index("<script"))
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert rules["default-src"] == "'none'" and rules["script-src"] == "'unsafe-inline'"
    assert set(rules) >= {"style-src", "img-src", "base-uri", "form-action"}
    assert "http" not in policy[1] and "eval" not in policy[1]


@EVERY
def test_no_token_ends_the_script_or_becomes_markup(view: View) -> None:
    plain = Read(VIEWS[view](attended(len(EVIL))))
    evil = Read(html := VIEWS[view](attended(EVIL)))
    assert [tag for tag, _ in evil.elements] == [tag for tag, _ in plain.elements]
    said = [token.replace("\u2028", "⏎") for token in EVIL]
    assert evil.data["tokens"] == said
    assert evil.texts["p"][0] == " ".join(EVIL) and evil.texts["title"][0].endswith("…")
    assert "alert(1)</script>" not in html and "<!--" not in html


@EVERY
@pytest.mark.parametrize("dark", [False, True])
def test_it_has_a_language_a_title_a_name_for_each_list_and_the_themes_colours(
    view: View, dark: bool
) -> None:
    read = Read(VIEWS[view](attended(("the", "river"), b_start=1), dark))
    assert ("html", {"lang": "en"}) in read.elements
    assert read.texts["title"] == [f"{view.capitalize()} view: the / river"]
    assert read.texts["h1"] == [f"{view.capitalize()} view"]
    lists = [attributes["id"] for tag, attributes in read.elements if tag == "select"]
    labels = [attributes["for"] for tag, attributes in read.elements if tag == "label"]
    names = {"layer": "Layer", "att_head": "Head", "filter": "Attention"}
    assert labels == lists and read.texts["label"] == [names[id or ""] for id in lists]
    assert lists[-1] == "filter" and read.data["dark"] is dark
    style = read.texts["style"][0]
    assert f"color-scheme: {'dark' if dark else 'light'}" in style
    assert f"--ink: {inks(dark).ink}; --paper: {inks(dark).paper}" in style


@EVERY
def test_numbers_are_those_of_the_pass_to_three_decimals(view: View) -> None:
    result = attended(7, layers=3)
    data = Read(VIEWS[view](result)).data
    parts = {"attention": result.attention}
    if view == "neuron":
        parts |= {"queries": result.queries, "keys": result.keys}
    assert {name for name in data if name in ("attention", "queries", "keys")} == set(parts)
    for name, array in parts.items():
        assert array is not None
        assert np.abs(unpacked(data[name]) - array).max() <= 0.0005 + 1e-7, name
        assert np.abs(unpacked(data[name]) - array).max() > 0, name


def test_numbers_too_large_for_three_decimals_are_sent_coarser() -> None:
    numbers = np.array([-400.0, 0.5, 123.456], np.float32)
    assert np.abs(unpacked(bertviz_page.packed(numbers)) - numbers).max() <= 400 / 32_767
    edge = np.array([32.767, -32.767], np.float32)
    assert np.abs(unpacked(bertviz_page.packed(edge)) - edge).max() < 1e-5
    assert bertviz_page.packed(np.zeros((2, 0, 3), np.float32))["numbers"] == ""


@EVERY
def test_a_pair_can_be_filtered_and_one_text_cannot(view: View) -> None:
    pair, alone = (Read(VIEWS[view](attended(6, b_start=at))) for at in (4, None))
    assert pair.data["b_start"] == 4 and alone.data["b_start"] is None
    assert pair.texts["option"] == [
        "All", "Sentence A → sentence A", "Sentence B → sentence B", "Sentence A → sentence B",
        "Sentence B → sentence A",
    ]  # fmt: skip
    assert "option" not in alone.texts
    assert pair.texts["p"][0] == "t0 t1 t2 t3 / t4 t5"


@EVERY
@pytest.mark.parametrize(
    ("tokens", "shown"),
    [
        (("[CLS]",), ["[CLS]"]),
        (("[CLS]", "שלום", "##ה", "مرحبا", "[SEP]"), ["[CLS]", "שלום", "##ה", "مرحبا", "[SEP]"]),
        (("a\u202eb", "\x07"), ["a\\u202Eb", "␇"]),
        (("😀", "é"), ["😀", "é"]),
    ],
    ids=["one token", "right to left", "invisible", "beyond ASCII"],
)
def test_odd_tokens_are_there_as_they_are(
    view: View, tokens: tuple[str, ...], shown: list[str]
) -> None:
    html = VIEWS[view](attended(tokens))
    assert Read(html).data["tokens"] == shown
    assert Read(html).data["attention"]["shape"] == [2, 3, len(tokens), len(tokens)]
    html.encode("utf-8")


@pytest.mark.parametrize(
    ("shape", "megabytes", "layers"),
    [
        ((64, 6, 12, 32), 5, {"head": 6, "model": 6, "neuron": 6}),
        ((128, 12, 12, 64), 20, {"head": 12, "model": 1, "neuron": 12}),
        ((128, 24, 16, 64), 20, {"head": 24, "model": 1, "neuron": 13}),
    ],
    ids=["the bundled model, 64 tokens", "BERT base, 128 tokens", "BERT large, 128 tokens"],
)
def test_a_document_stays_small_and_says_what_it_leaves_out(
    shape: tuple[int, int, int, int], megabytes: int, layers: dict[View, int]
) -> None:
    result = attended(*shape)
    for view, draw in VIEWS.items():
        html = draw(result)
        assert len(html.encode()) < megabytes * 1e6, view
        shown = Read(html).data["layers"]
        assert len(shown) == layers[view] == most_layers(view, result), view
        assert (note := view_note(view, result)) is None or note in Read(html).texts["p"]
        assert (note is None) == (len(shown) == shape[1])


def test_layers_that_fit_are_evenly_spaced_and_named() -> None:
    result = attended(64, layers=12, heads=12)
    assert most_layers("model", result) == 6
    assert shown_layers("model", result) == (1, 3, 5, 8, 10, 12)
    assert view_note("model", result) == (
        "Layers 1, 3, 5, 8, 10, 12 of 12: the model view has room for 6 with 64 tokens."
    )
    assert view_note("model", result, [12, 2, 2]) == (
        "Layers 2, 12 of 12: the model view has room for 6 with 64 tokens."
    )
    assert view_note("head", result, [3]) == "Layer 3 of 12."
    assert view_note("head", result) is None


@EVERY
def test_layers_asked_for_are_those_of_the_pass(view: View) -> None:
    result = attended(4, layers=4)
    data = Read(VIEWS[view](result, layers=[4, 2])).data
    assert data["layers"] == [2, 4] and result.attention is not None
    assert np.abs(unpacked(data["attention"]) - result.attention[[1, 3]]).max() < 0.001


def test_a_view_can_begin_with_a_layer_and_heads() -> None:
    result = attended(4, layers=4)
    head = Read(head_view_html(result, layers=[2, 4], layer=4, heads=[1, 3])).data
    assert (head["layer"], head["shown_heads"]) == (4, [0, 2])
    neuron = Read(neuron_view_html(result, layers=[2, 4], layer=4, head=3)).data
    assert (neuron["layer"], neuron["head"]) == (1, 2)


@pytest.mark.parametrize(
    ("views", "asked", "said"),
    [
        (tuple(VIEWS), {"layers": [0]}, "layer 0 is none of 1, 2"),
        (tuple(VIEWS), {"layers": []}, "0 layers asked for; .* text with 4 tokens takes 1 to 2"),
        (("head", "neuron"), {"layers": [1], "layer": 2}, "layer 2 is none of 1"),
        (("head",), {"heads": [1, 4]}, "head 4 is none of 1, 2, 3"),
        (("neuron",), {"head": 0}, "head 0 is none of 1, 2, 3"),
    ],
)
def test_what_does_not_exist_is_named(
    views: tuple[View, ...], asked: dict[str, Any], said: str
) -> None:
    for view in views:
        with pytest.raises(ValueError, match=said):
            VIEWS[view](attended(4), **asked)


@EVERY
def test_texts_too_long_and_layers_too_many_are_refused_in_clear_words(view: View) -> None:
    with pytest.raises(ValueError, match=f"has {MOST_TOKENS + 1} tokens; .* up to {MOST_TOKENS}"):
        VIEWS[view](attended(MOST_TOKENS + 1, layers=1, heads=1))
    VIEWS[view](attended(MOST_TOKENS, layers=1, heads=1))
    if view == "model":
        with pytest.raises(ValueError, match="2 layers asked for; the model .* takes 1 to 1"):
            model_view_html(attended(MOST_TOKENS, heads=12), layers=[1, 2])


@EVERY
def test_what_was_not_recorded_is_named(view: View) -> None:
    result = attended(4)
    with pytest.raises(ValueError, match="no attention; encode the text with attention=True"):
        VIEWS[view](replace(result, attention=None))
    for name in ("queries", "keys"):
        bare: EncoderResult = replace(result, **{name: None})
        if view == "neuron":
            with pytest.raises(ValueError, match=f"no {name}; encode"):
                VIEWS[view](bare)
        else:
            VIEWS[view](bare)


def test_one_layer_is_shown_however_many_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bertviz_limits, "MOST_LINES", 1)
    monkeypatch.setattr(bertviz_limits, "MOST_NUMBERS", 1)
    assert [most_layers(view, attended(4)) for view in VIEWS] == [1, 1, 1]


@pytest.mark.parametrize("dark", [False, True])
def test_twelve_heads_have_twelve_colours(dark: bool) -> None:
    colours = bertviz_page.head_colours(dark)
    assert len(set(colours)) == len(colours) >= 12
    assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in colours)


def test_the_scripts_come_from_packages_of_which_nothing_is_imported() -> None:
    code = (
        "import sys; from tests.viz.bertviz_results import attended; "
        "from bert_core.viz.bertviz_html import neuron_view_html; "
        "html = neuron_view_html(attended(3)); "
        "assert 'renderVisExpanded' in html and 'd3js.org v5' in html and 'jQuery v3' in html; "
        "print({name.split('.')[0] for name in sys.modules} & {'bertviz', 'mpld3', 'xstatic', "
        "'IPython', 'matplotlib', 'torch', 'transformers'})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
