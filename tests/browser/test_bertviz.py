"""BertViz's views opened from a file, by themselves: what is drawn, and that nobody is asked."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from bert_core.viz.bertviz_html import head_view_html, neuron_view_html
from tests.browser.bertviz_file import (
    CONTRAST,
    EVERY,
    HEADS,
    STRENGTHS,
    VIEWS,
    Open,
    files_opened,
    passed,
    weights,
)
from tests.browser.helpers import DESKTOP, axe
from tests.browser.traffic import Traffic
from tests.viz.bertviz_results import attended
from ui.security import CONTENT_SECURITY_POLICY

pytestmark = pytest.mark.browser

BOTH_THEMES = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    with files_opened(browser, tmp_path) as open_file:
        yield open_file


@EVERY
@BOTH_THEMES
def test_every_line_is_drawn_as_strong_as_the_weight(view: str, dark: bool, opened: Open) -> None:
    alone = passed()
    found = opened(view, VIEWS[view](alone, dark))
    every = weights(alone)
    drawn = {"head": every[0] / np.sqrt(HEADS), "model": every, "neuron": every[0, 0]}
    found.expect_strengths(drawn[view])
    assert found.page.evaluate(CONTRAST) >= 4.5
    assert axe(found.page) == ""


def test_lists_choose_layer_and_head_counted_from_1(opened: Open) -> None:
    alone = passed()
    head = opened("head", head_view_html(alone, layers=[1, 2], layer=2, heads=[3]))
    layers = head.page.get_by_label("Layer")
    assert layers.locator("option").all_inner_texts() == ["1", "2"]
    expect(layers).to_have_value("2")
    head.expect_strengths(weights(alone)[1, 2])
    layers.select_option(label="1")
    head.expect_strengths(weights(alone)[0, 2])

    neuron = opened("neuron", neuron_view_html(alone, layers=[2], head=4))
    assert neuron.page.get_by_label("Layer").locator("option").all_inner_texts() == ["2"]
    heads = neuron.page.get_by_label("Head", exact=True)
    assert heads.locator("option").all_inner_texts() == ["1", "2", "3", "4"]
    neuron.expect_strengths(weights(alone)[1, 3])
    heads.select_option(label="2")
    neuron.expect_strengths(weights(alone)[1, 1])


@EVERY
def test_a_pair_can_be_filtered_by_sentence(view: str, opened: Open) -> None:
    pair = passed(pair=True)
    found = opened(view, VIEWS[view](pair))
    start = pair.encoding.segment_ids.index(1)
    a, b = slice(0, start), slice(start, None)
    every = weights(pair)
    shown = {"head": every[0] / np.sqrt(HEADS), "model": every, "neuron": every[0, 0]}[view]
    sides = {"All": (slice(None),) * 2, "A → sentence A": (a, a), "B → sentence B": (b, b),
             "A → sentence B": (a, b), "B → sentence A": (b, a)}  # fmt: skip
    for name, (left, right) in sides.items():
        label = name if name == "All" else f"Sentence {name}"
        found.page.get_by_label("Attention").select_option(label=label)
        found.expect_strengths(shown[..., left, right])
        if view != "model":
            tokens = found.tokens().locator("text").all_text_contents()
            assert tokens == list(pair.encoding.tokens[left])
    assert axe(found.page) == ""


def test_the_neuron_view_multiplies_our_queries_and_keys(opened: Open) -> None:
    pair = passed(pair=True)
    found = opened("neuron", neuron_view_html(pair, dark=True, layer=2, head=3))
    page, token = found.page, 4
    found.tokens().nth(token).hover()
    found.tokens().nth(token).locator("rect").last.click()
    page.locator("#expanded #leftText [role=option]").nth(token).hover()
    assert pair.queries is not None and pair.keys is not None and pair.scores is not None
    query, keys = pair.queries[1, 2, token], pair.keys[1, 2]
    values = "found => found.map(one => +one.getAttribute('data-value'))"
    products = page.eval_on_selector_all("#product .element", values)
    assert np.abs(np.array(products) - (query * keys).ravel()).max() < 0.005
    sums = page.eval_on_selector_all(".dotproduct", values)
    assert np.abs(np.array(sums) - pair.scores[1, 2, token]).max() < 0.005
    bars = page.locator("#expanded #rightText .highlight")
    softmax = bars.evaluate_all("bars => bars.map(bar => +bar.style.opacity)")
    assert np.abs(np.array(softmax) - weights(pair)[1, 2, token]).max() < 0.001
    routes = page.eval_on_selector_all(".qk-line-group path", STRENGTHS)
    assert len(routes) == len(pair.encoding)
    page.mouse.move(5, 5)
    expect(page.get_by_text("No token selected")).to_be_visible()
    assert page.evaluate(CONTRAST) >= 4.5
    page.get_by_label("Attention").select_option(label="Sentence B → sentence A")
    start = pair.encoding.segment_ids.index(1)
    page.locator("#expanded #leftText [role=option]").nth(1).hover()
    sums = page.eval_on_selector_all(".dotproduct", values)
    assert np.abs(np.array(sums) - pair.scores[1, 2, start + 1, :start]).max() < 0.005
    assert axe(page) == ""


@EVERY
def test_odd_tokens_are_drawn_as_they_are(view: str, opened: Open) -> None:
    tokens = ("</script><script>alert(1)</script>", "<b>x</b>", "&amp;", "שלום", "##ה", "مرحبا")
    found = opened(view, VIEWS[view](attended(tokens)))
    if view == "model":
        found.page.get_by_role("button").first.click(position={"x": 10, "y": 10})
    shown = "g.detail text" if view == "model" else "#vis text.token, #left text, #right text"
    assert set(found.page.locator(shown).all_text_contents()) == set(tokens)
    assert axe(found.page) == ""
    one = opened(view, VIEWS[view](attended(("[CLS]",), heads=2)))
    assert one.strengths() == pytest.approx(
        {"head": [0.5**0.5] * 2, "model": [1] * 4, "neuron": [1]}[view], abs=0.0005
    )


@EVERY
def test_in_a_frame_of_the_app_no_text_is_run_as_a_script(view: str, browser: Browser) -> None:
    pair = passed(pair=True)
    html = VIEWS[view](pair)
    traffic = Traffic("http://app.test")
    context = browser.new_context(viewport=DESKTOP)
    traffic.watch(context)
    page = context.new_page()
    page.route(
        "http://app.test/",
        lambda route: route.fulfill(
            body="<!doctype html><title>app</title><link rel=icon href='data:,'><body>",
            content_type="text/html",
            headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY},
        ),
    )
    page.goto("http://app.test/")
    page.evaluate(
        """html => {
          const frame = document.createElement("iframe");
          Object.assign(frame, { title: "BertViz", width: 1200, height: 700, srcdoc: html });
          document.body.append(frame);
        }""",
        html,
    )
    frame = page.frame_locator("iframe")
    expect(frame.locator("#vis svg")).to_be_visible()
    assert frame.locator("#vis line").count() >= len(pair.encoding) ** 2
    expect(frame.get_by_role("heading")).to_have_count(0)
    assert traffic.problems() == [] and traffic.requests == ["http://app.test/"]
    inside = page.frames[1]
    refused = """new Promise((tell) => setTimeout(() => {
      try { Function("1"); tell(false); } catch { tell(true); }
    }))"""
    assert inside.evaluate(refused), "the policy was not in force"
